/*
 * output.h - where messages go: udp://HOST:PORT, tcp://HOST:PORT, unix:///PATH, stdout, null.
 *
 * output_send() never blocks, except to a stdout opened as blocking. A destination that is
 * away (no route yet, nobody listens, its socket file is gone) is tried again: datagrams every
 * OUTPUT_RETRY_MS, TCP with a back-off; every failed attempt is counted by its kind. The clock is
 * any that only goes forward, in milliseconds.
 *
 * No socket is made after output_open(), so the process may give up that right. One of each
 * kind is kept, because a reload or a name that was resolved may ask for any. IPv4 and IPv6 have
 * their own: a TCP socket of IPv6 that was once connected to an IPv4-mapped address stays with
 * IPv4 for its life (net/ipv6/tcp_ipv6.c, tcp_v6_connect() sets icsk_af_ops and nobody sets it
 * back). connect(AF_UNSPEC) makes a used socket new, a TCP one as well (net/ipv4/tcp.c,
 * tcp_disconnect()).
 *
 * Where it stands is one enum, and output_step() in output.c the one place that changes it.
 *
 * What the kernel took may still be lost: the peer's ICMP answer, its reset or its end come
 * later. So a sender keeps what it sent for a while: output_settled() says what has arrived as
 * far as anybody can know, and `breaks` grows when the rest is to be sent again.
 *
 * stdout is shared with others, so its O_NONBLOCK is never touched. For `run` a pipe or
 * terminal is opened anew through /proc/self/fd/1, which gives a file description of our own
 * with its own flags; a regular file is used as it is (a second description would have its
 * own position), a socket is sent to with MSG_DONTWAIT. Where /proc is not there, poll(2) is
 * asked first and at most PIPE_BUF bytes are written at a time.
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

#define OUTPUT_RETRY_MS 1000u /* a destination that is away; the first wait of TCP */
/* The last one of TCP. A collector that is back is found again before a spool of the default size
 * is full of an ordinary host's events. */
#define OUTPUT_RETRY_MOST_MS 15000u
#define OUTPUT_CONNECT_MS    10000u /* a connection that is not there by then is given up */
#define OUTPUT_DEAD_MS	     30000u /* nothing comes back on a TCP connection: it is dead */
#define OUTPUT_PAUSE_MS	     10u    /* the kernel is short of buffers: ENOBUFS gives no POLLOUT */
/* How long an answer may take that says that a message did not arrive: a round trip and some. */
#define OUTPUT_DOUBT_MS 500u
#define OUTPUT_UDP_PORT 514u /* RFC 5426 section 3.3 */
/* RFC 6587 names no port, for TCP 514 belongs to another service. 601 is registered for reliable
 * syslog (syslog-conn, RFC 3195), and receivers have it as their default. */
#define OUTPUT_TCP_PORT 601u

/* How messages are told apart on TCP: RFC 6587 sections 3.4.1 and 3.4.2. */
enum output_framing {
	OUTPUT_OCTET,	/* its length before each; at first it is that */
	OUTPUT_NEWLINE, /* a newline behind each; one that holds a newline is never sent */
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
	char host[LIMIT_HOST_NAME_BYTES + 1]; /* a name that is to be resolved; "": none */
};

/*
 * Read a destination. NULL: it is good; otherwise what is wrong and what would be right, a
 * constant text for a message like "output: TEXT". IPv6 is written [ADDRESS]:PORT or
 * [ADDRESS%SCOPE]:PORT, the scope being an interface, which need not be there yet, or its
 * number; without a port it is OUTPUT_UDP_PORT or OUTPUT_TCP_PORT. A host name gives an address
 * with `host`, without `at`: names.h gives it one.
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
	OUTPUT_APART,	   /* not connected, and nothing failed: at first, or by our wish */
	OUTPUT_RESTING,	   /* not needed: nothing is tried */
	OUTPUT_CONNECTING, /* tcp */
	OUTPUT_UP,	   /* connected, and takes more as far as is known */
	OUTPUT_FULL,	   /* connected; POLLOUT tells when it takes more */
	OUTPUT_STARVED,	   /* connected; the kernel is short of memory */
	OUTPUT_AWAY,	   /* the last attempt failed */
	OUTPUT_REFUSED,	   /* udp: the host says that nobody listens; the next one is a probe */
	OUTPUT_PROBING,	   /* udp: the probe is out, and its answer is awaited */
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
	bool cautious;	    /* stdout: poll first, write PIPE_BUF at most */
	/* APART, AWAY, REFUSED, STARVED: when to try again; FULL: at the latest; PROBING: when no
	 * answer has come; tcp CONNECTING: when to give up; tcp UP: when it has lasted. */
	int64_t until_ms;
	int error;	     /* errno of the last failed attempt; 0: one succeeded since */
	uint32_t breaks;     /* how often what was sent and is not settled became doubtful */
	uint32_t sent;	     /* udp, unix: messages; tcp: bytes on this connection; modulo 2^32 */
	uint32_t mark;	     /* what `sent` is when the last message is out: see output_settled() */
	uint32_t settled;    /* tcp */
	uint32_t frame_sent; /* tcp: bytes of a frame, the kernel has not all of it yet; 0: none */
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
	bool every_socket; /* else only what this address may need */
	char *buffer;	   /* for stdout only (64 KiB are good); the output's until close */
	size_t buffer_size;
};

