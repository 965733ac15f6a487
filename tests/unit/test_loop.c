/* link: loop.o fake_sys.o fake_files.o fake_sockets.o */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "fake_sys.h"
#include "loop.h"

static struct loop loop;

struct reader {
	int fd, source;
	unsigned calls, read;
	short revents;
	bool remove_other;
	struct reader *other;
};

static void on_readable(void *ctx, short revents)
{
	struct reader *r = ctx;
	char c;

	r->calls++;
	r->revents = revents;
	if (sys_recvfrom(r->fd, &c, 1, 0, NULL, NULL) == 1) /* one a turn */
		r->read++;
	if (r->remove_other)
		loop_remove(&loop, r->other->source);
}

static void reader_open(struct reader *r)
{
	memset(r, 0, sizeof(*r));
	r->fd = sys_socket(AF_UNIX, SOCK_DGRAM, 0);
	r->source = loop_add(&loop, r->fd, POLLIN, on_readable, r);
	assert_true(r->source >= 0);
}

struct ticker {
	int timer;
	unsigned fired;
	int64_t at_ms;
	bool stop, remove;
	int64_t rearm_ms;
};

static void on_time(void *ctx)
{
	struct ticker *t = ctx;

	t->fired++;
	t->at_ms = sys_monotonic_ms();
	if (t->stop)
		loop_stop(&loop);
	if (t->remove)
		loop_timer_remove(&loop, t->timer);
	if (t->rearm_ms)
		loop_timer_set(&loop, t->timer, t->rearm_ms);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	loop_init(&loop);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_sys_reset();
	return 0;
}

static void readable_sources_are_called(void **state)
{
	struct reader a, b;

	(void)state;
	reader_open(&a);
	reader_open(&b);
	fake_sys_deliver(b.fd, "x", 1, NULL, 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(a.calls, 0);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.revents, POLLIN);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(b.calls, 1);
}

/* A handler that leaves something is called again, and nobody is starved by it. */
static void busy_and_quiet_take_turns(void **state)
{
	struct reader busy, quiet;
	struct ticker t = {0};

	(void)state;
	reader_open(&busy);
	reader_open(&quiet);
	t.timer = loop_timer_add(&loop, 0, 10, on_time, &t);
	for (int i = 0; i < 100; i++)
		fake_sys_deliver(busy.fd, "x", 1, NULL, 0);
	fake_sys_deliver(quiet.fd, "x", 1, NULL, 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(busy.read, 1);
	assert_int_equal(quiet.read, 1);
	assert_int_equal(t.fired, 1);
	for (int i = 0; i < 99; i++)
		assert_int_equal(loop_turn(&loop, -1), 0);
	assert_int_equal(busy.read, 100);
}

static void events_may_change(void **state)
{
	struct reader a;

	(void)state;
	reader_open(&a);
	fake_sys_deliver(a.fd, "x", 1, NULL, 0);
	loop_events(&loop, a.source, 0);
	loop_turn(&loop, 0);
	assert_int_equal(a.calls, 0);
	loop_events(&loop, a.source, POLLOUT);
	loop_turn(&loop, 0);
	assert_int_equal(a.revents, POLLOUT);
	loop_events(&loop, -1, POLLIN); /* ignored */
}

static void a_source_removed_meanwhile_is_not_called(void **state)
{
	struct reader a, b;

	(void)state;
	reader_open(&a);
	reader_open(&b);
	a.remove_other = true;
	a.other = &b;
	fake_sys_deliver(a.fd, "x", 1, NULL, 0);
	fake_sys_deliver(b.fd, "x", 1, NULL, 0);
	loop_turn(&loop, 0);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 0);
	loop_remove(&loop, -1); /* ignored */
}

