#include "delivery_parts.h"

#include <string.h>

#include "sys.h"

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
	d->offline = setup->offline;
	d->has_spool_file = setup->has_spool_file;
	d->datagram_bytes = setup->datagram_bytes;
	d->fallback_after_ms = setup->fallback_after_ms;
	d->patience_ms = DELIVERY_PATIENCE_MS;
	d->now_ms = sys_monotonic_ms();
	d->resume_ms = INT64_MAX;
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
	if (error == 0)
		output_rest(&d->outputs[DELIVERY_FALLBACK], true, d->now_ms);
	return error;
}

size_t delivery_max_bytes(const struct delivery *d)
{
	size_t most = SIZE_MAX;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		size_t bytes = output_max_bytes(&d->outputs[i]);

		if (output_may_lose(&d->outputs[i]) && d->datagram_bytes < bytes)
			bytes = d->datagram_bytes;
		most = bytes < most ? bytes : most;
	}
	return most;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void delivery_set_framing(struct delivery *d, enum output_framing framing, int64_t now_ms)
{
	delivery_set_now(d, now_ms);
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		output_set_framing(&d->outputs[i], framing, d->now_ms);
	delivery_check_break(d);
}

/* There is a message for the active output. */
static bool wants_output(const struct delivery *d)
{
	return d->part_state != PART_NONE ||
	       (d->spool->waiting > 0 && d->choice != CHOICE_RETURNING && !delivery_is_full(d));
}

/* When d->choice needs a turn. */
static int64_t choice_deadline_ms(const struct delivery *d)
{
	const struct output *primary = &d->outputs[DELIVERY_PRIMARY];

	if (delivery_is_idle(d))
		return INT64_MAX;
	switch (d->choice) {
	case CHOICE_OWED:
		return d->stopping ? INT64_MAX : d->choice_until_ms;
	case CHOICE_RETURNING:
	case CHOICE_TRIAL:
		return d->choice_until_ms;
	case CHOICE_FALLBACK:
		if (primary->address.kind != OUTPUT_TCP) /* TCP has events of its own */
			return later(d->choice_until_ms, output_deadline_ms(primary));
		break;
	}
	return INT64_MAX;
}

int64_t delivery_deadline_ms(const struct delivery *d)
{
	int64_t deadline_ms = choice_deadline_ms(d);

	if (d->resume_ms != INT64_MAX)
		return d->resume_ms;
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		const struct output *o = &d->outputs[i];

		if (o->address.kind == OUTPUT_TCP || (i == d->active && wants_output(d)))
			deadline_ms = earlier(deadline_ms, output_deadline_ms(o));
	}
	if (d->flight_count > 0)
		deadline_ms = earlier(deadline_ms, delivery_settle_due_ms(d));
	return deadline_ms;
}

short delivery_events(const struct delivery *d, unsigned which, int *fd)
{
	const struct output *o = &d->outputs[which];

	*fd = -1;
	/* Other kinds have no events while they are not used. */
	if (which != d->active && o->address.kind != OUTPUT_TCP)
		return 0;
	/* stdout may also have something in its buffer. */
	if (o->address.kind != OUTPUT_TCP && o->address.kind != OUTPUT_STDOUT && !wants_output(d))
		return 0;
	return output_events(o, fd);
}

void delivery_ready(struct delivery *d, unsigned which, short revents, int64_t now_ms)
{
	delivery_set_now(d, now_ms);
	output_ready(&d->outputs[which], revents, d->now_ms);
}

/* ---- waiting --------------------------------------------------------------------------- */

static void turn(struct delivery *d)
{
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		output_turn(&d->outputs[i], d->now_ms);
	delivery_check_break(d);
	delivery_settle_if_due(d);
	delivery_choose(d);
	delivery_send_waiting(d);
	output_flush(&d->outputs[DELIVERY_PRIMARY], d->now_ms);
	delivery_count_dropped(d);
	delivery_check_clear(d);
}

/* Fill in fds for poll(2). false: there is nothing to poll for. */
static bool list_outputs(const struct delivery *d, struct pollfd *fds)
{
	bool any = false;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		fds[i].revents = 0;
		fds[i].events = delivery_events(d, i, &fds[i].fd);
		any |= fds[i].fd >= 0;
	}
	return any;
}

