/*
 * fake_net.h - two collectors and the network between, linked in the place of src/base/sys.c.
 *
 * TCP connects after a while, has a send buffer that the collector's kernel empties as fast as it
 * is told, and breaks as it does: refused, reset, ended, silent for 30 s. UDP that nobody takes
 * is answered some milliseconds later. Time goes on in net_advance() and in sys_poll() alone.
 * Collector n is 192.0.2.n, [2001:db8::n] and /run/n; what it received goes to net_on_message().
 */
#ifndef ECSAUDIT_FAKE_NET_H
#define ECSAUDIT_FAKE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sys.h"

enum net_state {
	NET_UP,
	NET_REFUSES,	 /* the host is there, the collector is not */
	NET_SILENT,	 /* nothing comes back */
	NET_UNREACHABLE, /* there is no route */
};

struct net_collector {
	enum net_state state;
	unsigned bytes_per_ms;	 /* taken from each connection; 0: its buffers are full */
	unsigned reads_after_ms; /* the program reads so long after its kernel acknowledged */
	unsigned connections;	 /* accepted so far */
	unsigned messages;	 /* received so far */
	bool talks;		 /* sends something nobody asked for */
};

extern struct net_collector net_collectors[3]; /* 1 and 2 */
extern int64_t net_now_ms;
extern bool net_calm;  /* the kernel is never short of buffers */
extern bool net_lines; /* the collectors read lines, not octet counted frames */

void net_reset(uint32_t seed);
uint32_t net_dice(uint32_t sides);
void net_advance(int64_t ms);
/* All its connections: a reset, or an orderly end. What its program has not read is lost. */
void net_break(unsigned collector, bool reset);
/* `stream`: a number for each connection; 0 for datagrams. */
void net_on_message(
	void (*on_message)(unsigned collector, unsigned stream, const char *text, size_t len));
short net_ready(int fd, short events); /* as poll(2) */
unsigned net_open_count(void);

#endif
