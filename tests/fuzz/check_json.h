/*
 * check_json.h - what is true of each document, whatever it was made from. Aborts if not.
 */
#ifndef ECSAUDIT_CHECK_JSON_H
#define ECSAUDIT_CHECK_JSON_H

#include <stddef.h>

/* One line of valid UTF-8; an object that cJSON reads, no member of an object twice; not deeper
 * than documents may be. */
void check_json(const char *text, size_t len);

/* abort(), with a line that says why. */
_Noreturn void fail(const char *what);

#endif
