#include "execve.h"

#include "decode.h"

void execve_reset(struct execve *x)
{
	x->argc = SPAN_NONE;
	x->exhausted = false;
	x->incomplete = false;
	x->piece_count = 0;
	x->arg_count = 0;
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

/* "a12" or "a12[3]": which piece a name stands for. "a12_len" and others are none. */
static bool read_name(struct span name, uint32_t *arg, uint32_t *number)
{
	const char *at = name.at + 1;
	const char *limit = name.at + name.len;

	*number = 0;
	if (name.len < 2 || name.at[0] != 'a' || !read_number(&at, limit, arg))
		return false;
	if (at == limit)
		return true;
	if (*at++ != '[' || !read_number(&at, limit, number))
		return false;
	return limit - at == 1 && *at == ']';
}

static bool piece_after(const struct execve_piece *p, uint32_t arg, uint32_t number)
{
	return p->arg > arg || (p->arg == arg && p->number > number);
}

/* Records come in order, so the place is nearly always the end. A repeated piece replaces. */
static struct execve_piece *place(struct execve *x, uint32_t arg, uint32_t number)
{
	uint32_t at = x->piece_count;
	struct execve_piece *before;

	while (at > 0 && piece_after(&x->pieces[at - 1], arg, number))
		at--;
	before = at > 0 ? &x->pieces[at - 1] : NULL;
	if (before && before->arg == arg && before->number == number)
		return before;
	if (x->piece_count == LIMIT_EVENT_FIELDS) {
		x->exhausted = true;
		return NULL;
	}
	if (at < x->piece_count)
		memmove(&x->pieces[at + 1], &x->pieces[at],
			(x->piece_count - at) * sizeof(x->pieces[0]));
	x->piece_count++;
	return &x->pieces[at];
}

static void add_value(struct execve *x, struct span name, struct span value, bool quoted)
{
	struct execve_piece *piece;
	uint32_t arg, number;

	if (span_is(name, "argc")) {
		x->argc = value;
		return;
	}
	if (!read_name(name, &arg, &number))
		return;
	piece = place(x, arg, number);
	if (piece)
		*piece = (struct execve_piece){value.at, value.len, arg, number, quoted};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
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
		name_span = (struct span){name, (uint32_t)(at - name)};
		value = ++at;
		if (at < limit && *at == '"') {
			const char *end = memchr(at + 1, '"', (size_t)(limit - at - 1));

			at = end ? end : limit;
			add_value(x, name_span,
				(struct span){value + 1, (uint32_t)(at - value - 1)}, true);
			at += end != NULL;
		} else {
			while (at < limit && !is_blank(*at))
				at++;
			add_value(
				x, name_span, (struct span){value, (uint32_t)(at - value)}, false);
		}
	}
}

/* The kernel quotes no argument with a blank; the peer takes them off where others did. */
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

/* One argument from its pieces, which are neighbours. Returns how many there were. */
static uint32_t join(struct execve *x, uint32_t first, struct arena *scratch, struct span *out)
{
	uint32_t count = 0;
	uint32_t bytes = 0;
	char *text;

	while (first + count < x->piece_count &&
		x->pieces[first + count].arg == x->pieces[first].arg) {
		struct execve_piece *p = &x->pieces[first + count];
		struct span value = {p->at, p->len};
		struct span decoded = p->quoted ? SPAN_NONE : decode_hex(scratch, value);

		*out = decoded.at ? decoded : value;
		if (p->quoted)
			*out = trim(value);
		p->at = out->at;
		p->len = out->len;
		bytes += p->len;
		if (p->number != count)
			x->incomplete = true;
		count++;
	}
	if (count > 1) {
		text = arena_take(scratch, bytes);
		if (!text) {
			x->exhausted = true;
			return count;
		}
		*out = (struct span){text, bytes};
		for (uint32_t i = first; i < first + count; i++) {
			memcpy(text, x->pieces[i].at, x->pieces[i].len);
			text += x->pieces[i].len;
		}
	}
	if (!(count == 1 && x->pieces[first].quoted)) /* the kernel quotes no NUL */
		*out = decode_until_nul(*out);
	return count;
}

void execve_finish(struct execve *x, struct arena *scratch)
{
	uint64_t argc;
	uint32_t i = 0;

	if (!x->argc.at || !decode_uint(x->argc, &argc))
		return;
	while (i < x->piece_count && x->pieces[i].arg < argc) {
		if (x->arg_count == LIMIT_EVENT_ARGS) {
			x->exhausted = true;
			break;
		}
		if (x->pieces[i].arg != x->arg_count)
			x->incomplete = true;
		i += join(x, i, scratch, &x->args[x->arg_count]);
		x->arg_count++;
	}
	if (x->arg_count < argc)
		x->incomplete = true;
}
