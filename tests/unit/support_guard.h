/*
 * support_guard.h - the agent around the guard, over the fake kernel, for the guard's tests.
 */
#ifndef ECSAUDIT_SUPPORT_GUARD_H
#define ECSAUDIT_SUPPORT_GUARD_H

#include <linux/audit.h>
#include <stdbool.h>
#include "guard.h"
#include "support_guarded.h"

#define MINUTE_MS 60000
/* From a CONFIG_CHANGE until it is acted upon: two looks. */
#define ACT_MS (2 * LIMIT_GUARD_SOON_MS)
/* How long a document waits for somebody to blame. */
#define BLAME_MS (2000 + LIMIT_GUARD_SOON_MS)

extern unsigned told;
extern char said[4096];
extern char report[16384];
extern unsigned serial;

/* As somebody else would, on no socket of ours. */
void put_rule(unsigned at, unsigned pid);
void delete_all(void);
void add_one(unsigned pid);
bool rules_are_ours(void);
/* What auditctl leaves in the records: the change, and who made it. */
void config_change(unsigned pid);
int support_begin_live(void);
int support_begin_guard(void);
void support_begin(void);
void support_turn(int max_wait_ms);
/* Let that much time pass, and everything happen that is due. */
void support_run_ms(int64_t ms);
void support_end(void);
int guard_setup(void **state);
int guard_teardown(void **state);
/* The next document of the agent's own, into `report`; those of events are passed over. */
bool next_report(void);
void assert_has(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);
void assert_report(const char *action, const char *outcome);
void assert_facts(unsigned expected, unsigned found);

#define assert_no_report()                                                                         \
	do {                                                                                       \
		if (next_report())                                                                 \
			fail_msg("%s", report);                                                    \
	} while (0)

#endif
