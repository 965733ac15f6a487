#include "log_enriched.h"
#include "record_split.h"
#include "text.h"

/* Fields of the types ARCH, SYSCALL and SOCKADDR in audit-userspace's auparse/typetab.h. */
static const char names[] = "ARCH\0SYSCALL\0SADDR\0";

/* What those of the types UID and GID have in front of these words, the last character first; one
 * more is ID alone. A longer one stands before those that it ends with. */
static const struct {
	char last;
	uint8_t len;
	char text[6];
} fronts[] = {{'E', 1, "E"}, {'S', 2, "FS"}, {'S', 1, "S"}, {'O', 1, "O"}, {'I', 1, "I"},
	{'A', 5, "OLD-A"}, {'A', 2, "OA"}, {'A', 2, "SA"}, {'A', 1, "A"}, {'_', 4, "OBJ_"},
	{'_', 6, "INODE_"}, {'_', 4, "NEW_"}, {'_', 6, "OWNER_"}};

/* How programs write the separator 0x1d: as it is; rsyslog; syslog-ng; printf; JSON; others;
 * busybox and `cat -v`; the replacement character, and the picture of it, in UTF-8. */
static const char separators[] =
	"\x1d\0#035\0\\x1d\0\\x1D\0\\035\0\\u001d\0\\u001D\0<1d>\0<1D>\0<GS>\0^]\0"
	"\xef\xbf\xbd\0\xe2\x90\x9d\0";

/* The text of such a list with which this one ends, or NULL. */
static const char *find_end_in(const char *list, struct span text)
{
	const char *last = text.at + text.len - 1;

	for (size_t len; *list; list += len + 1) {
		for (len = 1; list[len]; len++)
			;
		if (text.len >= len && *last == list[len - 1] &&
			word_same(last + 1 - len, list, len))
			return list;
	}
	return NULL;
}

__attribute__((always_inline)) static inline bool is_blank(char c)
{
	const uint64_t blanks = 1ull << ' ' | 1 << '\t' | 1 << '\r' | 1 << '\0';

	return (unsigned char)c <= ' ' && blanks >> c & 1;
}

static struct span trim_end(struct span text)
{
	uint32_t least = text.len > LIMIT_TRIMMED_BYTES ? text.len - LIMIT_TRIMMED_BYTES : 0;

	while (text.len > least && is_blank(text.at[text.len - 1]))
		text.len--;
	return text;
}

/* Without one separator, in whatever form, and the blanks around it. */
static struct span drop_separator(struct span text)
{
	const char *found;

	text = trim_end(text);
	found = find_end_in(separators, text);
	if (found)
		text.len -= (uint32_t)strlen(found);
	return trim_end(text);
}

/* Where in front of a '=' a name begins that auditd appends, or NULL. */
static const char *name_before(const char *from, const char *equals)
{
	const char *at = equals - 2, *found;

	if (at - from < 1 || at[1] != 'D' || at[0] != 'I') {
		found = find_end_in(names, (struct span){from, (uint32_t)(equals - from)});
		return found ? equals - strlen(found) : NULL;
	}
	if (at[-1] != 'U' && at[-1] != 'G')
		return at;
	at--;
	if (at == from || at[-1] < 'A')
		return at;
	for (unsigned i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++) {
		const uint32_t len = fronts[i].len;

		if (at[-1] == fronts[i].last && at - from >= (ptrdiff_t)len &&
			word_same(at - len, fronts[i].text, len))
			return at - len;
	}
	return at;
}

/* "in quotes", or a word without any. */
static bool is_value(const char *at, const char *limit, unsigned quotes, unsigned apostrophes)
{
	return (quotes == 2 && *at == '"' && limit[-1] == '"') ||
	       (quotes == 0 && apostrophes == 0 && at < limit);
}

/* Where the last word of a text ends in NAME=value as auditd appends it: the begin of the name, or
 * NULL. */
