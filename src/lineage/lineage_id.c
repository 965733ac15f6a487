#include "lineage_id.h"

#include <string.h>
#include "text.h"
#include "timestamp.h"

static char digit(unsigned bits)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return digits[bits & 63];
}

/* RFC 4648 section 4. */
static uint32_t encode(char *to, const char *text, uint32_t len)
{
	char *at = to;

	for (; len >= 3; text += 3, len -= 3) {
		const uint32_t w = (uint32_t)(unsigned char)text[0] << 16 |
				   (uint32_t)(unsigned char)text[1] << 8 | (unsigned char)text[2];

		*at++ = digit(w >> 18);
		*at++ = digit(w >> 12);
		*at++ = digit(w >> 6);
		*at++ = digit(w);
	}
	if (len > 0) {
		const uint32_t w = (uint32_t)(unsigned char)text[0] << 16 |
				   (len > 1 ? (uint32_t)(unsigned char)text[1] << 8 : 0);

		*at++ = digit(w >> 18);
		*at++ = digit(w >> 12);
		*at++ = len > 1 ? digit(w >> 6) : '=';
		*at++ = '=';
	}
	return (uint32_t)(at - to);
}

void lineage_id_prefix(struct lineage *l, const char *namespace, const char *name)
{
	struct text t;

	text_init(&t, l->prefix, sizeof(l->prefix));
	text_puts(&t, namespace);
	text_puts(&t, "__");
	text_puts(&t, name);
	l->prefix_len = (uint32_t)t.used;
	l->coded_len = encode(l->coded, l->prefix, l->prefix_len - l->prefix_len % 3);
}

/* Of a log: the host that the record is of. A log of one host sets it once. */
static void use_host(struct lineage *l, struct span host)
{
	const uint32_t most = sizeof(l->prefix) - 2;

	if (host.len > most)
		host.len = most;
	memcpy(l->prefix, "__", 2);
	if (host.len > 0)
		memcpy(l->prefix + 2, host.at, host.len);
	l->prefix_len = 2 + host.len;
	l->coded_len = encode(l->coded, l->prefix, l->prefix_len - l->prefix_len % 3);
}

static struct span prefix_of(struct lineage *l, struct span host)
{
	if (l->is_log && !span_equal((struct span){l->prefix + 2, l->prefix_len - 2}, host))
		use_host(l, host);
	return (struct span){l->prefix, l->prefix_len};
}

void lineage_id_make(struct lineage *l, struct lineage_process *p, struct span host)
{
	const struct span prefix = prefix_of(l, host);
	const uint32_t rest = prefix.len % 3;
	const int64_t start_ms = l->boot_s * 1000 + p->start_ms;
	const int64_t second = (start_ms >= 0 ? start_ms : start_ms - 999) / 1000;
	struct timestamp stamp = {.valid = false};
	char end[2 + 2 + 10 + 2 + 20 + 1];
	struct text t;

	text_init(&t, end, sizeof(end));
	text_bytes(&t, prefix.at + prefix.len - rest, rest);
	text_puts(&t, "__");
	text_number(&t, p->pid);
	text_puts(&t, "__");
	text_number(&t, second > 0 ? (uint64_t)second % 100000000000u : 0);
	p->id_len = (uint8_t)encode(p->id, t.at, (uint32_t)t.used);
	memcpy(p->start, timestamp_format(&stamp, second, (uint32_t)(start_ms - second * 1000)).at,
		sizeof(p->start));
}

uint32_t lineage_entity_id(
	struct lineage *l, const struct lineage_process *p, struct span host, char *to)
{
	(void)prefix_of(l, host);
	memcpy(to, l->coded, l->coded_len);
	memcpy(to + l->coded_len, p->id, p->id_len);
	return l->coded_len + p->id_len;
}
