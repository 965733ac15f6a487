#include "log_reader.h"

#include "sys.h"
#include "tables.h"

void log_reader_init(
	struct log_reader *l, struct counters *counters, log_reader_record *record, void *context)
{
	l->counters = counters;
	l->record = record;
	l->context = context;
	log_reader_open(l, -1);
}

void log_reader_open(struct log_reader *l, int fd)
{
	l->fd = fd;
	l->begin = l->end = 0;
	l->in_long_line = false;
}

/* Names are upper case; the peer takes lower case for the same. */
static int type_number(struct span name)
{
	char upper[LIMIT_MSGID_BYTES];

	if (name.len > sizeof(upper))
		return -1;
	for (uint32_t i = 0; i < name.len; i++)
		upper[i] = name.at[i] >= 'a' && name.at[i] <= 'z' ? (char)(name.at[i] - 32)
								  : name.at[i];
	return record_type_number(upper, name.len);
}

bool log_reader_line(struct span line, uint16_t *type, struct span *text)
{
	const char *enriched = memchr(line.at, 0x1d, line.len);
	const char *blank;
	struct span name;
	int number;

	if (enriched)
		line.len = (uint32_t)(enriched - line.at);
	if (span_starts(line, "node=")) {
		blank = memchr(line.at, ' ', line.len);
		if (!blank)
			return false;
		line.len -= (uint32_t)(blank + 1 - line.at);
		line.at = blank + 1;
	}
	if (!span_starts(line, "type="))
		return false;
	blank = memchr(line.at, ' ', line.len);
	if (!blank)
		return false;
	name = (struct span){line.at + 5, (uint32_t)(blank - line.at) - 5};
	*text = (struct span){blank + 1, line.len - (uint32_t)(blank + 1 - line.at)};
	if (!span_starts(*text, "msg=audit("))
		return false;
	text->at += 4;
	text->len -= 4;
	number = type_number(name);
	if (number < 0)
		return false;
	*type = (uint16_t)number;
	return true;
}

static void hand_on(struct log_reader *l, struct span line)
{
	uint16_t type;
	struct span text;

	if (l->in_long_line) {
		l->in_long_line = false;
		return;
	}
	if (line.len == 0)
		return;
	if (log_reader_line(line, &type, &text))
		l->record(l->context, type, text);
	else
		l->counters->lines_skipped++;
}

static void hand_on_lines(struct log_reader *l)
{
	const char *newline;

	while ((newline = memchr(l->buffer + l->begin, '\n', l->end - l->begin))) {
		const char *start = l->buffer + l->begin;

		hand_on(l, (struct span){start, (uint32_t)(newline - start)});
		l->begin = (uint32_t)(newline + 1 - l->buffer);
	}
}

/* Make room behind what is left: move it to the front, or give up a line that fills all. */
static void make_room(struct log_reader *l)
{
	if (l->begin == 0 && l->end == sizeof(l->buffer)) {
		hand_on(l, (struct span){l->buffer, l->end});
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
	hand_on(l, (struct span){l->buffer + l->begin, l->end - l->begin});
	l->begin = l->end = 0;
}
