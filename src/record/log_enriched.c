#include "log_enriched.h"
#include "record_split.h"
#include "text.h"

/* Fields of the types UID, GID, ARCH, SYSCALL and SOCKADDR in audit-userspace's auparse/typetab.h.
 * A longer one stands before those that it ends with. */
static const char names[] = "ARCH\0SYSCALL\0SADDR\0OLD-"
			    "AUID\0OAUID\0SAUID\0AUID\0EUID\0FSUID\0SUID\0OUID\0IUID\0INODE_UID\0"
			    "OBJ_UID\0UID\0EGID\0FSGID\0SGID\0OGID\0IGID\0INODE_GID\0NEW_GID\0OBJ_"
			    "GID\0OWNER_GID\0GID\0ID\0";

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

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

static struct span trim_end(struct span text)
{
	uint32_t least =
		text.len > LIMIT_ENRICHED_FIELD_BYTES ? text.len - LIMIT_ENRICHED_FIELD_BYTES : 0;

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

/* "in quotes", or a word without any. */
static bool is_value(struct span value)
{
	if (value.len >= 2 && value.at[0] == '"')
		return memchr(value.at + 1, '"', value.len - 1) == value.at + value.len - 1;
	return value.len > 0 && !memchr(value.at, '"', value.len) &&
	       !memchr(value.at, '\'', value.len);
}

/* Where in a word ...NAME=value a field begins that auditd appended, or NULL. */
static const char *field_in(struct span word)
{
	const char *equals = memrchr(word.at, '=', word.len);
	const char *limit = word.at + word.len;
	const char *name;

	if (!equals || !is_value((struct span){equals + 1, (uint32_t)(limit - equals - 1)}))
		return NULL;
	name = find_end_in(names, (struct span){word.at, (uint32_t)(equals - word.at)});
	return name ? equals - strlen(name) : NULL;
}

/* Where the appended fields at the end of a text begin, or NULL. */
static const char *find_fields(struct span text)
{
	const char *first = NULL, *field;
	struct span word;
	unsigned words = 0;

	if (text.len > LIMIT_ENRICHED_LOOK_BYTES) {
		text.at += text.len - LIMIT_ENRICHED_LOOK_BYTES;
		text.len = LIMIT_ENRICHED_LOOK_BYTES;
	}

	do {
		text = trim_end(text);
		word = (struct span){text.at + text.len, 0};
		while (word.at > text.at && word.len < LIMIT_ENRICHED_FIELD_BYTES &&
			!is_blank(word.at[-1])) {
			word.at--;
			word.len++;
		}
		field = field_in(word);
		if (field)
			first = field;
		text.len -= word.len;
	} while (field && field == word.at && text.len > 0 && ++words < LIMIT_ENRICHED_ITEMS);
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

/* Whether a text looks like appended fields and nothing else. */
static bool is_fields(struct span text)
{
	const char *at = text.at, *limit = text.at + text.len;

	for (; at < limit; at++) {
		const char *start;

		if (is_blank(*at))
			continue;
		for (; at < limit && *at != '='; at++)
			if (!(*at >= 'A' && *at <= 'Z') && *at != '_' && *at != '-')
				return false;
		start = ++at;
		while (at < limit && !is_blank(*at))
			at++;
		if (at > limit || !is_value((struct span){start, (uint32_t)(at - start)}))
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

__attribute__((cold)) void log_enriched_cut(
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
