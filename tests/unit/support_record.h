/*
 * support_record.h - one record, taken apart and decoded, compared as text.
 */
#ifndef ECSAUDIT_SUPPORT_RECORD_H
#define ECSAUDIT_SUPPORT_RECORD_H

#include "record.h"

extern struct record_workspace test_workspace;
extern struct record test_record;

/* Parse an exact copy of `body` into test_record, with an empty workspace and arena. */
void parse_bytes(uint16_t type, const void *body, size_t len);
void parse(uint16_t type, const char *body);

/* The value of a field; `at` NULL if there is none. */
struct span field_of(const struct record *r, const char *name);

/* The record must have exactly these fields, in any order: "a=1|b=2". */
void expect_fields_at(const char *fields, const char *file, int line);
#define expect_fields(fields) expect_fields_at(fields, __FILE__, __LINE__)

/* Both at once, and how it ended: NULL if without a warning. */
#define check(type, body, fields, warning_text)                                                    \
	do {                                                                                       \
		parse(type, body);                                                                 \
		expect_fields_at(fields, __FILE__, __LINE__);                                      \
		expect_warning_at(warning_text, __FILE__, __LINE__);                               \
	} while (0)
void expect_warning_at(const char *warning, const char *file, int line);

#endif
