#include "delivery.h"

#include <errno.h>
#include <string.h>

#include "sys.h"
#include "text.h"

/* How long the fallback may take for what it has when the primary is back. */
#define RETURN_MS 1000
/* How often what does not settle is asked for again. */
#define ASK_MS 100

static struct output *active(struct delivery *d)
{
	return &d->outputs[d->active];
}

/* The caller's clock may be behind ours, which went on in be_patient(). */
static void set_now(struct delivery *d, int64_t now_ms)
{
	if (now_ms > d->now_ms)
		d->now_ms = now_ms;
}

/* ---- counting -------------------------------------------------------------------------- */

/* What the spool counts itself. After everything that may drop a message. */
static void count_dropped(struct delivery *d)
{
	struct counters *c = d->counters;

	c->messages_dropped_spool = d->spool->evicted + d->spool->refused;
	c->messages_dropped_oversized = d->spool->too_long + d->output_dropped[0];
	c->messages_dropped_output = d->output_dropped[1];
	c->messages_dropped = c->messages_dropped_spool + c->messages_dropped_oversized +
			      c->messages_dropped_output + c->messages_dropped_end;
	c->messages_lost = d->outputs[DELIVERY_PRIMARY].lost;
}

/* The output will never take it. */
static void drop(struct delivery *d)
{
	d->output_dropped[active(d)->error != EMSGSIZE]++;
	count_dropped(d);
}

uint64_t delivery_held(const struct delivery *d)
{
	return (uint64_t)d->spool->waiting + d->spool->in_flight + (d->part > 0 && d->alone);
}

/* Nothing more is to be done for any message, but what stdout has in its buffer. */
static bool is_idle(const struct delivery *d)
{
	return d->spool->waiting == 0 && d->part == 0 && d->count == 0;
}

bool delivery_is_free(const struct delivery *d)
{
	return d->spool->waiting == 0 && d->part == 0;
}

static void good(struct delivery *d)
{
	if (d->active != DELIVERY_PRIMARY)
		return;
	d->good_ms = d->now_ms;
	if (d->told) {
		d->told = false;
		d->news = DELIVERY_BACK;
	}
}

/* ---- in flight ------------------------------------------------------------------------- */

static void add_flight(struct delivery *d)
{
	d->flights[(d->first + d->count) % LIMIT_IN_FLIGHT] =
		(struct delivery_flight){active(d)->mark, (uint32_t)d->now_ms};
	d->count++;
}

/* All in flight wait again, before the others. A part that is in the spool is among them. */
static void rewind_flights(struct delivery *d)
{
	d->counters->messages_repeated += d->count;
	d->count = 0;
	spool_rewind(d->spool);
	if (!d->alone)
		d->part = 0;
}

/* Did the output say that what it has was sent in vain? */
static bool broke(struct delivery *d)
{
	if (active(d)->breaks == d->breaks)
		return false;
	d->breaks = active(d)->breaks;
	d->trial_until_ms = d->now_ms;
	rewind_flights(d);
	return true;
}

static uint32_t age_ms(const struct delivery *d)
{
	return (uint32_t)d->now_ms - d->flights[d->first].sent_ms;
}

/*
 * Release what has arrived: what is old enough, and, until a message of `room` bytes fits, what is
 * not. All of it, if `all`.
 */
static void settle(struct delivery *d, size_t room, bool all)
{
	struct output *o = active(d);
	uint32_t settled;

	if (d->count == 0)
		return;
	settled = output_settled(o, d->now_ms);
	d->ask_ms = d->now_ms + ASK_MS;
	if (broke(d))
		return;
	while (d->count > 0 && (int32_t)(settled - d->flights[d->first].mark) >= 0) {
		if (!all && age_ms(d) < OUTPUT_DOUBT_MS && d->count < LIMIT_IN_FLIGHT &&
			spool_fits(d->spool, room))
			break;
		spool_confirm(d->spool);
		d->first = (d->first + 1) % LIMIT_IN_FLIGHT;
		d->count--;
		d->counters->messages_sent++;
		good(d);
	}
}

