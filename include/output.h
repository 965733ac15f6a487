/*
 * output.h - a destination of messages: udp://HOST:PORT, tcp://HOST:PORT, unix:///PATH, stdout,
 * null.
 *
 * output_send() never blocks, except on a stdout opened as blocking. A destination that is away (no
 * route yet, nobody listens, its socket file is gone) is tried again: datagrams every
 * OUTPUT_RETRY_MS, TCP with a back-off. Every failed attempt is counted by its kind. Times are
 * milliseconds of any monotonic clock.
 *
 * No socket is made after output_open(), so the process may drop that right. One of each kind is
 * kept, because a reload or a resolved name may need any. IPv4 and IPv6 have their own: an IPv6 TCP
 * socket that was once connected to an IPv4-mapped address stays with IPv4 (net/ipv6/tcp_ipv6.c,
 * tcp_v6_connect() sets icsk_af_ops, and nothing resets it). connect(AF_UNSPEC) makes a used socket
 * usable again, even a TCP one (net/ipv4/tcp.c, tcp_disconnect()).
 *
 * The state is one enum; only output_step() in output_state.c changes it.
 *
 * A message that the kernel accepted may still be lost: the peer's ICMP error, its reset or its end
 * come later. So the sender must keep what it sent for a while. output_settled() says how much has
 * arrived, as far as can be known. When `breaks` grows, the rest must be sent again.
 *
 * stdout is shared with other processes, so its O_NONBLOCK flag is never changed. `run` opens a
 * pipe or terminal again through /proc/self/fd/1, which gives a file description with flags of its
 * own. A regular file is used as it is (a second description would have its own position); a socket
 * is sent to with MSG_DONTWAIT. Without /proc, poll(2) is called first, and at most PIPE_BUF bytes
 * are written at a time.
 */
#ifndef ECSAUDIT_OUTPUT_H
#define ECSAUDIT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>
#include "counters.h"
#include "limits.h"
#include "span.h"

#define OUTPUT_RETRY_MS 1000u /* until the next attempt; for TCP the first back-off */
/* The longest back-off of TCP: the collector's return is noticed before an ordinary host's events
 * fill a spool of the default size. */
#define OUTPUT_RETRY_MOST_MS 15000u
#define OUTPUT_CONNECT_MS    10000u /* an attempt to connect is given up after this */
#define OUTPUT_DEAD_MS	     30000u /* without any answer a TCP connection is dead after this */
#define OUTPUT_PAUSE_MS	     10u    /* the kernel is short of buffers: ENOBUFS gives no POLLOUT */
/* How long the error may take for a message that did not arrive: a round trip and some. */
#define OUTPUT_DOUBT_MS 500u
#define OUTPUT_UDP_PORT 514u /* RFC 5426 section 3.3 */
/* RFC 6587 names no port, since TCP 514 belongs to another service. 601 is registered for reliable
 * syslog (syslog-conn, RFC 3195), and is the default of receivers. */
#define OUTPUT_TCP_PORT 601u

/* How messages are separated on TCP: RFC 6587 sections 3.4.1 and 3.4.2. */
enum output_framing {
	OUTPUT_OCTET,	/* its length before each message; the default */
	OUTPUT_NEWLINE, /* a newline after each message; one that has a newline in it is not sent */
};

enum output_kind {
	OUTPUT_NULL,
	OUTPUT_STDOUT,
	OUTPUT_UDP,
	OUTPUT_TCP,
	OUTPUT_UNIX
};

union output_peer {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
	struct sockaddr_un un;
};

struct output_address {
	enum output_kind kind;
	uint16_t port; /* udp, tcp; host order */
	uint32_t len;  /* of the address; 0: null, stdout, and a host that is not resolved yet */
	union output_peer at;
	char scope[IF_NAMESIZE];	      /* of a link-local address; "": none, or a number */
	char host[LIMIT_HOST_NAME_BYTES + 1]; /* a name to resolve; "": none */
};

/*
 * Read a destination. NULL: it is right; otherwise what was expected, a constant text. IPv6 is
 * written [ADDRESS]:PORT or [ADDRESS%SCOPE]:PORT. The scope is an interface, which need not exist
 * yet, or its number. The default ports are OUTPUT_UDP_PORT and OUTPUT_TCP_PORT. A host name is
 * stored in `host`; host_names.h fills in `at` later.
 */
const char *output_parse(struct output_address *address, const char *destination);

bool output_same_address(const struct output_address *a, const struct output_address *b);

enum output_result {
	OUTPUT_SENT,   /* the kernel has it, or it is in the buffer of stdout */
	OUTPUT_AGAIN,  /* keep it and try later: see output_events(), output_deadline_ms() */
	OUTPUT_FAILED, /* this message can never be sent: too long, a newline, stdout is gone */
};

enum output_socket {
	OUTPUT_UDP4,
	OUTPUT_UDP6,
	OUTPUT_TCP4,
	OUTPUT_TCP6,
	OUTPUT_LOCAL,
	OUTPUT_SOCKETS
};

enum output_state {
	OUTPUT_DISCONNECTED, /* and nothing failed: at first, or because we want it */
	OUTPUT_RESTING,	     /* not needed: nothing is tried */
	OUTPUT_CONNECTING,   /* tcp */
	OUTPUT_UP,	     /* connected, and accepts more as far as is known */
	OUTPUT_FULL,	     /* connected; POLLOUT comes when it accepts more */
	OUTPUT_STARVED,	     /* connected; the kernel is short of memory */
	OUTPUT_AWAY,	     /* the last attempt failed */
	OUTPUT_REFUSED,	     /* udp: the host said that nobody listens; the next one is a probe */
	OUTPUT_PROBING,	     /* udp: the probe was sent; an error may come */
	OUTPUT_STATES
};

