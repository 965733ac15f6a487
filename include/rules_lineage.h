/*
 * rules_lineage.h - the audit rules that feed the table of processes (lineage.rules), and the
 * user's rules that take something from them.
 *
 * They are for calls that start, replace and end processes, and that begin sessions and groups:
 * those of execve, fork, clone, setsid and setpgid that were successful, and exit_group, which
 * never returns. Their key is LINEAGE_KEY. They stand behind the user's, since the first rule that
 * matches gives an event its key; behind those that are loaded later, too (guard.h). The first of
 * them is a `never` for threads: clone with CLONE_THREAD. clone3's flags cannot be seen, so that it
 * tells of threads as well.
 */
#ifndef ECSAUDIT_RULES_LINEAGE_H
#define ECSAUDIT_RULES_LINEAGE_H

#include "lineage_rules.h"
#include "rules_load.h"

/* The rules as text, for each architecture of the machine (as in struct rules_environment), in
 * LIMIT_LINEAGE_RULES_BYTES. "": its calls have no names or numbers that rules can have, as on
 * mips. */
void rules_lineage_text(const char *machine, char *text);

/* How many rules at the end of the exit list are ours. */
unsigned rules_lineage_count(const struct rules_list *rules);

/*
 * Fill l->lineage_hidden with the rules of the set that take calls from ours: `never` rules in
 * front of them, with the calls, "partly" if only some of them. Not meant are l->self, rules for
 * threads, and rules that match no successful call. `rules` are those that are loaded; l->waiting
 * is looked at, too. "" if there are none, or l->has_lineage is false.
 */
void rules_lineage_look(struct rules_loader *l, const struct rules_list *rules);

/* If there are any, print them in one line. */
void rules_lineage_print(struct rules_loader *l);

#endif
