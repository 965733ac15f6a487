#include "log_line.h"

#include "log_enriched.h"
#include "log_header.h"
#include "record_split.h"
#include "tables.h"
#include "text.h"
#include "word.h"

/* ---- types ------------------------------------------------------------------------------- */

/* Names are upper case; lower case is accepted, as by Auditbeat. A number is a type, too. */
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

/* The same, maybe behind "node=NAME " or "host=NAME ", which mean the same. */
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

/* The first form with a record behind it counts. No later form is tried: it could make another
 * program the sender. */
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

#define AT 5u /* of a header's '(' */

/* What find_further() knows of a line. Each is found only once, since a line may hold thousands of
 * headers. */
struct further {
	const struct log_record *r;
	size_t header;	       /* bytes of "audit(...):"; 0: not known yet */
	uint64_t time, serial; /* the first eight of these from the '(' on, and the last */
	const char *outside;   /* behind all texts of users: outside_of(); NULL: not known yet */
	const char *counted;   /* up to here quotes are counted */
	unsigned quotes;
};

/* From where on no user can have written the text. In front of it an attacker who guesses time and
 * serial can forge a whole record: in a program's message, which ends at the last apostrophe, since
 * it may hold others; and where nothing delimits a user's text. */
static __attribute__((cold)) const char *outside_of(const struct log_record *r)
{
	const char *open, *last;

	/* table= is a user's text, and nothing delimits it. */
	if (r->type == RECORD_NETFILTER_CFG)
		return r->text.at + r->text.len;
	/* SADDR={ path=... } is a user's text. */
	if (r->type == RECORD_SOCKADDR) {
		last = memrchr(r->text.at, '}', r->text.len);
		return last ? last + 1 : r->text.at;
	}
	open = record_find_message(r->text);
	last = memrchr(r->text.at, '\'', r->text.len);
	if (!open)
		return r->text.at;
	return last >= open ? last + 1 : r->text.at + r->text.len;
}

/* Whether no user can have written the text at `at`, which only grows from call to call. In the
 * kernel's records users' texts are in quotes, since the kernel writes one that holds a quote in
 * hex. */
static __attribute__((cold)) bool is_outside(struct further *f, const char *at)
{
	const struct log_record *r = f->r;

	if (r->type == RECORD_NETFILTER_CFG || r->type == RECORD_SOCKADDR ||
		record_is_of_program(r->type)) {
		if (!f->outside)
			f->outside = outside_of(r);
		return at >= f->outside;
	}
	for (; f->counted < at; f->counted++)
		f->quotes += *f->counted == '"';
	return f->quotes % 2 == 0;
}

/* If the record's own header stands once more at `start`, behind " type=NAME msg=": *next is the
 * record there. Returns where the blank in front of it is, or NULL. */
static __attribute__((cold)) const char *further_at(
	struct log_line_names *names, struct further *f, const char *start, struct log_record *next)
{
	const char *text = f->r->text.at, *limit = text + f->r->text.len, *at = start - 6;

	if ((size_t)(start - text) < f->header + 11 || memcmp(start, text, f->header) != 0 ||
		memcmp(start - 5, " msg=", 5) != 0)
		return NULL;
	while (at > text + f->header && *at != ' ')
		at--;
	next->host = f->r->host;
	next->enriched = SPAN_NONE;
	if (!read_node(names, (struct span){at + 1, (uint32_t)(limit - at - 1)}, next) ||
		!is_outside(f, at))
		return NULL;
	return at;
}

/* Whether one of 32 bytes is a '('. May be true for bytes that are no ASCII, too. */
static inline bool may_have_bracket(const char *at)
{
	const uint64_t bracket = WORD_ONES * '(';

	return ((((word_load(at) ^ bracket) - WORD_ONES) |
			((word_load(at + 8) ^ bracket) - WORD_ONES) |
			((word_load(at + 16) ^ bracket) - WORD_ONES) |
			((word_load(at + 24) ^ bracket) - WORD_ONES)) &
		       WORD_ONES * 0x80) != 0;
}

__attribute__((cold)) static void know_header(struct further *f)
{
	const struct span text = f->r->text;
	const char *close = memchr(text.at, ')', text.len);

	f->header = close ? (size_t)(close + 2 - text.at) : text.len; /* with the colon */
	f->time = word_load(text.at + AT);
	f->serial = word_load(text.at + f->header - 8);
}

/* A second record of the same event, from `at` on. The 't' in front of a bracket, and the time and
 * the serial behind it, tell those of a header from nearly all others. *at moves behind
 * `count` times eight bytes, or to the next bracket if there is none among them. */
__attribute__((noinline)) static const char *find_further_in(struct log_line_names *names,
	struct further *f, const char **at, unsigned count, struct log_record *next)
{
	const char *text = *at, *limit = f->r->text.at + f->r->text.len, *last, *found;
	uint64_t any = 0;

	if (f->header == 0)
		know_header(f);
	last = limit - f->header; /* begin of a header */
	for (; count > 0; count--, text += 8) {
		uint64_t brackets = word_find_byte(text, '(');

		any |= brackets;
		brackets &= word_find_byte(text - 1, 't');
		for (; brackets; brackets &= brackets - 1) {
			const char *start = text + word_first(brackets) - AT;

			if (start <= last && word_load(start + AT) == f->time &&
				word_load(start + f->header - 8) == f->serial &&
				(found = further_at(names, f, start, next)))
				return found;
		}
	}
	if (!any) { /* no ASCII: much of it may follow */
		text = memchr(text, '(', (size_t)(limit - text));
		text = text ? text : limit;
	}
	*at = text;
	return NULL;
}

/* The same in all of the record. Brackets are rare, and behind the last one there are at least
 * eight bytes. */
static const char *find_further(
	struct log_line_names *names, const struct log_record *r, struct log_record *next)
{
	struct further f = {.r = r, .counted = r->text.at};
	const char *at = r->text.at + AT + 1; /* behind the own one */
	const char *limit = r->text.at + r->text.len, *found;

	if (r->text.len < 40)
		return NULL;
	while (limit - at >= 32) {
		if (!may_have_bracket(at))
			at += 32;
		else if ((found = find_further_in(names, &f, &at, 4, next)))
			return found;
	}
	return at < limit && may_have_bracket(limit - 32)
		       ? find_further_in(names, &f, &at, (unsigned)(limit - at) / 8, next)
		       : NULL;
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
