#include "syslog.h"

#include "copy.h"
#include "timestamp.h"

#define APP_NAME     "ecsaudit"
#define SEQUENCE_MAX 2147483647u /* RFC 5424 section 7.3.1 */

_Static_assert(sizeof(APP_NAME) - 1 <= LIMIT_APP_NAME_BYTES, "RFC 5424 section 6.2.5");

static char *put(char *p, const char *s, size_t n)
{
	copy_bytes(p, s, n);
	return p + n;
}

#define PUT(p, literal) put(p, literal, sizeof(literal) - 1)

static char *put_number(char *p, uint32_t value)
{
	char digits[10];
	unsigned i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return put(p, digits + i, sizeof(digits) - i);
}

/* PRINTUSASCII of RFC 5424 section 6, "-" for nothing. */
static char *put_printable(char *p, struct span text, uint32_t most)
{
	uint32_t n = text.len < most ? text.len : most, i;

	if (!n)
		return PUT(p, "-");
	for (i = 0; i < n; i++)
		p[i] = text.at[i] > ' ' && text.at[i] < 0x7f ? text.at[i] : '-';
	return p + n;
}

/* A PARAM-VALUE: '"', '\\' and ']' would need escaping (section 6.3.3) and a version has none. */
static char *put_param(char *p, struct span text, uint32_t most)
{
	char *end = put_printable(p, text, most);

	for (; p < end; p++) {
		if (*p == '"' || *p == '\\' || *p == ']')
			*p = '-';
	}
	return end;
}

__attribute__((cold)) void syslog_sender(struct syslog *s, struct span hostname, uint32_t pid)
{
	const enum config_format format = s->format;
	char *p = s->sender;

	*p++ = ' ';
	p = put_printable(p, hostname, LIMIT_HOSTNAME_BYTES);
	p = PUT(p, " " APP_NAME);
	*p++ = format == FORMAT_RFC3164 ? '[' : ' ';
	p = put_number(p, pid);
	p = format == FORMAT_RFC3164 ? PUT(p, "]: @cee: ") : PUT(p, " ");
	s->sender_len = (uint16_t)(p - s->sender);
}

__attribute__((cold)) void syslog_init(struct syslog *s, enum config_format format,
	struct span hostname, uint32_t pid, struct span version)
{
	char *p;

	*s = (struct syslog){.format = format};
	syslog_sender(s, hostname, pid);
	p = PUT(s->origin, "[origin software=\"" APP_NAME "\" swVersion=\"");
	p = put_param(p, version, 32); /* section 7.2.4 */
	p = PUT(p, "\"] ");
	s->origin_len = (uint16_t)(p - s->origin);
}

/* "Apr  7 15:05:50" of "2022-04-07T15:05:50.500Z": RFC 3164 section 4.1.2. */
static char *put_old_time(char *p, const char *timestamp)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned month = (unsigned)(timestamp[5] - '0') * 10 + (unsigned)(timestamp[6] - '0');

	p = put(p, months + 3 * (month - 1), 3);
	*p++ = ' ';
	*p++ = timestamp[8] == '0' ? ' ' : timestamp[8];
	*p++ = timestamp[9];
	*p++ = ' ';
	return put(p, timestamp + 11, 8);
}

size_t syslog_header(struct syslog *s, const struct syslog_event *e, char *buf)
{
	char *p = buf;

	if (s->format == FORMAT_JSON)
		return 0;
	*p++ = '<';
	p = put_number(p, SYSLOG_FACILITY_AUDIT * 8 + e->severity);
	*p++ = '>';
	if (s->format == FORMAT_RFC3164) {
		p = put_old_time(p, e->timestamp);
		return (size_t)(put(p, s->sender, s->sender_len) - buf);
	}
	s->sequence = s->sequence < SEQUENCE_MAX ? s->sequence + 1 : 1;
	p = PUT(p, "1 ");
	p = put(p, e->timestamp, TIMESTAMP_BYTES);
	p = put(p, s->sender, s->sender_len);
	p = put_printable(p, e->msgid, LIMIT_MSGID_BYTES);
	p = PUT(p, " [meta sequenceId=\"");
	p = put_number(p, s->sequence);
	p = PUT(p, "\"][timeQuality tzKnown=\"1\" isSynced=\"0\"]");
	if (s->synced)
		p[-3] = '1';
	p = put(p, s->origin, s->origin_len);
	return (size_t)(p - buf);
}
