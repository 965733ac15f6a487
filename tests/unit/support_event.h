/*
 * support_event.h - one event from its records, as text.
 */
#ifndef ECSAUDIT_SUPPORT_EVENT_H
#define ECSAUDIT_SUPPORT_EVENT_H

#include "event.h"

extern struct event test_event;
extern struct reassembly test_table;
extern struct counters test_counters;
extern struct arena *test_arena; /* what event_join() decodes into */

/* Called for the event before its records go; NULL: nobody. */
extern void (*test_on_joined)(const struct raw_event *raw);

#define TEST_SERIAL  77u
#define TEST_TIME_MS INT64_C(1700000000123) /* 2023-11-14T22:13:20.123Z */

/* Join an event into test_event. `log` has a record a line: the type's name, a blank, and what
 * follows "audit(...): ". All have TEST_TIME_MS. */
void join(const char *log);

/* One record more of the event at hand; join_end() ends it. */
void join_begin(void);
void join_record(uint16_t type, const char *body);
void join_end(void);

/* Exactly these fields, in this order: "a=1|b=2". */
void expect_data_at(const char *fields, const char *file, int line);
#define expect_data(fields) expect_data_at(fields, __FILE__, __LINE__)
void expect_ids_at(const char *fields, const char *file, int line);
#define expect_ids(fields) expect_ids_at(fields, __FILE__, __LINE__)

/* auditd.repeated: "AVC pid=1 x=2|AVC pid=3". */
void expect_repeated_at(const char *records, const char *file, int line);
#define expect_repeated(records) expect_repeated_at(records, __FILE__, __LINE__)

/* The warnings: "PATH: mode is no octal number|...". */
void expect_warnings_at(const char *warnings, const char *file, int line);
#define expect_warnings(warnings) expect_warnings_at(warnings, __FILE__, __LINE__)

/* An open(2), for tests that need any system call. */
#define SYSCALL_OPEN                                                                               \
	"SYSCALL arch=c000003e syscall=2 success=yes exit=3 items=1 pid=10 auid=1000 "             \
	"uid=0 ses=5 comm=\"x\" subj=u:r key=\"k\"\n"

#endif