static const char *find_field(const char *from, const char *limit)
{
	const char *at = limit;
	unsigned quotes = 0, apostrophes = 0;

	if (limit - from > (ptrdiff_t)LIMIT_ENRICHED_FIELD_BYTES)
		from = limit - LIMIT_ENRICHED_FIELD_BYTES;
	for (; at > from && at[-1] != '='; at--) {
		if ((unsigned char)at[-1] > '\'') /* as nearly all are */
			continue;
		if ((unsigned char)at[-1] <= ' ') /* a name with such is written in hex */
			return NULL;
		quotes += at[-1] == '"';
		apostrophes += at[-1] == '\'';
	}
	if (at == from || !is_value(at, limit, quotes, apostrophes))
		return NULL;
	return name_before(from, at - 1);
}

/* Where the appended fields at the end of a text begin, or NULL. */
static const char *find_fields(struct span text)
{
	const char *first = NULL, *field;
	unsigned words = 0;

	if (text.len > LIMIT_ENRICHED_LOOK_BYTES) {
		text.at += text.len - LIMIT_ENRICHED_LOOK_BYTES;
		text.len = LIMIT_ENRICHED_LOOK_BYTES;
	}
	do {
		text = trim_end(text);
		field = find_field(text.at, text.at + text.len);
		if (!field)
			break;
		first = field;
		text.len = (uint32_t)(field - text.at);
	} while (text.len > 0 && is_blank(field[-1]) && ++words < LIMIT_ENRICHED_ITEMS);
	return first;
}

/* Behind "audit(...): saddr=HEX". */
static const char *end_of_sockaddr(struct span text)
{
	static const char name[] = "saddr=";
	const char *limit = text.at + text.len;
	const char *at = text_find(text.at, text.len, name);

	if (!at)
		return limit;
	for (at += sizeof(name) - 1; at < limit; at++)
		if (!(*at >= '0' && *at <= '9') && !(*at >= 'A' && *at <= 'F'))
			break;
	return at;
}

/* Whether it has as many quotes as a value of auditd's. */
static bool has_value(const char *at, const char *limit)
{
	const size_t len = (size_t)(limit - at);

	if (len > 1 && *at == '"')
		return memchr(at + 1, '"', len - 1) == limit - 1;
	return len > 0 && !memchr(at, '"', len) && !memchr(at, '\'', len);
}

/* Whether a text looks like appended fields and nothing else. A value has no control character:
 * such a name is written in hex. */
static bool is_fields(struct span text)
{
	const char *at = text.at, *limit = text.at + text.len, *value;
	unsigned count = 0;

	for (; at < limit; at++) {
		if (is_blank(*at))
			continue;
		for (; at < limit && *at != '='; at++)
			if (!(*at >= 'A' && *at <= 'Z') && *at != '_' && *at != '-')
				return false;
		if (at == limit || count++ == LIMIT_ENRICHED_ITEMS)
			return false;
		value = at + 1;
		at = word_find_below(value, limit, ' ' + 1);
		if (!has_value(value, at) || (at < limit && !is_blank(*at)))
			return false;
	}
	return true;
}

static const char *find_border(uint16_t type, const char *separator, struct span text)
{
	const char *limit = text.at + text.len, *end;

	if (type == RECORD_SOCKADDR) {
		end = end_of_sockaddr(text);
		if (end < limit && *end == LOG_ENRICHED_SEPARATOR)
			return end + 1;
		return text_find(end, limit - end > 16 ? 16 : (size_t)(limit - end), "SADDR=");
	}
	if (separator && is_fields((struct span){separator + 1, (uint32_t)(limit - separator - 1)}))
		return separator + 1;
	return find_fields(text);
}

void log_enriched_cut(
	uint16_t type, const char *separator, struct span *text, struct span *enriched)
{
	const char *border = find_border(type, separator, *text);
	struct span front;

	if (!border)
		return;
	/* key=(null)ARCH=x86_64: Auditbeat makes the tag x86_64 of this, and so do we. */
	if (!separator &&
		span_ends((struct span){text->at, (uint32_t)(border - text->at)}, "(null)"))
		return;
	front = drop_separator((struct span){text->at, (uint32_t)(border - text->at)});
	if (record_is_of_program(type) && record_find_message(front) && !span_ends(front, "'"))
		return;
	*enriched = trim_end((struct span){border, text->len - (uint32_t)(border - text->at)});
	*text = front;
}
