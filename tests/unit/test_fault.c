/* link: support_life.o support_faults.o support_world.o support_agent.o fake_sys.o fake_files.o
 * fake_sockets.o fake_audit.o fake_privileges.o cjson.o */
/*
 * A whole life, of which the n-th system call fails: every n, with each errno that this call may
 * give, or moving one byte where it may move fewer than asked. Then each kind of call failing for
 * good from some moment on.
 *
 * FAULT_EVERY=k: only every k-th of them. FAULT_FROM=n: from the n-th call.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sanitizer/common_interface_defs.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_sys.h"
#include "support_faults.h"
#include "support_life.h"

#define DEFAULT_EVERY 20
#define MOST_CALLS    100000u /* of a life: whoever makes more has run wild */

/* ---- the fault ------------------------------------------------------------------------------- */

static struct fault {
	bool is_armed, lasts;
	unsigned nth; /* call of the life, from 1 */
	unsigned kind;
	int error;
	unsigned calls; /* so far */
	bool was_hit;
	bool done; /* with all of them */
} * fault;	   /* the parent sees it, too */

static unsigned *trace, traced; /* the kinds of a life without faults */
static bool is_tracing;

static int on_call(const char *call)
{
	const unsigned kind = faults_kind(call);

	if (++fault->calls > MOST_CALLS) {
		fprintf(stderr, "%u system calls, and no end\n", MOST_CALLS);
		__sanitizer_print_stack_trace();
		abort();
	}
	if (is_tracing) {
		if (traced % 1024 == 0)
			trace = realloc(trace, (traced + 1024) * sizeof(*trace));
		trace[traced++] = kind;
	}
	if (!fault->is_armed || fault->calls < fault->nth || kind != fault->kind)
		return 0;
	fault->is_armed = fault->lasts;
	fault->was_hit = true;
	/* An interrupted wait took some time. */
	if (strcmp(call, "poll") == 0)
		fake_sys_clock_advance_ms(1);
	return fault->error;
}

static void describe(void)
{
	fprintf(stderr, "# call %u of the life, %s, %s with %s\n", fault->nth,
		faults[fault->kind].call, fault->lasts ? "failed on and on" : "failed",
		fault->error == FAKE_SYS_SHORT ? "one byte" : strerror(fault->error));
}

/* ---- lives --------------------------------------------------------------------------------- */

static enum world_kind world_now;
static unsigned failures, no_starts, early_ends, hit[FAULTS_KINDS];

/* An agent cannot go on without them: a loop that cannot wait, records that cannot be read, the end
 * of stdout. */
static bool is_fatal(unsigned kind, int error)
{
	const char *call = faults[kind].call;

	return (strcmp(call, "poll") == 0 && error == ENOMEM) ||
	       (strcmp(call, "recvmsg") == 0 && error == EIO) ||
	       (strcmp(call, "write") == 0 && error == EPIPE && world_now == WORLD_STDOUT);
}

static void live_with(unsigned nth, unsigned kind, int error, bool lasts)
{
	*fault = (struct fault){.calls = 0};
	fault->is_armed = true;
	fault->nth = nth;
	fault->kind = kind;
	fault->error = error;
	fault->lasts = lasts;
	life_live(world_now, on_call, faults[kind].call, lasts);
	if (life.started && life.status != EXIT_OK)
		assert_true(is_fatal(kind, error));
	life_bury();
	failures += fault->was_hit;
	no_starts += !life.started;
	early_ends += life.started && life.status != EXIT_OK;
	hit[kind] += fault->was_hit;
}

static unsigned number(const char *name, unsigned otherwise)
{
	const char *value = getenv(name);

	return value && atoi(value) > 0 ? (unsigned)atoi(value) : otherwise;
}

/* The first of each, and then every k-th. */
static bool is_due(unsigned kind, unsigned error, bool lasts)
{
	static unsigned seen[FAULTS_KINDS][FAULTS_ERRORS][2];

	return seen[kind][error][lasts]++ % number("FAULT_EVERY", DEFAULT_EVERY) == 0;
}