struct output {
	struct output_address address;
	struct counters *counters;
	const char *reason; /* why `address.host` has no address, a constant; NULL: not known */
	int fd;		    /* in use; -1: none */
	uint8_t state;	    /* enum output_state */
	uint8_t framing;    /* enum output_framing */
	bool blocking;	    /* stdout of an offline run */
	bool is_socket;	    /* stdout: use send() */
	bool polls_first;   /* stdout: poll first, write PIPE_BUF at most */
	/* DISCONNECTED, AWAY, REFUSED, STARVED: when to try again; FULL: the same, at the latest;
	 * PROBING: when the silence means success; tcp CONNECTING: when to give up; tcp UP: when
	 * the connection counts as one that lasted. */
	int64_t until_ms;
	int error;	      /* errno of the last failed attempt; 0: one succeeded since */
	uint32_t breaks;      /* how often messages that were not settled became doubtful */
	uint32_t sent;	      /* udp, unix: messages; tcp: bytes on this connection; modulo 2^32 */
	uint32_t settle_mark; /* the last message has settled when output_settled() reaches this */
	uint32_t settled;     /* tcp */
	uint32_t frame_sent;  /* tcp: bytes of an unfinished frame that the kernel has; 0: none */
	uint32_t backoff_ms, random; /* tcp */
	uint64_t lost; /* stdout: messages that were in the buffer when it failed for good */
	char *buffer;  /* stdout */
	uint32_t buffer_size, begin, end;
	int sockets[OUTPUT_SOCKETS];
};

struct output_setup {
	const struct output_address *address;
	struct counters *counters;
	uint32_t seed;	   /* random, for the jitter of TCP: many agents, one collector */
	bool blocking;	   /* stdout */
	bool every_socket; /* else only those that this address may need */
	char *buffer;	   /* for stdout only (64 KiB are good); the output's until close */
	size_t buffer_size;
};

/*
 * Open. Returns 0, or -errno if it is impossible for good. A destination that is away is no
 * failure: the first send finds out.
 */
int output_open(struct output *o, const struct output_setup *setup);

/*
 * Send to another destination from now on, or to the same host name with its address (the same
 * struct with `at`, `len` and the port in it). 0; or -errno, and nothing has changed: -EAFNOSUPPORT
 * if there is no socket for it; -EOPNOTSUPP for a change to or from stdout. output_check_address()
 * returns the same, and changes nothing.
 */
int output_check_address(const struct output *o, const struct output_address *address);
int output_set_address(struct output *o, const struct output_address *address, int64_t now_ms);

/* How messages are separated from now on. A connection cannot change that, so a new one is made. */
void output_set_framing(struct output *o, enum output_framing framing, int64_t now_ms);

static inline bool output_is_connected(const struct output *o)
{
	return o->state == OUTPUT_UP || o->state == OUTPUT_FULL || o->state == OUTPUT_STARVED ||
	       o->state == OUTPUT_PROBING;
}

/* The destination is not reachable, as far as is known. TCP keeps trying; other kinds find out with
 * the next message. */
static inline bool output_is_away(const struct output *o)
{
	return o->state >= OUTPUT_AWAY || o->state == OUTPUT_CONNECTING ||
	       (o->state == OUTPUT_DISCONNECTED && o->address.kind == OUTPUT_TCP);
}

/* The last error in words; "": none. */
void output_error_text(const struct output *o, char *text, size_t size);

/* The longest message that can be sent, at most LIMIT_DOCUMENT_BYTES. */
size_t output_max_bytes(const struct output *o);

/* Whether output_send() would try at all, or return OUTPUT_AGAIN. */
bool output_can_try(const struct output *o, int64_t now_ms);

/*
 * Send one message. On stdout a newline is added, on TCP it is framed. If o->frame_sent > 0 after
 * AGAIN, a part of it was sent: the next call must be with the same message, until it is SENT or
 * `breaks` has grown.
 */
enum output_result output_send(struct output *o, const char *message, size_t len, int64_t now_ms);

/* Write stdout's buffer. SENT: it is empty now. FAILED: it cannot be written (the reader is gone,
 * the disk is full); the messages in it were thrown away, and counted in o->lost. */
enum output_result output_flush(struct output *o, int64_t now_ms);

/* Whether accepted messages may still be lost: the caller must keep them until output_settled(). */
bool output_may_lose(const struct output *o);

/*
 * How much has arrived, counted as o->sent. On TCP: what the peer's kernel has acknowledged; else:
 * everything for which no error came. Ignore it if this call made o->breaks grow.
 */
uint32_t output_settled(struct output *o, int64_t now_ms);

/* Once a turn: TCP connects, or gives up connecting, when it is time. */
void output_turn(struct output *o, int64_t now_ms);

/* The events to poll(2) for on *fd, -1: none. Pass what poll(2) found to output_ready(). */
short output_events(const struct output *o, int *fd);
void output_ready(struct output *o, short revents, int64_t now_ms);

/* When to try again, if there is a message; TCP: when to call output_turn(), with or without one.
 * INT64_MAX: not before something happens. */
int64_t output_deadline_ms(const struct output *o);

/* Drop the connection: messages that are not settled must be sent again. */
void output_reset(struct output *o, int64_t now_ms);

/* `rest`: it is not needed for now, so TCP ends its connection, and nothing is tried; else it is
 * needed again. */
void output_rest(struct output *o, bool rest, int64_t now_ms);

/* Flush as far as possible without waiting and close. */
void output_close(struct output *o, int64_t now_ms);

#endif
