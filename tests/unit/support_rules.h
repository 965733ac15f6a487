/*
 * support_rules.h - for tests of the rule language: an environment, and rules built by hand.
 */
#ifndef ECSAUDIT_SUPPORT_RULES_H
#define ECSAUDIT_SUPPORT_RULES_H

#include "rules.h"

/* x86_64; the users root 0, alice 1000 and big 4294967294, the groups wheel 10 and users 100; /d
 * and /etc/ssl are directories. A test may change the machine. */
extern struct rules_environment support_environment;
void support_rules_reset(void);

/* Append a text to the one in buf; what does not fit fails the test. */
void support_append(char *buf, size_t size, const char *text);

extern struct rules_line support_line;
/* Compile a line into support_line. */
enum rules_kind support_compile(const char *line);

/* A rule built field by field, as linux/audit.h describes it. */
extern struct rules_data support_rule;
void support_start(uint32_t list, uint32_t action);
void support_all(void);		    /* every system call; the class bits stay clear */
void support_call(uint32_t number); /* one more */
void support_field(uint32_t field, uint32_t op, uint32_t value);
void support_text(uint32_t field, uint32_t op, const char *text);

/* The line compiles, without a warning, to support_rule. */
void support_assert_rule(const char *line);
/* The line is refused with a message that has all parts, which '|' separates, and says what
 * would be right behind "; " or ": ". */
void support_assert_mistake(const char *line, const char *parts);

#endif
