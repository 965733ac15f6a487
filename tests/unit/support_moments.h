/*
 * support_moments.h - for tests of changes of the kernel's rules: what is true at each moment
 * between two requests, what a load into an empty kernel leaves, and rule sets at random.
 *
 * The model: a rule says "uid=U, gid=G" or only one of both, all below MOMENTS_IDS, or nothing.
 * What the old and the new list both say of such a pair is what the kernel says of it at each
 * moment. And a rule that both have is there, or its cover.
 */
#ifndef ECSAUDIT_SUPPORT_MOMENTS_H
#define ECSAUDIT_SUPPORT_MOMENTS_H

#include "rules_change.h"

#define MOMENTS_IDS 4u

/* Look at each moment from now on: at those of a change that was planned. Ends with
 * fake_audit_start(), or NULL. */
void moments_watch(const struct rules_change *c);
/* For a hook that does more: what moments_watch() has put there. */
void moments_check(uint16_t type);
extern unsigned moments; /* that were looked at */

/* What auditctl would leave in an empty kernel, given the lines and the rule that keeps self_pid
 * out (0: none) before all; the fake kernel is as before afterwards. */
void moments_expect(const char *text, uint32_t self_pid, struct netlink *control);
/* That is in the kernel, byte for byte, and nothing else; and `wanted`, unless NULL, is the same.
 */
void moments_assert_expected(const struct rules_list *wanted);

/* Less than `below`. */
uint32_t moments_draw(uint32_t below);
/* Up to 11 rules. One may come twice, which the kernel refuses. */
void moments_draw_text(char *text, size_t size);
/* Most lines of `from` in their order, and some of its own between them. */
void moments_draw_similar(char *to, size_t size, const char *from);

#endif
