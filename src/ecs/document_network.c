#include "document_network.h"

#include "decode.h"
#include "document_layout.h"

/* A port is a number in ECS, in both layouts. */
static void add_port(const struct document *d, cJSON *object, struct span text)
{
	int64_t number;

	if (decode_int(text, &number))
		json_add(object, "port", json_number(d->arena, number));
}

/* The .address is the whole, of any family; .ip, .port and .path say what it is. A path is no
 * field of ECS. */
__attribute__((cold)) static void add_address(
	const struct document *d, cJSON *root, const char *key, const struct event_address *address)
{
	struct span text = address->text;
	cJSON *object;

	if (!address->present)
		return;
	if (text.len == 0)
		text = address->ip.len > 0 ? address->ip : address->path;
	object = json_object(d->arena);
	document_add_some(d, object, "address", text);
	document_add_some(d, object, "ip", address->ip);
	document_add_some(d, object, "domain", address->domain);
	add_port(d, object, address->port);
	if (!document_is_integration(d))
		document_add_some(d, object, "path", address->path);
	document_add_part(root, key, object);
}

/* ---- network ----------------------------------------------------------------------------- */

/* The numbers of linux/in.h and in6.h under IANA's names, as ECS wants them. */
static struct span transport_name(int64_t protocol)
{
	static const struct {
		uint8_t protocol;
		char name[10];
	} names[] = {{1, "icmp"}, {2, "igmp"}, {6, "tcp"}, {17, "udp"}, {33, "dccp"}, {47, "gre"},
		{50, "esp"}, {51, "ah"}, {58, "ipv6-icmp"}, {132, "sctp"}, {136, "udplite"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].protocol == protocol)
			return (struct span){names[i].name, (uint32_t)strnlen(names[i].name, 10)};
	return SPAN_NONE;
}

/* An address of version 4 may be written as one of version 6 (RFC 4291, section 2.5.5.2). */
static struct span version_of(struct span ip)
{
	if (ip.len == 0)
		return SPAN_NONE;
	if (!memchr(ip.at, ':', ip.len) ||
		(span_starts(ip, "::ffff:") && memchr(ip.at, '.', ip.len)))
		return SPAN("ipv4");
	return SPAN("ipv6");
}

static bool argument(const struct event *e, enum key key, int32_t *number)
{
	const struct field *f = event_data(e, key);

	return f && decode_register_int(field_value(f), number);
}

/* What socket(2) was asked for. Protocol 0 is the usual one of the kind. SOCK_PACKET makes a packet
 * socket of any family (__sock_create(), net/socket.c). */
__attribute__((cold)) static void read_socket(
	const struct event *e, struct span *type, struct span *transport)
{
	/* linux/socket.h and linux/net.h; SOCK_STREAM is another number on MIPS (asm/socket.h). */
	enum {
		INET = 2,
		INET6 = 10,
		STREAM = 1,
		DATAGRAM = 2,
		PACKET = 10,
		KINDS = 0xf
	};
	const struct field *arch = event_data(e, KEY_ARCH);
	const bool swapped = arch && span_starts(field_value(arch), "mips");
	int32_t family, kind, protocol;

	if (!argument(e, KEY_A0, &family) || !argument(e, KEY_A1, &kind) ||
		!argument(e, KEY_A2, &protocol) || (family != INET && family != INET6))
		return;
	kind &= KINDS;
	if (kind == PACKET)
		return;
	*type = family == INET ? SPAN("ipv4") : SPAN("ipv6");
	if (protocol == 0 && kind == (swapped ? DATAGRAM : STREAM))
		protocol = 6;
	else if (protocol == 0 && kind == (swapped ? STREAM : DATAGRAM))
		protocol = 17;
	*transport = transport_name(protocol);
}

/* A packet that netfilter's target AUDIT saw (net/netfilter/xt_AUDIT.c). */
__attribute__((cold)) static void read_packet(
	const struct event *e, struct span *type, struct span *transport)
{
	const struct field *address = event_data(e, KEY_SADDR),
			   *protocol = event_data(e, KEY_PROTO);
	int64_t number;

	if (address)
		*type = version_of(field_value(address));
	if (protocol && decode_int(field_value(protocol), &number))
		*transport = transport_name(number);
}

void document_add_network(const struct document *d, const struct event *e, cJSON *root)
{
	const struct field *call = event_data(e, KEY_SYSCALL);
	struct span type, transport = SPAN_NONE;
	cJSON *network;

	add_address(d, root, "source", &e->source);
	add_address(d, root, "destination", &e->destination);
	type = version_of(e->source.ip.len > 0 ? e->source.ip : e->destination.ip);
	if (call && span_is(field_value(call), "socket") && e->has_syscall)
		read_socket(e, &type, &transport);
	else if (e->type == RECORD_NETFILTER_PKT)
		read_packet(e, &type, &transport);
	if (type.len + transport.len == 0 && e->direction == DIRECTION_NONE)
		return;
	network = json_object(d->arena);
	if (e->direction != DIRECTION_NONE)
		json_add_text(d->arena, network, "direction",
			e->direction == DIRECTION_INGRESS ? SPAN("ingress") : SPAN("egress"));
	document_add_some(d, network, "type", type);
	document_add_some(d, network, "transport", transport);
	json_add(root, "network", network);
}