/* May a new message be sent now? Nothing is before it, and there is room to keep it, or never. */
static bool can_send(struct delivery *d, size_t len)
{
	if (!delivery_is_free(d) || d->returning)
		return false;
	if (!output_doubts(active(d)))
		return true;
	if (d->count < LIMIT_IN_FLIGHT && spool_fits(d->spool, len))
		return true;
	/* Asking costs a system call, so not for every message. */
	settle(d, len + d->spool->blocks * SPOOL_PAYLOAD_BYTES / 8, false);
	return delivery_is_free(d) && d->count < LIMIT_IN_FLIGHT &&
	       (spool_fits(d->spool, len) || d->count == 0);
}

/* ---- sending --------------------------------------------------------------------------- */

static void took(struct delivery *d)
{
	d->taken++;
	d->patience_ms = DELIVERY_PATIENCE_MS;
}

static void hold(struct delivery *d, struct span message, unsigned severity)
{
	spool_push(d->spool, message, severity);
	count_dropped(d);
}

/* The kernel has all of a new message, or a part. Returns whether the spool has it, too. */
static bool retain(struct delivery *d, struct span message, unsigned severity)
{
	if (!output_doubts(active(d)) || !spool_fits(d->spool, message.len) ||
		!spool_push(d->spool, message, severity))
		return false;
	spool_sent(d->spool, false);
	add_flight(d);
	return true;
}

static void keep_part(struct delivery *d, struct span message, bool alone)
{
	memcpy(d->message, message.at, message.len);
	d->part = message.len;
	d->alone = alone;
}

static void send_new(struct delivery *d, struct span message, unsigned severity)
{
	switch (output_send(active(d), message.at, message.len, d->now_ms)) {
	case OUTPUT_SENT:
		took(d);
		if (!retain(d, message, severity)) {
			d->counters->messages_sent++;
			good(d);
		}
		break;
	case OUTPUT_AGAIN:
		if (active(d)->frame_sent > 0)
			keep_part(d, message, !retain(d, message, severity));
		else if (d->offline && !broke(d))
			keep_part(d, message, true);
		else
			hold(d, message, severity);
		break;
	case OUTPUT_FAILED:
		drop(d);
		break;
	}
}

/* The rest of a message that was sent in part. false: that is all for now. */
static bool send_part(struct delivery *d)
{
	enum output_result result = output_send(active(d), d->message, d->part, d->now_ms);

	if (result == OUTPUT_AGAIN)
		return false;
	d->part = 0;
	took(d);
	if (result == OUTPUT_FAILED) /* another output than that which began */
		drop(d);
	else if (d->alone)
		d->counters->messages_sent++;
	return true;
}

/* The oldest that waits. false: that is all for now. */
static bool send_waiting(struct delivery *d)
{
	struct output *o = active(d);
	const bool doubts = output_doubts(o);
	size_t len;

	if (d->count == LIMIT_IN_FLIGHT)
		settle(d, 0, false);
	if (d->count == LIMIT_IN_FLIGHT || d->returning || !output_takes(o, d->now_ms))
		return false;
	len = spool_next(d->spool, d->message, sizeof(d->message));
	if (len == 0)
		return false;
	switch (output_send(o, d->message, len, d->now_ms)) {
	case OUTPUT_SENT:
		took(d);
		spool_sent(d->spool, !doubts);
		if (doubts) {
			add_flight(d);
			break;
		}
		d->counters->messages_sent++;
		good(d);
		break;
	case OUTPUT_AGAIN:
		if (o->frame_sent > 0) {
			spool_sent(d->spool, false);
			add_flight(d);
			d->part = (uint32_t)len;
			d->alone = false;
		}
		return false;
	case OUTPUT_FAILED:
		spool_sent(d->spool, true);
		drop(d);
		break;
	}
	return true;
}

static void send_on(struct delivery *d)
{
	unsigned n = 0;

	while (n < LIMIT_SENDS_PER_TURN && (d->part > 0 ? send_part(d) : send_waiting(d)))
		n++;
	d->more = n == LIMIT_SENDS_PER_TURN;
	broke(d);
	count_dropped(d);
}

/* ---- primary and fallback -------------------------------------------------------------- */

