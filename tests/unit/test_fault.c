/* link: support_life.o support_world.o support_agent.o fake_sys.o fake_files.o fake_sockets.o
 * fake_audit.o fake_privileges.o cjson.o */
/*
 * A whole life, of which the n-th system call fails: every n, with each errno that this call may
 * give, or moving one byte where it may move fewer than asked. Then each kind of call failing for
 * good from some moment on.
 *
 * FAULT_EVERY=k: only every k-th of them. FAULT_FROM=n: from the n-th call.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fake_sys.h"
#include "support_life.h"

#define DEFAULT_EVERY 20
#define MOST_CALLS    100000u /* of a life: whoever makes more has run wild */
#define MOST_KINDS    64u
#define MOST_ERRORS   10u

#define SHORT FAKE_SYS_SHORT

static const struct {
	const char *call;
	int errors[MOST_ERRORS]; /* ends with 0 */
} plausible[] = {
	{"accept", {EINTR, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOMEM}},
	{"adjtimex", {EPERM}},
	{"audit", {EPERM, ENOMEM, EINVAL, EEXIST, ETIMEDOUT}},
	{"bind", {EADDRINUSE, EACCES, ENOMEM, EROFS}},
	{"capget", {EPERM}},
	{"capset", {EPERM}},
	{"close", {EINTR, EIO}},
	{"connect", {EINPROGRESS, EINTR, EAGAIN, ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, EPERM,
			    ENOENT, ENOMEM}},
	{"fallocate", {EINTR, ENOSPC, EOPNOTSUPP, EIO}},
	{"fchmod", {EPERM}},
	{"fcntl", {EBADF}},
	{"flock", {EINTR, EWOULDBLOCK, ENOLCK}},
	{"fstat", {EIO, ENOMEM}},
	{"fstatat", {ENOENT, EACCES, ENOMEM}},
	{"fsync", {EIO, ENOSPC}},
	{"ftruncate", {EINTR, EIO}},
	{"getcwd", {ENOENT}},
	{"getdents64", {EIO, ENOMEM}},
	{"getrandom", {EINTR, EAGAIN, ENOSYS, SHORT}},
	{"getsockname", {ENOBUFS}},
	{"getsockopt", {ENOBUFS}},
	{"ifindex", {ENODEV}},
	{"listen", {EADDRINUSE}},
	{"mkdir", {EEXIST, EACCES, ENOSPC, EROFS}},
	{"mmap", {ENOMEM, ENODEV}},
	{"open", {EINTR, ENOENT, EACCES, EMFILE, ENFILE, ENOMEM, EIO}},
	{"openat", {EINTR, ENOENT, EACCES, EMFILE, ENFILE, ENOMEM, EIO}},
	{"outq", {EINVAL}},
	{"poll", {EINTR, ENOMEM}},
	{"prctl", {EPERM, EINVAL}},
	{"pread", {EINTR, EIO, SHORT}},
	{"read", {EINTR, EAGAIN, EIO, SHORT}},
	{"readlink", {ENOENT, EACCES}},
	{"recvfrom", {EINTR, EAGAIN, ENOMEM, ECONNRESET}},
	{"recvmsg", {EINTR, EAGAIN, ENOBUFS, ENOMEM, EIO}},
	{"rename", {EACCES, ENOSPC, EROFS, EIO}},
	{"seccomp", {ENOSYS, EINVAL, EPERM, ENOMEM}},
	{"sendmsg",
		{EINTR, EAGAIN, ENOBUFS, ENOMEM, EPERM, ECONNREFUSED, ECONNRESET, EPIPE, SHORT}},
	{"sendto", {EINTR, EAGAIN, ENOBUFS, ENOMEM, EPERM, ECONNREFUSED, ENETUNREACH, EMSGSIZE,
			   EPIPE}},
	{"setgroups", {EPERM}},
	{"setresgid", {EPERM}},
	{"setresuid", {EPERM, EAGAIN}},
	{"setrlimit", {EPERM}},
	{"setsockopt", {EPERM, ENOPROTOOPT, ENOBUFS}},
	{"shutdown", {ENOTCONN}},
	{"signalfd", {EMFILE, ENOMEM}},
	{"sigpending", {ENOSYS}},
	{"sigprocmask", {EINVAL}},
	{"socket", {EMFILE, ENFILE, ENOBUFS, EPERM, EAFNOSUPPORT}},
	{"uname", {EFAULT}},
	{"unlink", {ENOENT, EACCES, EROFS, EIO}},
	{"watchdog_timeout", {ENOTTY, EIO}},
	{"write", {EINTR, EAGAIN, EIO, ENOSPC, EPIPE, SHORT}},
};

#define KINDS (sizeof(plausible) / sizeof(plausible[0]))

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
void __sanitizer_print_stack_trace(void);

/* ---- the fault ------------------------------------------------------------------------------- */

static struct {
	bool is_armed, lasts;
	unsigned nth; /* call of the life, from 1 */
	unsigned kind;
	int error;
	unsigned calls; /* so far */
	bool was_hit;
} fault;

static unsigned *trace, traced; /* the kinds of a life without faults */
static bool is_tracing;