static void tables_are_bounded(void **state)
{
	struct reader r = {.fd = 5};
	struct ticker t = {0};

	(void)state;
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++)
		assert_true(loop_add(&loop, 5, POLLIN, on_readable, &r) >= 0);
	assert_int_equal(loop_add(&loop, 5, POLLIN, on_readable, &r), -ENOSPC);
	loop_remove(&loop, 3);
	assert_int_equal(loop_add(&loop, 5, POLLIN, on_readable, &r), 3);
	for (unsigned i = 0; i < LIMIT_LOOP_TIMERS; i++)
		assert_true(loop_timer_add(&loop, 1, 1, on_time, &t) >= 0);
	assert_int_equal(loop_timer_add(&loop, 1, 1, on_time, &t), -ENOSPC);
	loop_timer_remove(&loop, 7);
	assert_int_equal(loop_timer_add(&loop, 1, 1, on_time, &t), 7);
}

static void timers_fire_in_time(void **state)
{
	struct ticker once = {0}, often = {0}, never = {0};
	int64_t start = sys_monotonic_ms();

	(void)state;
	once.timer = loop_timer_add(&loop, 250, 0, on_time, &once);
	often.timer = loop_timer_add(&loop, 100, 100, on_time, &often);
	never.timer = loop_timer_add(&loop, LOOP_NEVER, 5, on_time, &never);
	for (int i = 0; i < 4; i++)
		assert_int_equal(loop_turn(&loop, -1), 0);
	/* 100, 200, 250, 300 */
	assert_int_equal(once.fired, 1);
	assert_int_equal(once.at_ms - start, 250);
	assert_int_equal(often.fired, 3);
	assert_int_equal(often.at_ms - start, 300);
	assert_int_equal(never.fired, 0);
	/* The wait has an upper bound of its own. */
	assert_int_equal(loop_turn(&loop, 7), 0);
	assert_int_equal(sys_monotonic_ms() - start, 307);
	/* Set and switched off. */
	loop_timer_set(&loop, often.timer, LOOP_NEVER);
	loop_timer_set(&loop, never.timer, 20);
	assert_int_equal(loop_turn(&loop, -1), 0);
	assert_int_equal(never.fired, 1);
	assert_int_equal(never.at_ms - start, 327);
	assert_int_equal(often.fired, 3);
}

static void a_late_timer_fires_once(void **state)
{
	struct ticker t = {0};

	(void)state;
	t.timer = loop_timer_add(&loop, 100, 100, on_time, &t);
	fake_sys_clock_advance_ms(1050); /* stopped for a while */
	loop_turn(&loop, 0);
	assert_int_equal(t.fired, 1);
	loop_turn(&loop, 0);
	assert_int_equal(t.fired, 1);
	fake_sys_clock_advance_ms(100);
	loop_turn(&loop, 0);
	assert_int_equal(t.fired, 2);
}

static void timers_ignore_the_wall_clock(void **state)
{
	struct ticker t = {0};

	(void)state;
	t.timer = loop_timer_add(&loop, 100, 100, on_time, &t);
	fake_sys_realtime_set(0); /* 1970, then NTP */
	loop_turn(&loop, 0);
	assert_int_equal(t.fired, 0);
	fake_sys_realtime_set(4000000000);
	loop_turn(&loop, 0);
	assert_int_equal(t.fired, 0);
}

static void a_timer_may_change_itself(void **state)
{
	struct ticker gone = {.remove = true}, later = {.rearm_ms = 500};
	int64_t start = sys_monotonic_ms();

	(void)state;
	gone.timer = loop_timer_add(&loop, 10, 10, on_time, &gone);
	later.timer = loop_timer_add(&loop, 10, 10, on_time, &later);
	loop_turn(&loop, -1);
	loop_turn(&loop, -1);
	assert_int_equal(gone.fired, 1);
	assert_int_equal(later.fired, 2);
	assert_int_equal(later.at_ms - start, 510);
}

static void the_loop_stops(void **state)
{
	struct ticker t = {.stop = true};

	(void)state;
	t.timer = loop_timer_add(&loop, 30, 30, on_time, &t);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(t.fired, 1);
}

