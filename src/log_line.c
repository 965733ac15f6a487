#include "log_line.h"

#include "log_enriched.h"
#include "log_header.h"
#include "record_split.h"
#include "tables.h"
#include "text.h"
#include "word.h"

/* ---- types ------------------------------------------------------------------------------- */

/* Names are upper case; the peer takes lower case for the same. A number is a type, too. */
static __attribute__((cold)) bool read_type(struct log_line_name *n, struct span name)
{
	char upper[LIMIT_MSGID_BYTES + 1];
	const char *end;
	uint64_t number;

	for (uint32_t i = 0; i < name.len; i++)
		upper[i] = name.at[i] >= 'a' && name.at[i] <= 'z' ? (char)(name.at[i] - 32)
								  : name.at[i];
	upper[name.len] = '\0';
	number = text_uint(upper, &end, 10);
	if (name.len > 5 || *upper < '0' || *upper > '9' || end != upper + name.len)
		number = (uint64_t)record_type_number(upper, name.len);
	if (number > UINT16_MAX) /* -1 too */
		return false;
	n->type = (uint16_t)number;
	n->len = (uint8_t)name.len;
	memcpy(n->text, name.at, name.len);
	return true;
}

static inline bool find_type(struct log_line_names *names, struct span name, uint16_t *type)
{
	struct log_line_name *n;

	if (name.len == 0 || name.len > LIMIT_MSGID_BYTES)
		return false;
	n = &names->slots[((unsigned char)name.at[0] * 5u + (unsigned char)name.at[name.len - 1] +
				  name.len * 7u) %
			  LIMIT_LOG_NAMES];
	if ((n->len != name.len || !word_same(n->text, name.at, name.len)) && !read_type(n, name))
		return false;
	*type = n->type;
	return true;
}

/* ---- one record -------------------------------------------------------------------------- */

/* "type=NAME [msg=]audit(", with which the text begins. */
static bool read_plain(struct log_line_names *names, struct span line, struct log_record *r)
{
	const char *limit = line.at + line.len, *end;
	struct span name;

	if (!span_starts(line, "type="))
		return false;
	name.at = line.at + 5;
	end = word_find_below(name.at, limit, ' ' + 1);
	name.len = (uint32_t)(end - name.at);
	r->text = (struct span){end, (uint32_t)(limit - end)};
	if (span_starts(r->text, " msg=audit(")) {
		r->text.at += 5;
		r->text.len -= 5;
	} else if (span_starts(r->text, " audit(")) {
		r->text.at++;
		r->text.len--;
	} else {
		return false;
	}
	return find_type(names, name, &r->type);
}

/* The same behind "node=NAME " or "host=NAME ", which are the same. */
static __attribute__((cold)) bool read_node(
	struct log_line_names *names, struct span line, struct log_record *r)
{
	const char *blank;

	if (span_starts(line, "node=") || span_starts(line, "host=")) {
		blank = memchr(line.at, ' ', line.len);
		if (!blank)
			return false;
		if (blank > line.at + 5)
			r->host = (struct span){line.at + 5, (uint32_t)(blank - line.at - 5)};
		line.len -= (uint32_t)(blank + 1 - line.at);
		line.at = blank + 1;
	}
	return read_plain(names, line, r);
}

/* The journal's short form: "gw audit[11]: SYSCALL arch=...", or "<audit-1334> ..." where it does
 * not know the name (systemd, src/journal/journald-audit.c). */
static __attribute__((cold)) bool is_without_serial(const struct log_header *h, struct span rest)
{
	const char *blank = memchr(rest.at, ' ', rest.len);
	struct span name = {rest.at, blank ? (uint32_t)(blank - rest.at) : 0};
	struct log_line_name n;

	if (!span_is(h->sender, "audit") || name.len == 0 || name.len > LIMIT_MSGID_BYTES)
		return false;
	return span_starts(rest, "<audit-") || (*name.at <= 'Z' && read_type(&n, name));
}

/* The first form that has a record behind it is the line's: a later one cannot make its program
 * another. */
static __attribute__((cold)) enum log_line read_forms(
	struct log_line_names *names, struct span line, bool any_sender, struct log_record *r)
{
	struct log_header h;
	struct span rest;

	for (const char *form = log_header_forms(); *form; form += strlen(form) + 1) {
		if (!log_header_read(line, form, &h, &rest))
			continue;
		r->host = h.host;
		if (read_node(names, rest, r))
			return any_sender || log_header_is_trusted(&h) ? LOG_LINE_RECORD
								       : LOG_LINE_UNTRUSTED;
		if (is_without_serial(&h, rest))
			return LOG_LINE_NO_SERIAL;
	}
	return LOG_LINE_OTHER;
}

static __attribute__((cold)) enum log_line read_other(
	struct log_line_names *names, struct span line, bool any_sender, struct log_record *r)
{
	enum log_line kind;

