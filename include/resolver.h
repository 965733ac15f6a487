/*
 * resolver.h - finds the addresses of a host name without blocking.
 *
 * It works as the C library's resolver, but in the loop: /etc/hosts first, then the servers of
 * /etc/resolv.conf (the local host if it has none), A and AAAA, each server twice. Both files are
 * read again for each question, since an appliance learns its servers late. There are no search
 * domains. The addresses that were found stay until others are found. The name is asked for again
 * when their time to live is over.
 *
 * There is one socket, made at start. For a question it is connected to the server, so that only
 * that server is heard. After it, it is disconnected, so that it has no port meanwhile, and another
 * one next time (net/ipv4/datagram.c, __udp_disconnect()). What came before the question is thrown
 * away. Together with the random id this protects against forged answers.
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
	struct dns_addresses fresh; /* found by the present question so far */
	const char *reason;	    /* why nothing was found, a constant; NULL: something was */
	struct resolver_query queries[2];
	struct in6_addr servers[LIMIT_RESOLVER_SERVERS];
	unsigned server_count;
	unsigned tries; /* of this question; they go round the servers */
	bool asking;
	bool servers_listed; /* in the file; else we ask the local host */
	uint32_t pause_ms;   /* after a failure; it doubles */
	int64_t deadline_ms; /* when to call resolver_turn() */
	const char *hosts_file, *servers_file;
};

/* Make the socket. 0, or -errno: then names can only be found in /etc/hosts. */
int resolver_open(struct resolver *r);

/* Resolve this name from now on, beginning with the next turn; NULL: none. It must pass
 * dns_is_name(), and stay valid meanwhile. */
void resolver_ask(struct resolver *r, const char *name);

/* Read answers, and ask when it is time; the clock is sys_monotonic_ms(). true: `found` is new.
 * Call it at deadline_ms (INT64_MAX: never) and, while `asking`, when `fd` is readable. */
bool resolver_turn(struct resolver *r, int64_t now_ms);

#endif
