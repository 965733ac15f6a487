/*
 * resolver.h - the addresses of a host's name, without ever waiting for them.
 *
 * As the C library's resolver does it, but in the loop: /etc/hosts first, then the servers of
 * /etc/resolv.conf (the local host where there is none), A and AAAA, each server twice. Both files
 * are read anew for each question: an appliance learns its servers late. Names are taken as they
 * stand: no search domains. What was found stays in use until something else is found; it is
 * asked for again when its time to live is over.
 *
 * One socket, made at start: for each question it is connected to the server, so that only that one
 * is heard, and disconnected behind it, so that it has no port while nothing is asked, and the next
 * time another (net/ipv4/datagram.c, __udp_disconnect()). What came before a question is sent is
 * thrown away: it answers nothing. With the random id that is what there is against forged answers.
 */
#ifndef ECSAUDIT_RESOLVER_H
#define ECSAUDIT_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>
#include "dns.h"
#include "limits.h"

struct resolver_query { /* one of the two questions */
	uint8_t bytes[DNS_QUERY_BYTES];
	size_t len;
	bool open; /* not answered yet */
};

struct resolver {
	int fd;			    /* -1: no socket, only /etc/hosts */
	bool ip6;		    /* the socket is of AF_INET6, and takes mapped addresses */
	const char *name;	    /* the caller's; NULL: nothing is asked for */
	struct dns_addresses found; /* the last that were found; IPv4 first */
	struct dns_addresses fresh; /* of this question so far */
	const char *reason;	    /* why nothing was found, a constant; NULL: something was */
	struct resolver_query queries[2];
	struct in6_addr servers[LIMIT_RESOLVER_SERVERS];
	unsigned server_count;
	unsigned tries; /* of this question; they go round the servers */
	bool asking;
	bool listed; /* the servers are those of the file, not the local host for want of any */
	uint32_t pause_ms;   /* after a failure; it doubles */
	int64_t deadline_ms; /* when resolver_turn() is wanted */
	const char *hosts_file, *servers_file;
};

/* Make the socket. 0, or -errno: then names can only be found in /etc/hosts. */
int resolver_open(struct resolver *r);

/* Ask for a name from now on, beginning with the next turn; NULL: for none. The name is one for
 * dns_is_name() and stays the caller's while it is asked for. */
void resolver_ask(struct resolver *r, const char *name);

/* Answers that have come, and what time brings; the clock is sys_monotonic_ms(). true: `found`
 * is new. It is wanted at deadline_ms (INT64_MAX: never) and, while `asking`, when `fd` is
 * readable. */
bool resolver_turn(struct resolver *r, int64_t now_ms);

#endif