/*
 * Open. Returns 0, or -errno if it is impossible for good. A destination that is merely away is
 * no failure: the first send finds out.
 */
int output_open(struct output *o, const struct output_setup *setup);

/*
 * Send to another destination from now on, or to the same host whose name has an address now
 * (the same struct with `at`, `len` and the port in it). 0, or -EAFNOSUPPORT if there is no
 * socket for it; then nothing has changed. stdout can be neither left nor chosen: -EOPNOTSUPP. To
 * check says the same beforehand.
 */
int output_check_address(const struct output *o, const struct output_address *address);
int output_set_address(struct output *o, const struct output_address *address, int64_t now_ms);

/* How messages are told apart from now on: a connection does not change its mind, so another is
 * made. */
void output_set_framing(struct output *o, enum output_framing framing, int64_t now_ms);

static inline bool output_is_connected(const struct output *o)
{
	return o->state == OUTPUT_UP || o->state == OUTPUT_FULL || o->state == OUTPUT_STARVED ||
	       o->state == OUTPUT_PROBING;
}

/* Nobody is there, as far as is known. TCP finds out by itself, the others with the next message.
 */
static inline bool output_is_away(const struct output *o)
{
	return o->state >= OUTPUT_AWAY || o->state == OUTPUT_CONNECTING ||
	       (o->state == OUTPUT_APART && o->address.kind == OUTPUT_TCP);
}

/* Why nothing is taken: what went wrong last, "" if nothing did. */
void output_error_text(const struct output *o, char *text, size_t size);

/* The longest message that can be sent, at most LIMIT_DOCUMENT_BYTES. */
size_t output_max_bytes(const struct output *o);

/* Whether output_send() would try at all. */
bool output_takes(const struct output *o, int64_t now_ms);

/*
 * Send one message. On stdout a newline is put behind it, on TCP it is framed. After AGAIN with
 * o->frame_sent > 0 a part is on its way: the next message has to be the same one, until it is SENT
 * or `breaks` has grown.
 */
enum output_result output_send(struct output *o, const char *message, size_t len, int64_t now_ms);

/* Write out what stdout's buffer holds. SENT: it is empty now. FAILED: it could not be written
 * (the reader is gone, the disk is full), was thrown away, and counted in o->lost. */
enum output_result output_flush(struct output *o, int64_t now_ms);

/* Whether what it sent may come back: there is something to wait for in output_settled(). */
bool output_doubts(const struct output *o);

/*
 * How much of what was sent has arrived, as o->sent counts it, as far as can be known: on TCP
 * what the peer's kernel has acknowledged, else what no error was heard of until now. Of little
 * worth if o->breaks grows meanwhile.
 */
uint32_t output_settled(struct output *o, int64_t now_ms);

/* What time brings: TCP connects. */
void output_turn(struct output *o, int64_t now_ms);

/* What poll(2) is to look for on *fd, -1 if for nothing; what it found goes to output_ready(). */
short output_events(const struct output *o, int *fd);
void output_ready(struct output *o, short revents, int64_t now_ms);

/* When to try again, if there is a message; TCP: when output_turn() is wanted in any case.
 * INT64_MAX: not before something happens. */
int64_t output_deadline_ms(const struct output *o);

/* Give the connection up: what was not settled is to be sent again. */
void output_reset(struct output *o, int64_t now_ms);

/* It is not needed for now: TCP says good-bye, and nothing is tried before it is needed. */
void output_rest(struct output *o, bool rest, int64_t now_ms);

/* Flush as far as possible without waiting and close. */
void output_close(struct output *o, int64_t now_ms);

#endif
