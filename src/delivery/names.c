#include "names.h"

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

/* The first address from `at` on for which there is a socket. */
static void use(struct names *n, unsigned which, unsigned at, int64_t now_ms)
{
	struct name *x = &n->of[which];
	struct delivery *d = n->delivery;
	const struct dns_addresses *found = &x->resolver.found;

	for (unsigned i = 0; i < found->count; i++) {
		struct output_address a;

		x->in_use = (at + i) % found->count;
		a = resolved(&d->outputs[which], &found->at[x->in_use]);
		if (delivery_change(d, which, &a, d->names[which], now_ms) == 0)
			break;
	}
	x->good_ms = now_ms;
}

/* The name has these addresses now. */
static void found(struct names *n, unsigned which, int64_t now_ms)
{
	struct name *x = &n->of[which];
	const struct output *o = &n->delivery->outputs[which];

	for (unsigned i = 0; i < x->resolver.found.count; i++) {
		struct output_address a = resolved(o, &x->resolver.found.at[i]);

		if (output_same_address(&a, &o->address)) {
			x->in_use = i;
			return;
		}
	}
	use(n, which, 0, now_ms);
}

static void watch(struct names *n, struct name *x)
{
	const bool wanted = x->resolver.asking && x->resolver.fd >= 0;

	if (wanted == (x->source >= 0))
		return;
	loop_remove(n->loop, x->source);
	x->source = wanted ? loop_add(n->loop, x->resolver.fd, POLLIN, readable, x) : -1;
}

static int64_t turn(struct names *n, unsigned which, int64_t now_ms)
{
	struct name *x = &n->of[which];
	const struct output *o = &n->delivery->outputs[which];

	if (strcmp(o->address.host, x->host) != 0) { /* at start, or after a reload */
		memcpy(x->host, o->address.host, sizeof(x->host));
		resolver_ask(&x->resolver, *x->host ? x->host : NULL);
	}
	if (resolver_turn(&x->resolver, now_ms) ||
		(*x->host && o->address.len == 0 && x->resolver.found.count > 0))
		found(n, which, now_ms);
	n->delivery->outputs[which].reason = x->resolver.reason;
	if (!output_is_away(o))
		x->good_ms = now_ms;
	else if (x->resolver.found.count > 1 && now_ms - x->good_ms >= LIMIT_RESOLVER_PATIENCE_MS)
		use(n, which, x->in_use + 1, now_ms);
	watch(n, x);
	return x->resolver.deadline_ms;
}

int64_t names_turn(struct names *n, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;

	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		int64_t wanted_ms = turn(n, i, now_ms);

		if (wanted_ms < next_ms)
			next_ms = wanted_ms;
	}
	return next_ms;
}

void names_open(struct names *n, struct delivery *d, struct loop *l)
{
	n->delivery = d;
	n->loop = l;
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		struct name *x = &n->of[i];

		/* Without a socket there is still /etc/hosts. */
		(void)resolver_open(&x->resolver);
		x->host[0] = '\0';
		x->source = -1;
		x->good_ms = 0;
	}
}

void names_close(struct names *n)
{
	for (unsigned i = 0; i < DELIVERY_OUTPUTS; i++) {
		struct name *x = &n->of[i];

		loop_remove(n->loop, x->source);
		x->source = -1;
		if (x->resolver.fd >= 0)
			sys_close(x->resolver.fd);
		x->resolver.fd = -1;
	}
}
