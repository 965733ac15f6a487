#include "log_journal.h"

#include "text.h"

static const struct {
	const char *name;
	enum log_journal_field field;
} fields[] = {
	{"_TRANSPORT", JOURNAL_TRANSPORT},
	{"_AUDIT_TYPE", JOURNAL_TYPE},
	{"_AUDIT_ID", JOURNAL_SERIAL},
	{"_SOURCE_REALTIME_TIMESTAMP", JOURNAL_TIME},
	{"_HOSTNAME", JOURNAL_HOST},
	{"MESSAGE", JOURNAL_MESSAGE},
};

static void begin_entry(struct log_journal *j)
{
	j->is_entry = j->is_audit = false;
	j->seen = 0;
	j->host_len = j->message_len = 0;
}

void log_journal_reset(struct log_journal *j)
{
	begin_entry(j);
	j->length_bytes = 0;
	j->length = 0;
}

static enum log_journal_field find_field(struct span name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_is(name, fields[i].name))
			return fields[i].field;
	return JOURNAL_OTHER;
}

/* A number or a name comes in one piece; a message may come in several. */
static void add(struct log_journal *j, enum log_journal_field field, struct span value)
{
	uint32_t room = sizeof(j->text) - LOG_JOURNAL_HEADER - j->message_len;
	char number[24];

	if (field == JOURNAL_OTHER)
		return;
	j->seen |= 1u << field;
	if (field == JOURNAL_MESSAGE) {
		value.len = value.len < room ? value.len : room;
		memcpy(j->text + LOG_JOURNAL_HEADER + j->message_len, value.at, value.len);
		j->message_len += value.len;
	} else if (field == JOURNAL_HOST) {
		j->host_len = value.len < sizeof(j->host) ? value.len : sizeof(j->host);
		memcpy(j->host, value.at, j->host_len);
	} else if (field == JOURNAL_TRANSPORT) {
		j->is_audit = span_is(value, "audit");
	} else if (value.len < sizeof(number)) {
		memcpy(number, value.at, value.len);
		number[value.len] = '\0';
		*(field == JOURNAL_TYPE		? &j->type
			: field == JOURNAL_TIME ? &j->time_us
						: &j->serial) = text_uint(number, NULL, 10);
	}
}

/* A name is capitals, digits and underscores (systemd, journal_field_valid()). */
static bool is_field(struct span line)
{
	const char *at = line.at, *limit = line.at + line.len;

	while (at < limit &&
		((*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || *at == '_'))
		at++;
	return at > line.at && (at == limit || *at == '=');
}

bool log_journal_may_hold(const struct log_journal *j, struct span line)
{
	if (j->is_entry)
		return line.len == 0 || is_field(line);
	return span_starts(line, "__") && is_field(line) && memchr(line.at, '=', line.len);
}

bool log_journal_line(struct log_journal *j, struct span line)
{
	const char *equals = memchr(line.at, '=', line.len);

	if (line.len == 0)
		return true;
	j->is_entry = true;
	if (equals) {
		struct span name = {line.at, (uint32_t)(equals - line.at)};
		struct span value = {equals + 1, line.len - name.len - 1};
		enum log_journal_field field = find_field(name);

		if (field == JOURNAL_MESSAGE)
			j->message_len = 0;
		add(j, field, value);
		return false;
	}
	j->field = find_field(line);
	j->length_bytes = 8;
	return false;
}

size_t log_journal_bytes(struct log_journal *j, const char *bytes, size_t n)
{
	const size_t start = n;
	size_t some;

	for (; j->length_bytes > 0 && n > 0; n--) {
		j->length >>= 8;
		j->length |= (uint64_t)(unsigned char)*bytes++ << 56;
		/* One more for the newline behind the value. No value is really of UINT64_MAX
		 * bytes. */
		if (--j->length_bytes == 0 && j->length++ == UINT64_MAX)
			j->length = UINT64_MAX;
	}
	if (j->length_bytes > 0 || n == 0)
		return start - n;
	some = j->length < n ? (size_t)j->length : n;
	j->length -= some;
	/* Without the newline behind it. No other field of ours is written with a length. */
	if (j->field == JOURNAL_MESSAGE)
		add(j, j->field, (struct span){bytes, (uint32_t)(some - (j->length == 0))});
	return start - n + some;
}

bool log_journal_end(struct log_journal *j)
{
	j->length_bytes = 0;
	j->length = 0;
	return j->is_entry;
}

bool log_journal_take(struct log_journal *j, struct log_record *record)
{
	const unsigned needed = 1u << JOURNAL_TRANSPORT | 1u << JOURNAL_TYPE |
				1u << JOURNAL_SERIAL | 1u << JOURNAL_TIME | 1u << JOURNAL_MESSAGE;
	const bool is_record = j->is_audit && (j->seen & needed) == needed &&
			       j->type <= UINT16_MAX && j->serial <= UINT32_MAX;
	char *text = j->text + LOG_JOURNAL_HEADER;
	const char *blank = memchr(text, ' ', j->message_len); /* behind the name of the type */
	uint32_t host_len = j->host_len, len = j->message_len;
	char header[LOG_JOURNAL_HEADER];
	uint32_t skip, header_len;
	unsigned ms = (unsigned)(j->time_us / 1000 % 1000);

	begin_entry(j);
	if (!is_record || !blank)
		return false;
	header_len = (uint32_t)text_format(header, sizeof(header),
		"audit(%llu.%s%u:%u): ", (unsigned long long)(j->time_us / 1000000),
		ms < 10	   ? "00"
		: ms < 100 ? "0"
			   : "",
		ms, (unsigned)j->serial);
	skip = (uint32_t)(blank + 1 - text);
	text += (int)skip - (int)header_len;
	memcpy(text, header, header_len);
	*record = (struct log_record){
		(uint16_t)j->type, {text, len - skip + header_len}, {j->host, host_len}, SPAN_NONE};
	return true;
}