static void poll_outputs(struct delivery *d, struct pollfd *fds, int64_t wait_ms)
{
	sys_poll(fds, DELIVERY_OUTPUTS, wait_ms > 0 ? (int)wait_ms : 0);
	delivery_set_now(d, sys_monotonic_ms());
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		if (fds[i].revents)
			delivery_ready(d, i, fds[i].revents, d->now_ms);
}

void delivery_turn(struct delivery *d, int64_t now_ms)
{
	struct pollfd fds[DELIVERY_OUTPUTS];

	delivery_set_now(d, now_ms);
	if (d->offline && list_outputs(d, fds)) /* there is no loop to do it */
		poll_outputs(d, fds, 0);
	turn(d);
}

/* Wait for an event or until `until_ms`, then do a turn. false: nothing can happen. */
static bool wait_for_progress(struct delivery *d, int64_t until_ms)
{
	const int64_t deadline_ms = delivery_deadline_ms(d);
	struct pollfd fds[DELIVERY_OUTPUTS];

	if (!list_outputs(d, fds) && deadline_ms > until_ms)
		return false;
	poll_outputs(d, fds, earlier(deadline_ms, until_ms) - d->now_ms);
	turn(d);
	return true;
}

/* How long to wait for acknowledgements, which come without an event. */
#define ACKNOWLEDGE_MS 5

/* Wait until a message of this length can be sent, or patience ends because nothing is accepted. It
 * also ends if poll() keeps reporting POLLOUT, and the output never accepts more. */
static bool wait_until_sendable(struct delivery *d, size_t len)
{
	while (!delivery_can_send(d, len)) {
		const bool is_free = delivery_is_free(d);
		const int64_t before_ms = d->now_ms;
		const uint64_t sent = d->counters->messages_sent;
		const uint32_t taken = d->accepted;

		if (d->patience_ms <= 0)
			return false;
		if (!wait_for_progress(d, before_ms + (is_free ? ACKNOWLEDGE_MS : d->patience_ms)))
			d->patience_ms = 0;
		else if (d->accepted == taken && (!is_free || d->counters->messages_sent == sent))
			d->patience_ms -= d->now_ms > before_ms ? d->now_ms - before_ms : 1;
	}
	return true;
}

/* The input can wait, so messages are spooled only if the output accepts nothing. */
static void send_offline(struct delivery *d, struct span message, unsigned severity)
{
	if (!wait_until_sendable(d, message.len)) {
		delivery_hold(d, message, severity);
		return;
	}
	delivery_send_new(d, message, severity);
	wait_until_sendable(d, 0);
	if (d->part_state == PART_UNSPOOLED && delivery_active(d)->frame_sent == 0 &&
		d->spool->waiting == 0) {
		delivery_hold(d, (struct span){d->message, d->part_len}, severity);
		d->part_state = PART_NONE;
	}
}

void delivery_send(struct delivery *d, struct span message, unsigned severity, int64_t now_ms)
{
	const bool quiet =
		d->choice == CHOICE_WELL || (d->choice == CHOICE_TRIAL && delivery_is_idle(d));

	delivery_set_now(d, now_ms);
	if (d->offline)
		send_offline(d, message, severity);
	else if (delivery_can_send(d, message.len))
		delivery_send_new(d, message, severity);
	else
		delivery_hold(d, message, severity);
	delivery_check_break(d);
	if (quiet && !delivery_is_idle(d))
		delivery_step(d, EVENT_FIRST);
}

/* Messages in flight may still arrive, but we will not know. */
static void give_up(struct delivery *d)
{
	delivery_rewind(d);
	d->counters->messages_dropped_end += d->part_state != PART_NONE;
	d->part_state = PART_NONE;
	if (d->has_spool_file)
		return;
	d->counters->messages_dropped_end += d->spool->waiting;
	while (d->spool->waiting > 0) {
		d->counters->messages_doubtful += spool_next_has_flown(d->spool);
		spool_sent(d->spool, true);
	}
}

void delivery_stop(struct delivery *d, int64_t deadline_ms)
{
	const struct output *primary = &d->outputs[DELIVERY_PRIMARY];

	d->stopping = true;
	delivery_turn(d, sys_monotonic_ms());
	while ((!delivery_is_idle(d) || primary->begin < primary->end) && d->now_ms < deadline_ms) {
		const int64_t before_ms = d->now_ms;

		if (!wait_for_progress(d, deadline_ms))
			break;
		deadline_ms -= d->now_ms == before_ms; /* as in wait_until_sendable() */
	}
	give_up(d);
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++)
		output_close(&d->outputs[i], d->now_ms);
	delivery_count_dropped(d);
}