static struct {
	int last;
	unsigned count;
} signals;

static void on_signal(void *ctx, int signo)
{
	assert_ptr_equal(ctx, &signals);
	signals.last = signo;
	signals.count++;
}

static void signals_come_in_turn(void **state)
{
	sigset_t mask;

	(void)state;
	memset(&signals, 0, sizeof(signals));
	assert_int_equal(loop_signals(&loop, on_signal, &signals), 0);
	sys_sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_true(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGPIPE));
	fake_sys_signal(SIGHUP);
	loop_turn(&loop, -1);
	assert_int_equal(signals.last, SIGHUP);
	assert_false(loop.stopping);
	fake_sys_signal(SIGUSR1);
	loop_turn(&loop, -1);
	assert_int_equal(signals.last, SIGUSR1);
	fake_sys_signal(SIGTERM);
	assert_int_equal(loop_run(&loop), 0);
	assert_int_equal(signals.last, SIGTERM);
	assert_int_equal(signals.count, 3);
	sys_close(loop.signal_fd);
	assert_int_equal(fake_sys_open_count(), 0);
}

static void a_paused_source_is_not_looked_at(void **state)
{
	const int64_t start_ms = sys_monotonic_ms();
	struct reader paused, other;

	(void)state;
	reader_open(&paused);
	reader_open(&other);
	fake_sys_deliver(paused.fd, "aa", 2, NULL, 0);
	loop_pause(&loop, paused.source, 70);
	fake_sys_deliver(other.fd, "b", 1, NULL, 0);
	loop_turn(&loop, -1);
	assert_int_equal(paused.calls, 0);
	assert_int_equal(other.calls, 1);
	loop_turn(&loop, 50);
	assert_int_equal(sys_monotonic_ms(), start_ms + 50);
	loop_turn(&loop, -1); /* that is what it waits for */
	assert_int_equal(sys_monotonic_ms(), start_ms + 70);
	loop_turn(&loop, -1);
	assert_int_equal(paused.calls, 1);
	/* An error is not told either; and a new one in its place starts without a pause. */
	fake_sys_deliver_error(paused.fd, ENOBUFS);
	loop_pause(&loop, paused.source, 70);
	loop_turn(&loop, 0);
	assert_int_equal(paused.calls, 1);
	loop_remove(&loop, paused.source);
	paused.source = loop_add(&loop, paused.fd, POLLIN, on_readable, &paused);
	loop_turn(&loop, 0);
	assert_int_equal(paused.calls, 2);
	loop_pause(&loop, -1, 70); /* harmless */
	sys_close(paused.fd);
	sys_close(other.fd);
}

static void failures_are_returned(void **state)
{
	sigset_t mask;

	(void)state;
	fake_sys_fail("sigprocmask", 1, EINVAL);
	assert_int_equal(loop_signals(&loop, on_signal, &signals), -EINVAL);
	fake_sys_fail("signalfd", 1, EMFILE);
	assert_int_equal(loop_signals(&loop, on_signal, &signals), -EMFILE);
	sys_sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM)); /* a signal must still end the program */
	fake_sys_fail("poll", 1, EINTR);
	assert_int_equal(loop_turn(&loop, 0), 0);
	fake_sys_fail("poll", 1, ENOMEM);
	assert_int_equal(loop_run(&loop), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(readable_sources_are_called),
		TEST(busy_and_quiet_take_turns),
		TEST(events_may_change),
		TEST(a_source_removed_meanwhile_is_not_called),
		TEST(tables_are_bounded),
		TEST(timers_fire_in_time),
		TEST(a_late_timer_fires_once),
		TEST(timers_ignore_the_wall_clock),
		TEST(a_timer_may_change_itself),
		TEST(the_loop_stops),
		TEST(signals_come_in_turn),
		TEST(a_paused_source_is_not_looked_at),
		TEST(failures_are_returned),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
