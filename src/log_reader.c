#include "log_reader.h"

#include "sys.h"
#include "tables.h"
#include "word.h"

void log_reader_init(
	struct log_reader *l, struct counters *counters, log_reader_record *record, void *context)
{
	l->counters = counters;
	l->record = record;
	l->context = context;
	memset(l->names, 0, sizeof(l->names));
	log_reader_open(l, -1);
}

void log_reader_open(struct log_reader *l, int fd)
{
	l->fd = fd;
	l->begin = l->end = 0;
	l->in_long_line = false;
}

/* ---- one line -------------------------------------------------------------------------- */

/* Names are upper case; the peer takes lower case for the same. */
static int type_number(struct span name)
{
	char upper[LIMIT_MSGID_BYTES];

	for (uint32_t i = 0; i < name.len; i++)
		upper[i] = name.at[i] >= 'a' && name.at[i] <= 'z' ? (char)(name.at[i] - 32)
								  : name.at[i];
	return record_type_number(upper, name.len);
}

static bool find_type(struct log_reader *l, struct span name, uint16_t *type)
{
	struct log_reader_name *n;
	int number;

	if (name.len == 0 || name.len > LIMIT_MSGID_BYTES)
		return false;
	n = &l->names[((unsigned char)name.at[0] * 5u + (unsigned char)name.at[name.len - 1] +
			      name.len * 7u) %
		      LIMIT_LOG_NAMES];
	if (n->len != name.len || !word_same(n->text, name.at, name.len)) {
		number = type_number(name);
		if (number < 0)
			return false;
		n->type = (uint16_t)number;
		n->len = (uint8_t)name.len;
		memcpy(n->text, name.at, name.len);
	}
	*type = n->type;
	return true;
}

bool log_reader_line(struct log_reader *l, struct span line, struct log_record *record)
{
	struct span *text = &record->text;
	const char *blank;
	struct span name;

	record->host = record->enriched = SPAN_NONE;

	if (span_starts(line, "node=")) {
		blank = memchr(line.at, ' ', line.len);
		if (!blank)
			return false;
		record->host = (struct span){line.at + 5, (uint32_t)(blank - line.at) - 5};
		line.len -= (uint32_t)(blank + 1 - line.at);
		line.at = blank + 1;
	}
	if (!span_starts(line, "type="))
		return false;
	name = (struct span){line.at + 5, 0};
	while (name.len < line.len - 5 && name.at[name.len] != ' ')
		name.len++;
	*text = (struct span){name.at + name.len, line.len - 5 - name.len};
	if (!span_starts(*text, " msg=audit("))
		return false;
	text->at += 5;
	text->len -= 5;
	return find_type(l, name, &record->type);
}

/* ---- lines ----------------------------------------------------------------------------- */

/* The newline from `at` on, or NULL. *enriched is the first 0x1d before it, if there is one.
 * Both in one go: every byte of a log passes here. */
static const char *find_end(const char *at, const char *limit, const char **enriched)
{
	*enriched = NULL;
	while ((at = word_find_below(at, limit, 0x20)) < limit) {
		if (*at == '\n')
			return at;
		if (*at == 0x1d && !*enriched)
			*enriched = at;
		at++;
	}
	return NULL;
}

static void hand_on(struct log_reader *l, struct span line, struct span enriched)
{
	struct log_record record;

	if (l->in_long_line) {
		l->in_long_line = false;
		return;
	}
	if (line.len == 0)
		return;
	if (log_reader_line(l, line, &record)) {
		record.enriched = enriched;
		l->record(l->context, &record);
	} else if (span_is(line, "----")) {
		l->record(l->context, NULL);
	} else {
		l->counters->lines_skipped++;
	}
}

/* The part of a line that ends at `end`, or nothing. */
static struct span behind(const char *separator, const char *end)
{
	return separator ? (struct span){separator + 1, (uint32_t)(end - separator - 1)}
			 : SPAN_NONE;
}

static void hand_on_lines(struct log_reader *l)
{
	const char *newline, *enriched;
	const char *start = l->buffer + l->begin;

	while ((newline = find_end(start, l->buffer + l->end, &enriched))) {
		const char *end = enriched ? enriched : newline;

		hand_on(l, (struct span){start, (uint32_t)(end - start)},
			behind(enriched, newline));
		start = newline + 1;
		l->begin = (uint32_t)(start - l->buffer);
	}
}

/* Make room behind what is left: move it to the front, or give up a line that fills all. */
static void make_room(struct log_reader *l)
{
	if (l->begin == 0 && l->end == sizeof(l->buffer)) {
		hand_on(l, (struct span){l->buffer, l->end}, SPAN_NONE);
		l->in_long_line = true;
		l->begin = l->end;
	}
	memmove(l->buffer, l->buffer + l->begin, l->end - l->begin);
	l->end -= l->begin;
	l->begin = 0;
}

ssize_t log_reader_step(struct log_reader *l)
{
	ssize_t n;

	make_room(l);
	n = sys_read(l->fd, l->buffer + l->end, sizeof(l->buffer) - l->end);
	if (n <= 0)
		return n;
	l->end += (uint32_t)n;
	hand_on_lines(l);
	return n;
}

void log_reader_finish(struct log_reader *l)
{
	const char *start = l->buffer + l->begin;
	const char *enriched = memchr(start, 0x1d, l->end - l->begin);
	const char *end = enriched ? enriched : l->buffer + l->end;

	hand_on(l, (struct span){start, (uint32_t)(end - start)},
		behind(enriched, l->buffer + l->end));
	l->begin = l->end = 0;
}
