/*
 * rules_explain.h - reads a compiled rule, and explains why the kernel may have refused it.
 */
#ifndef ECSAUDIT_RULES_EXPLAIN_H
#define ECSAUDIT_RULES_EXPLAIN_H

#include "rules.h"

/* Copy a rule that the kernel sent (AUDIT_LIST_RULES). false: it is no rule, or its lengths are
 * wrong. */
bool rules_explain_copy(struct rules_data *rule, const void *payload, size_t len);

/* The text of the first field with this number (AUDIT_WATCH, AUDIT_FILTERKEY, ...); SPAN_NONE if
 * the rule has none. It points into the rule. */
struct span rules_explain_text(const struct rules_data *rule, uint32_t field);

/* Whether `key` is one of the rule's keys. */
bool rules_explain_has_key(const struct rules_data *rule, const char *key);

/* Why the kernel answered `error` (-errno) to AUDIT_ADD_RULE, in one line. `machine` as in struct
 * rules_environment. */
void rules_explain_refusal(
	int error, const struct rules_data *rule, const char *machine, char *buf, size_t size);

#endif