static void nothing_fails(void **state)
{
	world_now = *(const enum world_kind *)*state;
	traced = 0;
	*fault = (struct fault){.calls = 0};
	is_tracing = true;
	life_live(world_now, on_call, "", false);
	is_tracing = false;
	if (number("FAULT_SHOW", 0))
		fprintf(stderr, "%s", life_said());
	assert_true(life.started && life.over);
	assert_int_equal(life.status, EXIT_OK);
	life_bury();
	fprintf(stderr, "# %u system calls in %u turns\n", traced, life.turns);
}

static void the_nth_call_fails(void **state)
{
	(void)state;
	for (unsigned nth = number("FAULT_FROM", 1); nth <= traced; nth++) {
		const int *errors = faults[trace[nth - 1]].errors;

		for (unsigned i = 0; i < FAULTS_ERRORS && errors[i]; i++)
			if (is_due(trace[nth - 1], i, false))
				live_with(nth, trace[nth - 1], errors[i], false);
	}
}

/* Not what passes by itself; and who cannot read a signal is not told to end. */
static bool can_last(unsigned kind, int error, unsigned from)
{
	const char *call = faults[kind].call;

	if ((error == EAGAIN || error == ENOBUFS) &&
		(strcmp(call, "accept") == 0 || strncmp(call, "recv", 4) == 0))
		return false;
	if (error == FAKE_SYS_SHORT &&
		strcmp(call, "write") == 0) /* stdout takes it all, byte by byte */
		return false;
	return error != EINTR && (from == 0 || strcmp(call, "read") != 0);
}

static bool is_called(unsigned kind, unsigned from)
{
	while (from <= traced && trace[from - 1] != kind)
		from++;
	return from <= traced;
}

/* From the start, and from three other moments. */
static void fail_for_good(unsigned kind, unsigned which)
{
	const int error = faults[kind].errors[which];

	for (unsigned quarter = 0; quarter < 4; quarter++) {
		const unsigned from = 1 + quarter * traced / 4;

		if (can_last(kind, error, quarter) && is_called(kind, from) &&
			is_due(kind, which, true))
			live_with(from, kind, error, true);
	}
}

static void calls_fail_for_good(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < FAULTS_KINDS; kind++)
		for (unsigned i = 0; i < FAULTS_ERRORS && faults[kind].errors[i]; i++)
			fail_for_good(kind, i);
}

static int say(void **state)
{
	unsigned kinds = 0;

	(void)state;
	for (unsigned i = 0; i < FAULTS_KINDS; i++)
		kinds += hit[i] > 0;
	for (unsigned i = 0; i < FAULTS_KINDS; i++)
		if (faults[i].call && !hit[i] && number("FAULT_SHOW", 0))
			fprintf(stderr, "# never: %s\n", faults[i].call);
	fprintf(stderr,
		"# %u failures in %u kinds of calls, 0 crashed; %u did not start, %u ended early, "
		"and said why\n",
		failures, kinds, no_starts, early_ends);
	free(trace);
	return 0;
}

static int after(void **state)
{
	(void)state;
	if (fault->calls > 0 && fake_sys_calls(NULL) > 0) {
		describe();
		fprintf(stderr, "# said:\n%s", life_said());
		life_bury();
	}
	return 0;
}

static int run_all(void)
{
	static enum world_kind kinds[] = {WORLD_ALL, WORLD_MULTICAST, WORLD_STDOUT};
	const struct CMUnitTest tests[] = {
#define LIFE(test, kind) {#test ", " #kind, test, NULL, after, &kinds[kind]}
#define LIVES(kind)                                                                                \
	LIFE(nothing_fails, kind), LIFE(the_nth_call_fails, kind), LIFE(calls_fail_for_good, kind)
		LIVES(WORLD_ALL),
		LIVES(WORLD_MULTICAST),
		LIVES(WORLD_STDOUT),
	};
	int failed = cmocka_run_group_tests_name("fault", tests, NULL, say);

	fault->done = true;
	return failed;
}

/* In a child, so that somebody is left to tell what it died of. */
int main(void)
{
	int status = 1;
	pid_t child;

	fault = mmap(
		NULL, sizeof(*fault), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fault == MAP_FAILED)
		return 1;
	child = fork();
	if (child == 0)
		return run_all();
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 1;
	if (!fault->done)
		describe();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
