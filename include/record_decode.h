/*
 * record_decode.h - the second half of record_parse(): the values of a record that was split.
 *
 * For record.c alone. Which field is decoded how depends on the record's type; the peer does
 * the same, and detection rules rely on it. Decoding never fails: a value that is not what it
 * should be stays, and the record gets a warning.
 */
#ifndef ECSAUDIT_RECORD_DECODE_H
#define ECSAUDIT_RECORD_DECODE_H

#include "record.h"

/* The record at hand must be the last one split in `w`. */
void record_decode(struct record_workspace *w, struct record *r);

#endif
