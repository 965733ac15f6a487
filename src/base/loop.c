#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include "sys.h"

void loop_init(struct loop *l)
{
	memset(l, 0, sizeof(*l));
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++)
		l->sources[i].fd = -1;
	l->signal_fd = -1;
	l->now_ms = sys_monotonic_ms();
}

/* ---- sources ----------------------------------------------------------------------------- */

int loop_add(
	struct loop *l, int fd, short events, void (*handler)(void *ctx, short revents), void *ctx)
{
	for (int i = 0; i < (int)LIMIT_LOOP_SOURCES; i++) {
		if (l->sources[i].fd >= 0)
			continue;
		l->sources[i] = (struct loop_source){fd, events, handler, ctx, 0};
		return i;
	}
	return -ENOSPC;
}

void loop_events(struct loop *l, int source, short events)
{
	if (source >= 0)
		l->sources[source].events = events;
}

void loop_pause(struct loop *l, int source, int64_t ms)
{
	if (source >= 0)
		l->sources[source].resume_ms = sys_monotonic_ms() + ms;
}

void loop_remove(struct loop *l, int source)
{
	if (source >= 0)
		l->sources[source] = (struct loop_source){.fd = -1};
}

/* ---- timers ------------------------------------------------------------------------------ */

static int64_t after(int64_t ms)
{
	return ms == LOOP_NEVER ? LOOP_NEVER : sys_monotonic_ms() + ms;
}

int loop_timer_add(struct loop *l, int64_t first_ms, int64_t interval_ms,
	void (*handler)(void *ctx), void *ctx)
{
	for (int i = 0; i < (int)LIMIT_LOOP_TIMERS; i++) {
		if (l->timers[i].handler)
			continue;
		l->timers[i] = (struct loop_timer){after(first_ms), interval_ms, handler, ctx};
		return i;
	}
	return -ENOSPC;
}

void loop_timer_set(struct loop *l, int timer, int64_t after_ms)
{
	if (timer >= 0)
		l->timers[timer].deadline_ms = after(after_ms);
}

void loop_timer_remove(struct loop *l, int timer)
{
	if (timer >= 0)
		memset(&l->timers[timer], 0, sizeof(l->timers[timer]));
}

static bool is_paused(const struct loop_source *s, int64_t now_ms)
{
	return s->fd >= 0 && s->resume_ms > now_ms;
}

static int timeout(const struct loop *l, int64_t now_ms, int max_wait_ms)
{
	int64_t first_ms = LOOP_NEVER, wait_ms;

	for (unsigned i = 0; i < LIMIT_LOOP_TIMERS; i++)
		if (l->timers[i].handler && l->timers[i].deadline_ms < first_ms)
			first_ms = l->timers[i].deadline_ms;
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++)
		if (is_paused(&l->sources[i], now_ms) && l->sources[i].resume_ms < first_ms)
			first_ms = l->sources[i].resume_ms;
	if (first_ms == LOOP_NEVER)
		return max_wait_ms;
	wait_ms = first_ms - now_ms;
	if (wait_ms < 0)
		wait_ms = 0;
	if (max_wait_ms >= 0 && wait_ms > max_wait_ms)
		return max_wait_ms;
	return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

static void timers_run(struct loop *l)
{
	const int64_t now_ms = sys_monotonic_ms();

	for (unsigned i = 0; i < LIMIT_LOOP_TIMERS; i++) {
		struct loop_timer *t = &l->timers[i];

		if (!t->handler || t->deadline_ms > now_ms)
			continue;
		/* Before the handler, which may set it otherwise or remove it. */
		t->deadline_ms = t->interval_ms > 0 ? now_ms + t->interval_ms : LOOP_NEVER;
		t->handler(t->ctx);
	}
}

/* ---- signals ----------------------------------------------------------------------------- */

static void signals_read(void *ctx, short revents)
{
	struct signalfd_siginfo info;
	struct loop *l = ctx;
	int signo;

	(void)revents;
	if (sys_read(l->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return; /* nothing there; level-triggered, so nothing is missed */
	signo = (int)info.ssi_signo;
	if (l->on_signal)
		l->on_signal(l->signal_ctx, signo);
	if (signo == SIGTERM || signo == SIGINT)
		loop_stop(l);
}

int loop_signals(struct loop *l, void (*handler)(void *ctx, int signo), void *ctx)
{
	sigset_t taken, blocked, before;
	int ret;

	sigemptyset(&taken);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGINT);
	sigaddset(&taken, SIGHUP);
	sigaddset(&taken, SIGUSR1);
	blocked = taken;
	sigaddset(&blocked, SIGPIPE);
	ret = sys_sigprocmask(SIG_BLOCK, &blocked, &before);
	if (ret < 0)
		return ret;
	l->on_signal = handler;
	l->signal_ctx = ctx;
	ret = sys_signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
	if (ret >= 0) {
		l->signal_fd = ret;
		ret = loop_add(l, l->signal_fd, POLLIN, signals_read, l);
	}
	if (ret >= 0)
		return 0;
	if (l->signal_fd >= 0)
		(void)sys_close(l->signal_fd);
	l->signal_fd = -1;
	(void)sys_sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* ---- turning ----------------------------------------------------------------------------- */

int loop_turn(struct loop *l, int max_wait_ms)
{
	const int64_t began_ms = sys_monotonic_ms();
	struct pollfd fds[LIMIT_LOOP_SOURCES];
	int ret;

	/* poll() skips what has fd -1, so a source keeps its index. */
	for (unsigned i = 0; i < LIMIT_LOOP_SOURCES; i++) {
		const struct loop_source *s = &l->sources[i];

		fds[i] = (struct pollfd){
			.fd = is_paused(s, began_ms) ? -1 : s->fd, .events = s->events};
	}
	ret = sys_poll(fds, LIMIT_LOOP_SOURCES, timeout(l, began_ms, max_wait_ms));
	if (ret < 0 && ret != -EINTR)
		return ret;
	l->now_ms = sys_monotonic_ms();
	for (unsigned i = 0; ret > 0 && i < LIMIT_LOOP_SOURCES; i++) {
		struct loop_source *s = &l->sources[i];

		/* An earlier handler may have removed it, or put another in its place. */
		if (fds[i].fd >= 0 && fds[i].revents && s->fd == fds[i].fd)
			s->handler(s->ctx, fds[i].revents);
	}
	timers_run(l);
	return 0;
}

int loop_run(struct loop *l)
{
	int ret = 0;

	while (ret == 0 && !l->stopping)
		ret = loop_turn(l, -1);
	return ret;
}

void loop_stop(struct loop *l)
{
	l->stopping = true;
}
