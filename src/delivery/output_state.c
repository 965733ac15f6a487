/* The state of an output, its errors, and how it connects. */
#include "output_kinds.h"

#include <errno.h>
#include <sys/socket.h>

#include "error_text.h"
#include "sys.h"
#include "text.h"

/* ---- states ---------------------------------------------------------------------------- */

/* An event without an entry changes nothing. */
#define TO(state) (OUTPUT_##state + 1)
#define LEAVES                                                                                     \
	[OUTPUT_FAILS] = TO(AWAY), [OUTPUT_PORT_CLOSED] = TO(REFUSED),                             \
	[OUTPUT_DISCONNECTS] = TO(DISCONNECTED), [OUTPUT_RESTS] = TO(RESTING)
#define TAKES                                                                                      \
	[OUTPUT_ACCEPTED] = TO(UP), [OUTPUT_FILLED] = TO(FULL), [OUTPUT_NO_BUFFERS] = TO(STARVED)
static const uint8_t transitions[OUTPUT_STATES][OUTPUT_EVENTS] = {
	[OUTPUT_DISCONNECTED] = {TAKES, LEAVES, [OUTPUT_CONNECTS] = TO(CONNECTING)},
	[OUTPUT_RESTING] = {[OUTPUT_WAKES] = TO(DISCONNECTED)}, /* whatever else comes late */
	[OUTPUT_CONNECTING] = {LEAVES, [OUTPUT_ACCEPTED] = TO(UP)},
	[OUTPUT_UP] = {TAKES, LEAVES},
	[OUTPUT_FULL] = {TAKES, LEAVES},
	[OUTPUT_STARVED] = {TAKES, LEAVES},
	[OUTPUT_AWAY] = {TAKES, LEAVES, [OUTPUT_CONNECTS] = TO(CONNECTING)},
	/* The next message is a probe. If the kernel has no room for it, nothing is known. */
	[OUTPUT_REFUSED] = {LEAVES, [OUTPUT_ACCEPTED] = TO(PROBING)},
	/* Another message that is not refused is as good as silence. */
	[OUTPUT_PROBING] = {TAKES, LEAVES, [OUTPUT_SILENT] = TO(UP)},
};
#undef TAKES
#undef LEAVES
#undef TO

void output_step(struct output *o, enum output_event event)
{
	const uint8_t next = transitions[o->state][event];

	if (next > 0)
		o->state = next - 1;
	if (o->state == OUTPUT_UP)
		o->error = 0;
}

/* ---- errors ---------------------------------------------------------------------------- */

static uint64_t *counter_of(const struct output *o, int error)
{
	struct counters *c = o->counters;

	switch (error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		return &c->send_errors_no_buffers;
	case EMSGSIZE:
		return &c->send_errors_too_long;
	case EBADMSG: /* tcp: a newline in it */
		return &c->send_errors_other;
	}
	if (o->address.kind == OUTPUT_TCP && output_is_connected(o))
		return &c->send_errors_broken;
	switch (error) {
	case ECONNREFUSED:
	case ENOENT: /* of a unix socket */
		return &c->send_errors_refused;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case ENODEV:
	case EADDRNOTAVAIL:
	case EDESTADDRREQ: /* the name is not resolved yet */
	case ETIMEDOUT:
		return &c->send_errors_unreachable;
	case EPIPE: /* stdout */
		return &c->send_errors_broken;
	}
	return &c->send_errors_other;
}

static void count(struct output *o, int error)
{
	o->error = error;
	o->counters->send_errors++;
	++*counter_of(o, error);
}

enum output_result output_again(
	struct output *o, enum output_event event, int error, int64_t until_ms)
{
	count(o, error);
	output_step(o, event);
	o->until_ms = until_ms;
	return OUTPUT_AGAIN;
}

enum output_result output_failed(struct output *o, int error)
{
	count(o, error);
	return OUTPUT_FAILED;
}

void output_error_text(const struct output *o, char *text, size_t size)
{
	const char *what = "";

	if (*o->address.host && o->address.len == 0)
		text_format(text, size, "the name does not resolve: %s",
			o->reason ? o->reason : "no answer yet");
	else if (o->error == EPIPE && o->address.kind == OUTPUT_TCP)
		what = "the collector ended the connection";
	else if (o->error)
		what = error_text(o->error);
	if (*what || !*o->address.host || o->address.len > 0)
		text_format(text, size, "%s", what);
}

/* ---- connecting ------------------------------------------------------------------------ */

void output_disconnect(struct output *o)
{
	const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

	if (o->fd >= 0)
		sys_connect(o->fd, &nobody, sizeof(nobody));
}

/*
 * UDP sockets are connected, too: only then the kernel reports that nobody listens, and the route
 * is not looked up for each message. But a connected UDP socket keeps its first source address, and
 * fails with EINVAL once the interface has another; AF_UNSPEC drops that address (connect(2)). So
 * after each failure we connect again, on the same descriptor.
 */
int output_connect(struct output *o)
{
	const struct output_address *a = &o->address;
	union output_peer at = a->at;
	int index;

	if (a->len == 0)
		return -EDESTADDRREQ;
	if (a->scope[0]) {
		index = sys_ifindex(o->fd, a->scope);
		if (index < 0)
			return index;
		at.ip6.sin6_scope_id = (uint32_t)index;
	}
	if (a->kind != OUTPUT_UNIX) /* such a socket can be connected again as it is */
		output_disconnect(o);
	return sys_connect(o->fd, &at.any, a->len);
}
