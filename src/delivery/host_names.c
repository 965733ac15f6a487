#include "host_names.h"

#include <poll.h>
#include <string.h>
#include "sys.h"

/* The turn that follows reads the answer. */
static void readable(void *ctx, short revents)
{
	(void)ctx;
	(void)revents;
}

static struct output_address resolved(const struct output *o, const struct in6_addr *address)
{
	struct output_address a = o->address;

	memset(&a.at, 0, sizeof(a.at));
	if (IN6_IS_ADDR_V4MAPPED(address)) {
		a.at.ip4.sin_family = AF_INET;
		a.at.ip4.sin_port = htons(a.port);
		memcpy(&a.at.ip4.sin_addr, address->s6_addr + 12, sizeof(a.at.ip4.sin_addr));
		a.len = sizeof(a.at.ip4);
	} else {
		a.at.ip6.sin6_family = AF_INET6;
		a.at.ip6.sin6_port = htons(a.port);
		a.at.ip6.sin6_addr = *address;
		a.len = sizeof(a.at.ip6);
	}
	return a;
}

/* Use the first address from `at` on for which there is a socket. */
static void use_address(struct host_names *n, unsigned which, unsigned at, int64_t now_ms)
{
	struct host_name *h = &n->hosts[which];
	struct delivery *d = n->delivery;
	const struct dns_addresses *found = &h->resolver.found;

	for (unsigned i = 0; i < found->count; i++) {
		struct output_address a;

		h->address_in_use = (at + i) % found->count;
		a = resolved(&d->outputs[which], &found->at[h->address_in_use]);
		if (delivery_change(d, which, &a, d->names[which], now_ms) == 0)
			break;
	}
	h->last_reachable_ms = now_ms;
}

/* The resolver found addresses. Keep the one in use if it is among them. */
static void take_addresses(struct host_names *n, unsigned which, int64_t now_ms)
{
	struct host_name *h = &n->hosts[which];
	const struct output *o = &n->delivery->outputs[which];

	for (unsigned i = 0; i < h->resolver.found.count; i++) {
		struct output_address a = resolved(o, &h->resolver.found.at[i]);

		if (output_same_address(&a, &o->address)) {
			h->address_in_use = i;
			return;
		}
	}
	use_address(n, which, 0, now_ms);
}

static void watch(struct host_names *n, struct host_name *h)
{
	const bool wanted = h->resolver.asking && h->resolver.fd >= 0;

	if (wanted == (h->source >= 0))
		return;
	loop_remove(n->loop, h->source);
	h->source = wanted ? loop_add(n->loop, h->resolver.fd, POLLIN, readable, h) : -1;
}

static int64_t turn(struct host_names *n, unsigned which, int64_t now_ms)
{
	struct host_name *h = &n->hosts[which];
	const struct output *o = &n->delivery->outputs[which];

	if (strcmp(o->address.host, h->host) != 0) { /* at start, or after a reload */
		memcpy(h->host, o->address.host, sizeof(h->host));
		resolver_ask(&h->resolver, *h->host ? h->host : NULL);
	}
	if (resolver_turn(&h->resolver, now_ms) ||
		(*h->host && o->address.len == 0 && h->resolver.found.count > 0))
		take_addresses(n, which, now_ms);
	n->delivery->outputs[which].reason = h->resolver.reason;
	if (!output_is_away(o))
		h->last_reachable_ms = now_ms;
	else if (h->resolver.found.count > 1 &&
		 now_ms - h->last_reachable_ms >= LIMIT_RESOLVER_PATIENCE_MS)
		use_address(n, which, h->address_in_use + 1, now_ms);
	watch(n, h);
	return h->resolver.deadline_ms;
}

int64_t host_names_turn(struct host_names *n, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		int64_t wanted_ms = turn(n, i, now_ms);

		if (wanted_ms < next_ms)
			next_ms = wanted_ms;
	}
	return next_ms;
}

void host_names_open(struct host_names *n, struct delivery *d, struct loop *l)
{
	n->delivery = d;
	n->loop = l;
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		struct host_name *h = &n->hosts[i];

		/* Without a socket there is still /etc/hosts. */
		(void)resolver_open(&h->resolver);
		h->host[0] = '\0';
		h->source = -1;
		h->last_reachable_ms = 0;
	}
}

void host_names_close(struct host_names *n)
{
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		struct host_name *h = &n->hosts[i];

		loop_remove(n->loop, h->source);
		h->source = -1;
		if (h->resolver.fd >= 0)
			sys_close(h->resolver.fd);
		h->resolver.fd = -1;
	}
}
