#include "execve.h"

#include "decode.h"
#include "word.h"

/* The number of a piece: "a2_len" is LENGTH, and in front of all others; "a2" and "a2[0]" are 1,
 * "a2[1]" is 2. */
#define LENGTH 0

_Static_assert(LIMIT_EVENT_PIECES <= UINT16_MAX, "sort_by() counts with 16 bits");

static uint32_t arg_of(const struct execve_piece *p)
{
	return (uint32_t)(p->place >> 32);
}

static uint32_t number_of(const struct execve_piece *p)
{
	return (uint32_t)p->place;
}

void execve_reset(struct execve *x)
{
	x->argc = SPAN_NONE;
	x->lost = SPAN_NONE;
	x->exhausted = false;
	x->incomplete = false;
	x->unsorted = false;
	x->piece_count = 0;
	x->arg_count = 0;
	x->bytes = 0;
	x->named = 0;
}

/* Digits at *at, at most nine; moves *at behind them. false if there are none. */
static bool read_number(const char **at, const char *limit, uint32_t *value)
{
	const char *start = *at;
	uint32_t n = 0;

	while (*at < limit && **at >= '0' && **at <= '9' && *at - start < 9)
		n = n * 10 + (uint32_t)(*(*at)++ - '0');
	*value = n;
	return *at > start;
}

/* "a12", "a12[3]" or "a12_len": which piece a name stands for. */
static bool read_name(struct span name, uint64_t *place)
{
	const char *at = name.at + 1;
	const char *limit = name.at + name.len;
	uint32_t arg, number = 0;

	if (name.len < 2 || name.at[0] != 'a' || !read_number(&at, limit, &arg))
		return false;
	*place = (uint64_t)arg << 32 | LENGTH;
	if (limit - at == 4 && memcmp(at, "_len", 4) == 0)
		return true;
	if (at < limit && (*at++ != '[' || !read_number(&at, limit, &number) || limit - at != 1 ||
				  *at != ']'))
		return false;
	*place += number + LENGTH + 1;
	return true;
}

/* Pieces nearly always come in order, and are appended. Else execve_finish() sorts them once, since
 * a program may send thousands of pieces backwards. A repeated piece replaces the earlier one. */
static void add_piece(struct execve *x, struct execve_piece piece)
{
	struct execve_piece *last = x->piece_count > 0 ? &x->pieces[x->piece_count - 1] : NULL;

	if (last && piece.place == last->place) {
		*last = piece;
		return;
	}
	if (!last || arg_of(&piece) != arg_of(last))
		x->named++;
	/* As long as they come in order, all pieces behind the last argument can be left out. */
	if (x->piece_count == LIMIT_EVENT_PIECES || (x->named > LIMIT_EVENT_ARGS && !x->unsorted &&
							    last && piece.place > last->place)) {
		x->exhausted = true;
		return;
	}
	x->unsorted |= last && piece.place < last->place;
	x->pieces[x->piece_count++] = piece;
}

/* By one byte of their places; pieces of one place stay in their order. */
__attribute__((cold)) static void sort_by(
	unsigned shift, struct execve_piece *to, const struct execve_piece *from, uint32_t count)
{
	uint16_t begin[257] = {0};

	for (uint32_t i = 0; i < count; i++)
		begin[(from[i].place >> shift & 0xff) + 1]++;
	for (unsigned i = 1; i < 256; i++)
		begin[i] += begin[i - 1];
	for (uint32_t i = 0; i < count; i++)
		to[begin[from[i].place >> shift & 0xff]++] = from[i];
}

/* Byte by byte of their places, the lowest first: in whatever order LIMIT_EVENT_PIECES pieces came,
 * it takes some 0.3 million instructions. Of two with one place the later counts. */
__attribute__((cold)) static void sort(struct execve *x, struct arena *scratch)
{
	const uint32_t all = x->piece_count;
	struct execve_piece *from = x->pieces, *to = arena_take(scratch, all * sizeof(*to)), *swap;
	uint64_t differ = 0;

	x->piece_count = 0;
	x->exhausted |= !to;
	if (!to)
		return;
	for (uint32_t i = 1; i < all; i++)
		differ |= from[i].place ^ from[0].place;
	for (unsigned shift = 0; shift < 64; shift += 8) {
		if (!(differ >> shift & 0xff))
			continue;
		sort_by(shift, to, from, all);
		swap = to;
		to = from;
		from = swap;
	}
	for (uint32_t i = 0; i < all; i++)
		if (i + 1 == all || from[i].place != from[i + 1].place)
			x->pieces[x->piece_count++] = from[i];
	x->unsorted = false;
}

