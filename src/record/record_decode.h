/*
 * record_decode.h - the second half of record_parse(): the values of a record that was split.
 *
 * For record.c alone. Texts in hex are decoded already, where the field's name tells; here is what
 * depends on the record's type, or is no text: results, errors, signals, architectures and system
 * calls, socket addresses, labels, rule keys, and hex of names that are no hex in other types.
 * Detection rules rely on the result. Decoding never fails: a value that is not what it should be
 * stays, and the record gets a warning.
 */
#ifndef ECSAUDIT_RECORD_DECODE_H
#define ECSAUDIT_RECORD_DECODE_H

#include "record.h"

/* The record at hand must be the last one split in `w`. */
void record_decode(struct record_workspace *w, struct record *r);

#endif
