/*
 * collect.c - a collector that keeps of each message what a count needs.
 *
 *	collect udp|tcp PORT FILE [times]
 *
 * Listens on 127.0.0.1 until SIGTERM and appends to FILE a line for each message: of an event of
 * storm.c its serial, its number (a1) in hex, how many raw records came with it, and 1 if it says
 * that it is incomplete, else 0; of anything else the whole document. TCP is RFC 6587 octet
 * counting, any number of connections, one after the other or together; a frame that is wrong ends
 * the program with a message. A connection's end in the middle of a frame drops what there is of
 * it, as every collector does. With `times` each line begins with the time, in ms since 1970.
 *
 * Not part of ecsaudit, and without any of its code: it is what ecsaudit is measured with.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_BYTES 70000
#define BUFFER_BYTES  (32 << 20)
#define CONNECTIONS   16

struct connection {
	size_t have;
	char bytes[MESSAGE_BYTES * 2];
};

static volatile sig_atomic_t ended;
static FILE *out;
static bool times;
static struct connection connections[CONNECTIONS];

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void fail(const char *what)
{
	fprintf(stderr, "collect: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The digits or quoted hex digits behind `name`, or "-". */
static const char *value(const char *text, const char *name, char *to, size_t size)
{
	const char *at = strstr(text, name);
	size_t n;

	if (!at)
		return "-";
	at += strlen(name);
	n = strspn(at, "0123456789abcdef");
	if (n == 0 || n >= size)
		return "-";
	memcpy(to, at, n);
	to[n] = '\0';
	return to;
}

static unsigned records(const char *document)
{
	unsigned n = 0;

	while ((document = strstr(document, "msg=audit(")) != NULL) {
		document++;
		n++;
	}
	return n;
}

static void message(char *text, size_t len)
{
	const char *document = memchr(text, '{', len);
	char serial[24], a1[24];

	text[len] = '\0';
	if (times) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		fprintf(out, "%lld ", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	}
	if (!document)
		fprintf(out, "? %s\n", text);
	else if (!strstr(document, "\"tags\":[\"storm\"]") || !strstr(document, "\"a0\":\"1e61\""))
		fprintf(out, "%s\n", document);
	else
		fprintf(out, "%s %s %u %d\n",
			value(document, "\"sequence\":", serial, sizeof(serial)),
			value(document, "\"a1\":\"", a1, sizeof(a1)), records(document),
			strstr(document, "\"incomplete\"") != NULL);
}

/* Every whole frame; false: this is no octet counting. */
static bool frames(struct connection *c)
{
	size_t at = 0;

	for (;;) {
		char *rest = c->bytes + at, *blank;
		size_t left = c->have - at;
		unsigned long len;

		blank = memchr(rest, ' ', left < 7 ? left : 7);
		if (!blank) {
			if (left >= 7)
				return false;
			break;
		}
		len = strtoul(rest, &rest, 10);
		if (rest != blank || len == 0 || len > MESSAGE_BYTES)
			return false;
		if (left < (size_t)(blank + 1 - (c->bytes + at)) + len)
			break;
		{
			char kept = blank[1 + len];

			message(blank + 1, len);
			blank[1 + len] = kept;
		}
		at = (size_t)(blank + 1 + len - c->bytes);
	}
	memmove(c->bytes, c->bytes + at, c->have - at);
	c->have -= at;
	return true;
}

static bool read_stream(int fd, struct connection *c)
{
	ssize_t n = recv(fd, c->bytes + c->have, sizeof(c->bytes) - 1 - c->have, 0);

	if (n <= 0)
		return false;
	c->have += (size_t)n;
	if (!frames(c)) {
		fprintf(stderr, "collect: no frame: %.40s\n", c->bytes);
		exit(1);
	}
	return true;
}

static void read_datagram(int fd)
{
	static char text[MESSAGE_BYTES + 1];
	ssize_t n = recv(fd, text, MESSAGE_BYTES, MSG_DONTWAIT);

	if (n > 0)
		message(text, (size_t)n);
}

static int open_port(bool stream, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
	int bytes = BUFFER_BYTES, on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		fail("bind");
	if (stream && listen(fd, CONNECTIONS) < 0)
		fail("listen");
	return fd;
}

static void take_connection(struct pollfd *p, int listener)
{
	int fd = accept(listener, NULL, NULL);

	for (int i = 1; fd >= 0 && i <= CONNECTIONS; i++) {
		if (p[i].fd < 0) {
			p[i].fd = fd;
			connections[i - 1].have = 0;
			return;
		}
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct pollfd p[1 + CONNECTIONS];
	bool stream;

	times = argc == 5 && strcmp(argv[4], "times") == 0;
	if (argc != 4 && !times) {
		fprintf(stderr, "usage: collect udp|tcp PORT FILE [times]\n");
		return 2;
	}
	stream = strcmp(argv[1], "tcp") == 0;
	out = fopen(argv[3], "a");
	if (!out)
		fail(argv[3]);
	setvbuf(out, NULL, _IOLBF, 0); /* what was read is kept, even if SIGKILL is next */
	signal(SIGTERM, end);
	for (int i = 0; i <= CONNECTIONS; i++)
		p[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	p[0].fd = open_port(stream, atoi(argv[2]));
	/* Once it was told to end, it takes what has arrived, and no more. */
	while (poll(p, 1 + CONNECTIONS, ended ? 0 : 200) > 0 || !ended) {
		if (p[0].revents & POLLIN) {
			if (stream)
				take_connection(p, p[0].fd);
			else
				read_datagram(p[0].fd);
		}
		for (int i = 1; i <= CONNECTIONS; i++) {
			if (p[i].fd >= 0 && p[i].revents &&
				!read_stream(p[i].fd, &connections[i - 1])) {
				close(p[i].fd);
				p[i].fd = -1;
			}
		}
	}
	return fclose(out) == 0 ? 0 : 1;
}
