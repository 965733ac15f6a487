/*
 * rules_list.h - a list of compiled rules.
 *
 * The kernel lists its rules filter list by filter list (kernel/auditfilter.c, audit_list_rules()).
 * Use rules_list_first() to insert in that order. Rules are compared by their bytes, which are the
 * kernel's own format (rules.h).
 */
#ifndef ECSAUDIT_RULES_LIST_H
#define ECSAUDIT_RULES_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"

/* Large: keep it static. All 0 is an empty one. */
struct rules_list {
	unsigned count, hidden;
	size_t used;				   /* of `bytes`; removed rules stay there */
	uint32_t at[LIMIT_RULES_KEPT];		   /* offset in `bytes` */
	uint8_t mark[LIMIT_RULES_KEPT];		   /* for the owner of the list; 0 at first */
	_Alignas(8) char bytes[LIMIT_WATCH_BYTES]; /* length in 4 bytes, the rule padded to 4 */
};

/* The length of a rule, which a message of the kernel pads to `len`; `len` if it is no rule. */
size_t rules_list_length(const void *rule, size_t len);

void rules_list_clear(struct rules_list *l);

/* Lengths of rules may be padded, here and below. */

/* Insert a copy of a rule before the one at `index`; `count`: at the end. false: no room. */
bool rules_list_insert(struct rules_list *l, unsigned index, const void *rule, size_t len);
void rules_list_remove(struct rules_list *l, unsigned index);

/* Take a rule out of the list, and keep it: the n-th that was hidden is at RULES_LIST_HIDDEN(n). */
void rules_list_hide(struct rules_list *l, unsigned index);
#define RULES_LIST_HIDDEN(n) (LIMIT_RULES_KEPT - 1 - (n))

/* The rule at `index`, and its length. Lives until the list is cleared; aligned to 4. */
const void *rules_list_rule(const struct rules_list *l, unsigned index, size_t *len);
bool rules_list_is(const struct rules_list *l, unsigned index, const void *rule, size_t len);

bool rules_list_equal(const struct rules_list *a, const struct rules_list *b);

/* The index of a rule; `count`: it is not there. */
unsigned rules_list_find(const struct rules_list *l, const void *rule, size_t len);

/* The index of the first rule of this filter list (AUDIT_FILTER_*) or a higher one, if the list is
 * in the kernel's order; `count`: there is none. */
unsigned rules_list_first(const struct rules_list *l, uint32_t filter);

/* The filter list of a rule, without AUDIT_FILTER_PREPEND. */
uint32_t rules_list_filter(const void *rule);

#endif