static void use(struct delivery *d, unsigned which)
{
	/* Nothing that it still has may arrive later, among what the other one sends. */
	if (d->count > 0 || d->part > 0)
		output_reset(active(d), d->now_ms);
	rewind_flights(d);
	output_rest(&d->outputs[DELIVERY_FALLBACK], which == DELIVERY_PRIMARY, d->now_ms);
	d->active = (uint8_t)which;
	d->returning = false;
	d->breaks = active(d)->breaks;
	d->counters->output_switches++;
}

/* May the primary be there again? */
static bool is_worth_trying(const struct delivery *d)
{
	const struct output *o = &d->outputs[DELIVERY_PRIMARY];

	if (o->address.kind == OUTPUT_TCP)
		return o->connected;
	return d->now_ms >= d->try_ms && output_takes(o, d->now_ms) && !is_idle(d);
}

static void leave_primary(struct delivery *d)
{
	if (is_idle(d) || d->now_ms < d->trial_until_ms)
		return;
	if (d->stopping ? !active(d)->away : d->now_ms < d->good_ms + d->fallback_after_ms)
		return;
	if (!d->told) {
		d->told = true;
		d->news = DELIVERY_AWAY;
	}
	if (!d->has_fallback)
		return;
	d->try_ms = d->now_ms + d->fallback_after_ms;
	use(d, DELIVERY_FALLBACK);
}

/* What the fallback has is waited for; it gets nothing new. */
static void return_to_primary(struct delivery *d)
{
	struct output *primary = &d->outputs[DELIVERY_PRIMARY];

	if (!d->returning)
		d->return_by_ms = d->now_ms + RETURN_MS;
	d->returning = is_worth_trying(d);
	if (!d->returning)
		return;
	settle(d, 0, d->stopping);
	if (!active(d)->away && d->now_ms < d->return_by_ms && (d->count > 0 || d->part > 0))
		return;
	use(d, DELIVERY_PRIMARY);
	if (primary->address.kind == OUTPUT_TCP)
		d->good_ms = d->now_ms;
	else /* the answer to the first message is waited for */
		d->trial_until_ms = d->now_ms + 2 * OUTPUT_DOUBT_MS;
}

static void choose(struct delivery *d)
{
	if (d->active == DELIVERY_PRIMARY)
		leave_primary(d);
	else
		return_to_primary(d);
}

/* ---- its life -------------------------------------------------------------------------- */

int delivery_init(struct delivery *d, const struct delivery_setup *setup, unsigned *failed)
{
	static const struct output_address nowhere = {.kind = OUTPUT_NULL};
	struct output_setup o = {
		.counters = setup->counters,
		.seed = setup->seed,
		.blocking = setup->offline,
		.every_socket = !setup->offline,
		.buffer = setup->buffer,
		.buffer_size = setup->buffer_size,
	};
	int error = 0;

	/* Not the message: pages that were never used cost no memory. */
	memset(d, 0, offsetof(struct delivery, flights));
	d->counters = setup->counters;
	d->spool = setup->spool;
	d->has_fallback = setup->fallback != NULL;
	d->offline = setup->offline;
	d->keeps = setup->keeps;
	d->datagram_bytes = setup->datagram_bytes;
	d->fallback_after_ms = setup->fallback_after_ms;
	d->patience_ms = DELIVERY_PATIENCE_MS;
	d->now_ms = d->good_ms = sys_monotonic_ms();
	d->counters->messages_recovered = d->spool->recovered;
	for (unsigned i = 0; i < DELIVERY_OUTPUTS && error == 0; i++) {
		d->names[i] = setup->names[i];
		o.address = i == DELIVERY_PRIMARY ? setup->output : setup->fallback;
		if (!o.address)
			o.address = &nowhere;
		*failed = i;
		error = output_open(&d->outputs[i], &o);
		if (error && i == DELIVERY_FALLBACK)
			output_close(&d->outputs[DELIVERY_PRIMARY], d->now_ms);
		o.seed += 0x9e3779b9u; /* another one */
	}
	d->outputs[DELIVERY_FALLBACK].resting = true;
	return error;
}

int delivery_check(const struct delivery *d, unsigned which, const struct output_address *address)
{
	return address ? output_check_address(&d->outputs[which], address) : 0;
}