static void add_value(struct execve *x, struct span name, struct span value, bool quoted)
{
	struct execve_piece piece = {.at = value.at, .len = value.len, .quoted = quoted};

	if (span_is(name, "argc"))
		x->argc = value;
	else if (read_name(name, &piece.place))
		add_piece(x, piece);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static const char *find_blank(const char *at, const char *limit)
{
	for (;; at++) {
		at = word_find_below(at, limit, ' ' + 1);
		if (at == limit || is_blank(*at))
			return at;
	}
}

void execve_add(struct execve *x, struct span body)
{
	const char *at = body.at;
	const char *limit = body.at + body.len;

	while (at < limit) {
		const char *name = at;
		struct span name_span;
		const char *value;

		while (at < limit && *at != '=' && !is_blank(*at))
			at++;
		if (at == limit)
			return;
		if (*at != '=') {
			at++;
			continue;
		}
		if (x->exhausted)
			return; /* no more pieces are taken: do not read on */
		name_span = (struct span){name, (uint32_t)(at - name)};
		value = ++at;
		if (at < limit && *at == '"') {
			const char *end = memchr(at + 1, '"', (size_t)(limit - at - 1));

			at = end ? end : limit;
			add_value(x, name_span,
				(struct span){value + 1, (uint32_t)(at - value - 1)}, true);
			at += end != NULL;
		} else {
			at = find_blank(at, limit);
			add_value(
				x, name_span, (struct span){value, (uint32_t)(at - value)}, false);
		}
	}
}

/* The kernel never quotes an argument that has a blank. Others do: Auditbeat then removes the
 * blanks at both ends. */
static struct span trim(struct span text)
{
	while (text.len > 0 && text.at[text.len - 1] == ' ')
		text.len--;
	while (text.len > 0 && text.at[0] == ' ') {
		text.at++;
		text.len--;
	}
	return text;
}

/* "a12", for people. */
__attribute__((cold)) static struct span argument_name(uint32_t arg, struct arena *scratch)
{
	struct span digits = decode_print_uint(scratch, arg);
	char *text = digits.at ? arena_take(scratch, digits.len + 1) : NULL;

	if (!text)
		return SPAN("argc");
	text[0] = 'a';
	memcpy(text + 1, digits.at, digits.len);
	return (struct span){text, digits.len + 1};
}

/* Decode a piece in place. */
static struct span decode_piece(struct execve_piece *p, struct arena *scratch)
{
	struct span value = {p->at, p->len};
	struct span decoded = p->quoted ? trim(value) : decode_hex(scratch, value);

	if (decoded.at) {
		p->at = decoded.at;
		p->len = decoded.len;
	}
	return (struct span){p->at, p->len};
}

static struct span concatenate(
	const struct execve_piece *p, uint32_t count, uint32_t bytes, struct arena *scratch)
{
	char *text = arena_take(scratch, bytes);
	char *at = text;

	if (!text)
		return SPAN_NONE;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(at, p[i].at, p[i].len);
		at += p[i].len;
	}
	return (struct span){text, bytes};
}

/* One argument from its `count` pieces. */
static void join(struct execve *x, struct execve_piece *p, uint32_t count, struct arena *scratch)
{
	uint32_t arg = arg_of(p), bytes = 0;
	uint64_t length = 0, characters = 0;
	bool whole = true;
	struct span out = SPAN_NONE, text;

	/* aN_len counts the characters in the record: of hex, the digits. Where the kernel could
	 * not read the process's memory it is ULONG_MAX or a multiple of it. */
	if (number_of(p) == LENGTH) {
		if (!decode_uint((struct span){p->at, p->len}, &length) || length > UINT32_MAX)
			length = 0;
		p++;
		count--;
	}
	for (uint32_t i = 0; i < count; i++) {
		characters += p[i].len;
		if (x->bytes + bytes >= LIMIT_EVENT_ARGS_BYTES) {
			x->exhausted = true;
			count = i;
			break;
		}
		out = decode_piece(&p[i], scratch);
		bytes += out.len;
		whole &= number_of(&p[i]) == LENGTH + 1 + i;
	}
	x->bytes += bytes;
	if (count > 1) {
		text = concatenate(p, count, bytes, scratch);
		x->exhausted |= !text.at;
		out = text.at ? text : (struct span){p->at, p->len};
	}
	if (!(count == 1 && p->quoted)) /* the kernel quotes no NUL */
		out = decode_until_nul(out);
	if ((!whole || characters < length) && !x->lost.at)
		x->lost = argument_name(arg, scratch);
	if (count > 0)
		x->args[x->arg_count++] = out;
}

void execve_finish(struct execve *x, uint32_t room, struct arena *scratch)
{
	struct execve_piece *p = x->pieces, *end;
	uint64_t argc;

	if (!x->argc.at || !decode_uint(x->argc, &argc)) {
		x->incomplete = x->piece_count > 0;
		return;
	}
	if (x->unsorted)
		sort(x, scratch);
	end = x->pieces + x->piece_count;
	while (p < end && arg_of(p) < argc) {
		uint32_t count = 1;

		if (x->arg_count == LIMIT_EVENT_ARGS || x->bytes >= LIMIT_EVENT_ARGS_BYTES ||
			COST_ARGUMENT * x->arg_count + COST_ARGUMENT_BYTE * x->bytes >= room) {
			x->exhausted = true;
			break;
		}
		while (p + count < end && arg_of(&p[count]) == arg_of(p))
			count++;
		x->incomplete |= arg_of(p) != x->arg_count;
		join(x, p, count, scratch);
		p += count;
	}
	x->incomplete |= x->arg_count < argc;
}