	if (line.len == 0)
		return LOG_LINE_EMPTY;
	line = log_header_trim(line);
	if (span_starts(line, "time->"))
		return LOG_LINE_EMPTY;
	if (span_is(line, "----") || span_is(line, "----\r"))
		return LOG_LINE_DIVIDER;
	kind = read_forms(names, line, any_sender, r);
	if (kind == LOG_LINE_OTHER) {
		line = log_header_skip_file(line);
		if (line.len > 0)
			kind = read_forms(names, line, any_sender, r);
	}
	return kind;
}

enum log_line log_line_read(
	struct log_line_names *names, struct span line, bool any_sender, struct log_record *record)
{
	record->host = record->enriched = SPAN_NONE;
	if (read_plain(names, line, record) || read_node(names, line, record))
		return LOG_LINE_RECORD;
	return read_other(names, line, any_sender, record);
}

/* ---- a further record -------------------------------------------------------------------- */

/*
 * All of "(1490137971.011:50406):" lies below ';', and few other runs of that length do: letters
 * and '=' do not. So it is enough to look at eight bytes out of as many as the shortest such run
 * has bytes, less seven: 12 where the seconds have ten digits and the milliseconds three.
 */
#define STRIDE 12u
#define AT     5u /* of the '(' */

static inline bool is_run(const char *at)
{
	return ((word_load(at) + WORD_ONES * (0x40 - ';')) & WORD_ONES * 0xc0) == 0;
}

/* Whether `at` lies where only the writer of the log writes. An attacker who guesses time and
 * serial can put a whole record elsewhere: between msg=' and the last apostrophe, for what a
 * program says may hold apostrophes; in a name between quotes, for the kernel writes a name with
 * quotes or blanks in hex, but other things between quotes; and where nothing delimits a user's
 * text. */
static __attribute__((cold)) bool is_outside(const struct log_record *r, const char *at)
{
	unsigned quotes = 0;

	if (r->type == RECORD_NETFILTER_CFG)
		return false; /* table= is a user's text, and nothing delimits it */
	if (record_is_of_program(r->type)) {
		const char *open = record_find_message(r->text);
		const char *last = memrchr(r->text.at, '\'', r->text.len);

		return !open || (last >= open && at > last);
	}
	if (r->type == RECORD_SOCKADDR) { /* SADDR={ path=... } is a user's text */
		const char *last = memrchr(r->text.at, '}', r->text.len);

		return !last || at > last;
	}
	for (const char *p = r->text.at; p < at; p++)
		quotes += *p == '"';
	return quotes % 2 == 0;
}

/* Whether the text's own header stands once more at `start`, behind " type=NAME msg=": then the
 * blank, and *next is the record. */
static __attribute__((cold)) const char *further_at(struct log_line_names *names,
	const struct log_record *r, const char *start, struct log_record *next)
{
	const char *limit = r->text.at + r->text.len;
	const char *close = memchr(r->text.at, ')', r->text.len);
	const char *at = start - 6;
	size_t header;

	if (!close)
		return NULL;
	header = (size_t)(close + 2 - r->text.at); /* with the colon */
	if ((size_t)(start - r->text.at) < header + 11 || (size_t)(limit - start) < header ||
		memcmp(start, r->text.at, header) != 0 || memcmp(start - 5, " msg=", 5) != 0)
		return NULL;
	while (at > r->text.at + header && *at != ' ')
		at--;
	next->host = r->host;
	next->enriched = SPAN_NONE;
	if (!read_node(names, (struct span){at + 1, (uint32_t)(limit - at - 1)}, next) ||
		!is_outside(r, at))
		return NULL;
	return at;
}

static const char *find_further(
	struct log_line_names *names, const struct log_record *r, struct log_record *next)
{
	const char *at = r->text.at + AT;
	const char *last = r->text.at + r->text.len - 8;
	const char *found;
	ptrdiff_t stride = STRIDE;

	if (r->text.len < 40)
		return NULL;
	if (!is_run(at) || !is_run(at + 8) || !is_run(at + STRIDE))
		stride = 1;
	/* Behind the own header, and what a further one has in front. */
	for (at += stride == 1 ? 3 : 32; at <= last; at += stride) {
		const char *open = at;

		if (!is_run(at))
			continue;
		/* Where it is farther in front, it was there at the last look. */
		while (*open != '(' && at - open < stride)
			open--;
		if (*open == '(' && open[-1] == 't' && open > r->text.at + AT &&
			(found = further_at(names, r, open - AT, next)))
			return found;
	}
	return NULL;
}

/* ---- where a record ends ----------------------------------------------------------------- */

const char *log_line_separator(struct span text)
{
	return memrchr(text.at, LOG_ENRICHED_SEPARATOR, text.len);
}

bool log_line_cut(struct log_line_names *names, struct log_record *record, const char *separator,
	struct log_record *next)
{
	const char *further = find_further(names, record, next);

	if (further) {
		record->text.len = (uint32_t)(further - record->text.at);
		separator = log_line_separator(record->text);
	}
	if (separator || log_enriched_is_likely(record->type, record->text))
		log_enriched_cut(record->type, separator, &record->text, &record->enriched);
	return further != NULL;
}