int delivery_change(struct delivery *d, unsigned which, const struct output_address *address,
	const char *name, int64_t now_ms)
{
	static const struct output_address nowhere = {.kind = OUTPUT_NULL};
	int error;

	set_now(d, now_ms);
	error = output_set_address(&d->outputs[which], address ? address : &nowhere, d->now_ms);
	if (error)
		return error;
	d->names[which] = name;
	if (which == DELIVERY_PRIMARY) {
		d->good_ms = d->now_ms;
		d->told = false;
	} else {
		d->has_fallback = address != NULL;
		if (!address && d->active == DELIVERY_FALLBACK)
			use(d, DELIVERY_PRIMARY);
	}
	broke(d);
	return 0;
}

size_t delivery_max_bytes(const struct delivery *d)
{
	size_t most = SIZE_MAX;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		size_t bytes = output_max_bytes(&d->outputs[i]);

		if (output_doubts(&d->outputs[i]) && d->datagram_bytes < bytes)
			bytes = d->datagram_bytes;
		most = bytes < most ? bytes : most;
	}
	return most;
}

void delivery_turn(struct delivery *d, int64_t now_ms)
{
	set_now(d, now_ms);
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		output_turn(&d->outputs[i], d->now_ms);
	broke(d);
	if (d->count > 0 &&
		(d->stopping || (age_ms(d) >= OUTPUT_DOUBT_MS && d->now_ms >= d->ask_ms)))
		settle(d, 0, d->stopping);
	choose(d);
	send_on(d);
	output_flush(&d->outputs[DELIVERY_PRIMARY], d->now_ms);
	count_dropped(d);
	if (is_idle(d) && !active(d)->away)
		good(d);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* There is something for the active one. */
static bool wants_output(const struct delivery *d)
{
	return d->part > 0 || (d->spool->waiting > 0 && !d->returning);
}

int64_t delivery_deadline_ms(const struct delivery *d)
{
	const struct output *primary = &d->outputs[DELIVERY_PRIMARY];
	int64_t deadline_ms = INT64_MAX, at_ms;

	if (d->more)
		return d->now_ms;
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		const struct output *o = &d->outputs[i];

		if (o->address.kind == OUTPUT_TCP || (i == d->active && wants_output(d)))
			deadline_ms = earlier(deadline_ms, output_deadline_ms(o));
	}
	if (d->count > 0) {
		at_ms = d->returning ? 0 : d->now_ms + OUTPUT_DOUBT_MS - age_ms(d);
		deadline_ms = earlier(deadline_ms, at_ms > d->ask_ms ? at_ms : d->ask_ms);
	}
	if (is_idle(d))
		return deadline_ms;
	if (d->active == DELIVERY_PRIMARY) {
		at_ms = d->good_ms + d->fallback_after_ms;
		at_ms = at_ms > d->trial_until_ms ? at_ms : d->trial_until_ms;
		if ((!d->told || d->has_fallback) && !d->stopping)
			deadline_ms = earlier(deadline_ms, at_ms);
	} else if (d->returning) {
		deadline_ms = earlier(deadline_ms, d->return_by_ms);
	} else if (primary->address.kind != OUTPUT_TCP) {
		at_ms = output_deadline_ms(primary);
		deadline_ms = earlier(deadline_ms, at_ms > d->try_ms ? at_ms : d->try_ms);
	}
	return deadline_ms;
}

short delivery_events(const struct delivery *d, unsigned which, int *fd)
{
	const struct output *o = &d->outputs[which];

	*fd = -1;
	/* Another kind has nothing to tell while it is not used. */
	if (which != d->active && o->address.kind != OUTPUT_TCP)
		return 0;
	/* stdout may also have something in its buffer. */
	if (o->address.kind != OUTPUT_TCP && o->address.kind != OUTPUT_STDOUT &&
		!wants_output(d))
		return 0;
	return output_events(o, fd);
}

void delivery_ready(struct delivery *d, unsigned which, short revents, int64_t now_ms)
{
	set_now(d, now_ms);
	output_ready(&d->outputs[which], revents, d->now_ms);
}

/* ---- waiting --------------------------------------------------------------------------- */

