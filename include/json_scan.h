/*
 * json_scan.h - checks JSON text strictly, and finds the positions of its values.
 *
 * cJSON builds the tree; it takes `01`, raw tabs in strings and a NUL written as \u0000 (which
 * cuts the string), and tells neither what is wrong nor where a node came from. So the text is
 * scanned here first, by RFC 8259 to the letter. Values are numbered in the order of the text,
 * from 0, the value that holds the others before those; the same walk over cJSON's tree gives
 * the same numbers.
 */
#ifndef ECSAUDIT_JSON_SCAN_H
#define ECSAUDIT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_error {
	size_t at; /* offset of what is wrong */
	const char *what;
	const char *expected;
};

/* Overwrite comments (// to the end of the line, and from slash-star to star-slash) and a byte
 * order mark with spaces, newlines kept: offsets stay what they were. false: *e says why. */
bool json_blank_comments(char *text, size_t len, struct json_error *e);

/* Is it UTF-8 without NUL? false: *e says where and why not. */
bool json_utf8(const char *text, size_t len, struct json_error *e);

/* Is it UTF-8, and exactly one value of at most LIMIT_DOCUMENT_DEPTH levels? false: *e says where
 * and why not. */
bool json_check(const char *text, size_t len, struct json_error *e);

struct json_place {
	size_t key;   /* offset of the key's quote; the value's own where there is no key */
	size_t value; /* offset of the value */
	size_t end;   /* offset behind the value */
};

/* Where value number `ordinal` of a text that json_check() accepts stands. */
struct json_place json_locate(const char *text, size_t len, unsigned ordinal);

/* Line and column of an offset, from 1; a column is a character, not a byte. */
void json_position(const char *text, size_t offset, unsigned *line, unsigned *column);

#endif
