/*
 * support_document.h - an event's document as text, and as a tree that cJSON read from it.
 *
 * A test sets test_config, then calls document_start() and document_of().
 */
#ifndef ECSAUDIT_SUPPORT_DOCUMENT_H
#define ECSAUDIT_SUPPORT_DOCUMENT_H

#include <cJSON.h>
#include "document.h"
#include "support_event.h"

extern struct config test_config;
extern struct document test_document;
extern char test_text[2 * LIMIT_DOCUMENT_BYTES];
extern void (*test_on_built)(cJSON *root); /* NULL, or called before it is written */

extern void (*test_before_built)(void); /* NULL, or called when test_event has its meaning */

/* Before each test: a configuration with the defaults that a document shows. */
int document_setup(void **state);
int document_teardown(void **state);
/* Constant members beside those of the document, without any of `host`. */
void set_fields(const char *text);

bool document_start(void);

/* The event of these records (see join()) becomes test_text. */
void document_of(const char *log);
/* The same, of an event that join_begin() and join_record() began. */
void document_end(void);

/* What stands at "user/effective/name" or "tags/0", as compact JSON; "" if there is nothing. */
const char *at(const char *path);

#define expect(path, json)   assert_string_equal(at(path), json)
#define expect_nothing(path) assert_string_equal(at(path), "")

#endif
