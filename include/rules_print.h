/*
 * rules_print.h - prints a compiled rule as text: the opposite of rules_compile().
 *
 * RULES_AUDITCTL is what `auditctl -l` prints, character by character (auditctl 3.0.9). A rule of
 * -w, or one that equals it, is printed as "-w PATH -p PERM -k KEY", any other as "-a ACTION,LIST"
 * with its architecture, its system calls and its fields in their order; numbers are signed;
 * nothing is quoted. It differs only where auditctl's listing is wrong:
 *
 * - `never` rules, and fields in another order, are never shown as a watch;
 * - exe!= is not shown as exe= (auditctl until 3.1.4 and 4.0.1);
 * - a rule without an architecture shows its calls with the names of the machine, not with those
 *   of the architecture of a rule before it;
 * - io_uring rules have their list and the names of their operations (auditctl from 3.1 on);
 * - calls, record types and file systems that are newer than auditctl 3.0.9 have their names.
 *
 * Such a listing cannot always be loaded again: directories look like files, foreign architectures
 * like each other, and a blank in a path ends it. RULES_EXACT can: compiled on the same machine, it
 * gives the same bytes, for each rule that rules_compile() made. It has no watches, unsigned
 * numbers, and quotes where words need them.
 *
 * Nothing fails: an unknown field is printed as auditctl does it ("f24=1"), an unknown list,
 * action, operator or comparison as its number; wrong lengths are cut.
 */
#ifndef ECSAUDIT_RULES_PRINT_H
#define ECSAUDIT_RULES_PRINT_H

#include "rules.h"
#include "text.h"

enum rules_form {
	RULES_AUDITCTL,
	RULES_EXACT
};

/* Append the rule, without a newline. LIMIT_RULE_TEXT_BYTES are enough. `machine` as in struct
 * rules_environment. */
void rules_print(
	struct text *t, const struct rules_data *rule, const char *machine, enum rules_form form);

/* Append its bytes in hexadecimal, as `rules compile` prints them. */
void rules_print_hex(struct text *t, const struct rules_data *rule);

/* ---- parts of a rule, as in RULES_EXACT but without quotes ------------------------------- */

/* "exit", "always"; their numbers where they have no name. */
void rules_print_list(struct text *t, const struct rules_data *rule);
void rules_print_action(struct text *t, const struct rules_data *rule);
/* Of field number i: "path", "=", "/etc/passwd". A comparison of fields has the first field's name,
 * and the second one's in the place of a value. */
void rules_print_name(struct text *t, const struct rules_data *rule, uint32_t i);
void rules_print_operator(struct text *t, const struct rules_data *rule, uint32_t i);
void rules_print_value(
	struct text *t, const struct rules_data *rule, uint32_t i, const char *machine);

/* Whether the rule's list is about system calls. */
bool rules_print_has_calls(const struct rules_data *rule);
/* Whether the rule is for all of them, as -S all and -w are. */
bool rules_print_all_calls(const struct rules_data *rule);
/* The first system call of the rule from `number` on, or -1. */
int rules_print_next_call(const struct rules_data *rule, unsigned number);
/* Its name in the architecture of the rule, its number where it has none. */
void rules_print_call(
	struct text *t, const struct rules_data *rule, unsigned number, const char *machine);

#endif