static unsigned kind_of(const char *call)
{
	unsigned i = 0;

	while (i < KINDS && strcmp(plausible[i].call, call) != 0)
		i++;
	if (i == KINDS)
		fail_msg("%s: what can go wrong?", call);
	return i;
}

static int on_call(const char *call)
{
	const unsigned kind = kind_of(call);

	if (++fault.calls > MOST_CALLS) {
		fprintf(stderr, "%u system calls, and no end\n", MOST_CALLS);
		__sanitizer_print_stack_trace();
		abort();
	}
	if (is_tracing) {
		if (traced % 1024 == 0)
			trace = realloc(trace, (traced + 1024) * sizeof(*trace));
		trace[traced++] = kind;
	}
	if (!fault.is_armed || fault.calls < fault.nth || kind != fault.kind)
		return 0;
	fault.is_armed = fault.lasts;
	fault.was_hit = true;
	/* An interrupted wait took some time. */
	if (strcmp(call, "poll") == 0)
		fake_sys_clock_advance_ms(1);
	return fault.error;
}

static void describe(void)
{
	fprintf(stderr, "# call %u of the life, %s, %s with %s\n# said:\n%s", fault.nth,
		plausible[fault.kind].call, fault.lasts ? "failed on and on" : "failed",
		fault.error == SHORT ? "one byte" : strerror(fault.error), life_said());
}

static void on_abort(int signo)
{
	describe();
	signal(signo, SIG_DFL);
	raise(signo);
}

/* Both end in on_abort(). */
const char *__asan_default_options(void)
{
	return "abort_on_error=1";
}

const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

/* ---- lives --------------------------------------------------------------------------------- */

static enum world_kind world_now;
static unsigned failures, hit[KINDS];

static void live_with(unsigned nth, unsigned kind, int error, bool lasts)
{
	memset(&fault, 0, sizeof(fault));
	fault.is_armed = true;
	fault.nth = nth;
	fault.kind = kind;
	fault.error = error;
	fault.lasts = lasts;
	life_live(world_now, on_call, plausible[kind].call, lasts);
	life_bury();
	failures += fault.was_hit;
	hit[kind] += fault.was_hit;
}

static unsigned number(const char *name, unsigned otherwise)
{
	const char *value = getenv(name);

	return value && atoi(value) > 0 ? (unsigned)atoi(value) : otherwise;
}

/* The first of each, and then every k-th. */
static bool is_due(unsigned kind, unsigned error, bool lasts)
{
	static unsigned seen[KINDS][MOST_ERRORS][2];

	return seen[kind][error][lasts]++ % number("FAULT_EVERY", DEFAULT_EVERY) == 0;
}

static void nothing_fails(void **state)
{
	world_now = *(const enum world_kind *)*state;
	traced = 0;
	memset(&fault, 0, sizeof(fault));
	is_tracing = true;
	life_live(world_now, on_call, "", false);
	is_tracing = false;
	if (number("FAULT_SHOW", 0))
		fprintf(stderr, "%s", life_said());
	assert_true(life.started && life.over);
	assert_int_equal(life.status, CMD_OK);
	life_bury();
	fprintf(stderr, "# %u system calls in %u turns\n", traced, life.turns);
}

static void the_nth_call_fails(void **state)
{
	(void)state;
	for (unsigned nth = number("FAULT_FROM", 1); nth <= traced; nth++) {
		const int *errors = plausible[trace[nth - 1]].errors;

		for (unsigned i = 0; i < MOST_ERRORS && errors[i]; i++)
			if (is_due(trace[nth - 1], i, false))
				live_with(nth, trace[nth - 1], errors[i], false);
	}
}

/* Not what passes by itself; and who cannot read a signal is not told to end. */
static bool can_last(unsigned kind, int error, unsigned from)
{
	const char *call = plausible[kind].call;

	if ((error == EAGAIN || error == ENOBUFS) &&
		(strcmp(call, "accept") == 0 || strncmp(call, "recv", 4) == 0))
		return false;
	if (error == SHORT && strcmp(call, "write") == 0) /* stdout takes it all, byte by byte */
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
	const int error = plausible[kind].errors[which];

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
	for (unsigned kind = 0; kind < KINDS; kind++)
		for (unsigned i = 0; i < MOST_ERRORS && plausible[kind].errors[i]; i++)
			fail_for_good(kind, i);
}

static int say(void **state)
{
	unsigned kinds = 0;

	(void)state;
	for (unsigned i = 0; i < KINDS; i++)
		kinds += hit[i] > 0;
	for (unsigned i = 0; i < KINDS; i++)
		if (!hit[i] && number("FAULT_SHOW", 0))
			fprintf(stderr, "# never: %s\n", plausible[i].call);
	fprintf(stderr, "# %u failures in %u kinds of calls, 0 crashed\n", failures, kinds);
	free(trace);
	return 0;
}

static int after(void **state)
{
	(void)state;
	if (fault.calls > 0 && fake_sys_calls(NULL) > 0) {
		describe();
		life_bury();
	}
	return 0;
}

int main(void)
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

	signal(SIGABRT, on_abort);
	return cmocka_run_group_tests_name("fault", tests, NULL, say);
}