/* Until something happens or `until_ms`, and what is to be done then. false: nothing can. */
static bool wait_some(struct delivery *d, int64_t until_ms)
{
	struct pollfd fds[DELIVERY_OUTPUTS];
	int64_t wait_ms = delivery_deadline_ms(d);
	bool any = wait_ms <= until_ms;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		fds[i].revents = 0;
		fds[i].events = delivery_events(d, i, &fds[i].fd);
		any |= fds[i].fd >= 0;
	}
	if (!any)
		return false;
	wait_ms = earlier(wait_ms, until_ms) - d->now_ms;
	sys_poll(fds, DELIVERY_OUTPUTS, wait_ms > 0 ? (int)wait_ms : 0);
	d->now_ms = sys_monotonic_ms();
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		if (fds[i].revents)
			delivery_ready(d, i, fds[i].revents, d->now_ms);
	delivery_turn(d, d->now_ms);
	return true;
}

/* Acknowledgements come without an event. */
#define ACKNOWLEDGE_MS 5

/* Wait until a message of this length can be sent, but not for ever if nothing is taken. It ends
 * also if poll() keeps saying that the output takes more and it never does. */
static bool be_patient(struct delivery *d, size_t len)
{
	while (!can_send(d, len)) {
		const bool is_free = delivery_is_free(d);
		const int64_t before_ms = d->now_ms;
		const uint64_t sent = d->counters->messages_sent;
		const uint32_t taken = d->taken;

		if (d->patience_ms <= 0)
			return false;
		if (!wait_some(d, before_ms + (is_free ? ACKNOWLEDGE_MS : d->patience_ms)))
			d->patience_ms = 0;
		else if (d->taken == taken && (!is_free || d->counters->messages_sent == sent))
			d->patience_ms -= d->now_ms > before_ms ? d->now_ms - before_ms : 1;
	}
	return true;
}

/* The input waits, so the spool is only for what nobody takes. */
static void send_offline(struct delivery *d, struct span message, unsigned severity)
{
	if (!be_patient(d, message.len)) {
		hold(d, message, severity);
		return;
	}
	send_new(d, message, severity);
	be_patient(d, 0);
	if (d->part > 0 && d->alone && active(d)->frame_sent == 0 && d->spool->waiting == 0) {
		hold(d, (struct span){d->message, d->part}, severity);
		d->part = 0;
	}
}

void delivery_send(struct delivery *d, struct span message, unsigned severity, int64_t now_ms)
{
	set_now(d, now_ms);
	if (d->offline)
		send_offline(d, message, severity);
	else if (can_send(d, message.len))
		send_new(d, message, severity);
	else
		hold(d, message, severity);
	broke(d);
}

bool delivery_news(struct delivery *d, char *line, size_t size)
{
	const int error = d->outputs[DELIVERY_PRIMARY].error;
	const char *const name = d->names[DELIVERY_PRIMARY];

	if (d->news == DELIVERY_NO_NEWS)
		return false;
	if (d->news == DELIVERY_BACK)
		text_format(line, size, "output: %.200s: back", name);
	else
		text_format(line, size, "output: %.200s: %s; messages %s%.200s", name,
			error ? strerror(error) : "takes nothing",
			d->has_fallback ? "go to " : "wait",
			d->has_fallback ? d->names[DELIVERY_FALLBACK] : "");
	d->news = DELIVERY_NO_NEWS;
	return true;
}

/* What is in flight still may arrive; nobody will know. */
static void give_up(struct delivery *d)
{
	rewind_flights(d);
	d->counters->messages_dropped_end += d->part > 0;
	d->part = 0;
	if (d->keeps)
		return;
	d->counters->messages_dropped_end += d->spool->waiting;
	while (d->spool->waiting > 0)
		spool_sent(d->spool, true);
}

void delivery_stop(struct delivery *d, int64_t deadline_ms)
{
	const struct output *primary = &d->outputs[DELIVERY_PRIMARY];

	d->stopping = true;
	delivery_turn(d, sys_monotonic_ms());
	while ((!is_idle(d) || primary->begin < primary->end) && d->now_ms < deadline_ms) {
		const int64_t before_ms = d->now_ms;

		if (!wait_some(d, deadline_ms))
			break;
		deadline_ms -= d->now_ms == before_ms; /* as in be_patient() */
	}
	give_up(d);
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		output_close(&d->outputs[i], d->now_ms);
	count_dropped(d);
}
