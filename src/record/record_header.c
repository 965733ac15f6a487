#include "record_header.h"

#include "limits.h"
#include "word.h"

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

struct span record_trim(struct span text)
{
	const char *end = text.at + text.len;
	const char *least = text.len > LIMIT_TRIMMED_BYTES ? end - LIMIT_TRIMMED_BYTES : text.at;

	while (end > least && is_blank(end[-1]))
		end--;
	text.len = (uint32_t)(end - text.at);
	while (text.len > 0 && is_blank(text.at[0])) {
		text.at++;
		text.len--;
	}
	return text;
}

/* Read digits up to and including `end`. At most 18 of them, so nothing overflows. */
static const char *number_until(const char *at, const char *limit, char end, int64_t *value)
{
	const char *start = at;
	const char *most = limit - at > 18 ? at + 18 : limit;
	uint64_t n = 0;
	unsigned digit;

	while (at < most && (digit = (unsigned char)*at - (unsigned)'0') <= 9) {
		n = n * 10 + digit;
		at++;
	}
	if (at == start || at == limit || *at != end)
		return NULL;
	*value = (int64_t)n;
	return at + 1;
}

bool record_header_parse(struct span text, struct record_header *header)
{
	const char *limit = text.at + text.len;
	const char *at = text.at;
	int64_t seconds, milliseconds, serial;

	if (!span_starts(text, "audit("))
		return false;
	at = number_until(at + 6, limit, '.', &seconds);
	if (at)
		at = number_until(at, limit, ':', &milliseconds);
	if (at)
		at = number_until(at, limit, ')', &serial);
	/* 2^53 ms is the year 287396: far from any overflow below. */
	if (!at || serial > UINT32_MAX || seconds > (INT64_C(1) << 43) ||
		milliseconds > (INT64_C(1) << 53))
		return false;
	header->time_ms = seconds * 1000 + milliseconds;
	header->serial = (uint32_t)serial;
	header->body = (uint32_t)(at - text.at);
	return true;
}

const struct record_header *record_header_next(struct record_header_last *last, struct span text)
{
	struct record_header *now = &last->now;

	if (now->body > 0 && text.len >= now->body && word_same(text.at, last->text, now->body))
		return now;
	if (!record_header_parse(text, now)) {
		now->body = 0;
		return NULL;
	}
	memcpy(last->text, text.at, now->body);
	return now;
}
