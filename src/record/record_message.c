#include "decode.h"
#include "record_fields.h"
#include "record_outside.h"
#include "record_split.h"
#include "record_token.h"

/*
 * The fields that libraries append to a message, in their order. libselinux, for a check of access:
 * the function (of systemd), and those of avc_audit() (libselinux/src/avc.c). Then libaudit
 * (audit_log_user_message() and its like, audit-userspace lib/audit_logging.c). Host and terminal
 * may hold any byte. For the star see record_outside.h.
 */
static const char *const check_tail[] = {"function", "scontext", "tcontext", "tclass", "permissive",
	"exe", "sauid", "*hostname", "*addr", "*terminal", "res", NULL};

#define TAIL_COUNT	(sizeof(check_tail) / sizeof(check_tail[0]) - 1)
#define LIBAUDITS_TAIL	(check_tail + 5)
#define BEHIND_EXE_TAIL (check_tail + 6)

struct message {
	struct record_workspace *w;
	struct record *r;
	uint32_t kernel_fields; /* the record's first fields are the kernel's */
	struct span rest;	/* what has not become fields yet */
	const char *limit;	/* of the message */
	bool is_check;		/* of access, by libselinux: res= in it is no result */
	bool is_behind;		/* `rest` is what stands behind the message */
	bool is_unclosed;	/* no quote closes any more in the part that is read */
	unsigned tail_count;
	struct {
		struct span name, value;
	} tail[TAIL_COUNT]; /* from the last to the first */
};

/* ---- fields -------------------------------------------------------------------------------- */

static struct field *find(struct message *m, enum key key, struct span name)
{
	return key == KEY_OTHER ? record_fields_find_unknown(m->w, m->r, name)
				: record_field(m->w, key);
}

/* "msg_pid": a message may name a process or a user, too. The kernel's field keeps its name. */
static struct span other_name(struct message *m, struct span name)
{
	char *text = arena_take(m->w->scratch, name.len + 4u);

	if (!text)
		return SPAN_NONE;
	memcpy(text, "msg_", 4);
	memcpy(text + 4, name.at, name.len);
	return (struct span){text, name.len + 4u};
}

/* In these types the account is a group. Its name needs no encoding, and Auditbeat decodes none. */
static bool is_group(const struct message *m, enum key key)
{
	return key == KEY_ACCT &&
	       (m->r->type == RECORD_ADD_GROUP || m->r->type == RECORD_DEL_GROUP ||
		       m->r->type == RECORD_GRP_MGMT || m->r->type == RECORD_GRP_CHAUTHTOK);
}

static bool is_kernels(const struct message *m, const struct field *f)
{
	return f && f < m->r->fields + m->kernel_fields;
}

static bool is_id(struct span value)
{
	uint64_t number;

	return decode_uint(value, &number) || span_is(value, "-1");
}

/* Of two fields with one name the first counts. A field of an unknown name is never the kernel's,
 * even outside of the message; odd logs have such. */
static void add(struct message *m, enum key key, struct span name, struct span value, bool quoted)
{
	struct field *f = find(m, key, name);

	if (key != KEY_OTHER && is_kernels(m, f)) {
		if (key == KEY_UID && !is_id(value))
			m->r->account = ACCOUNT_UNKNOWN;
		if (!is_id(value))
			return;
		name = other_name(m, name);
		key = key_find(name.at, name.len);
		f = name.at ? find(m, key, name) : NULL;
	}
	if (!name.at || (m->is_behind && key != KEY_OTHER) ||
		(f && !is_kernels(m, f) && !m->is_behind))
		return;
	if (!f)
		f = key == KEY_OTHER ? record_fields_claim_unknown(m->w, m->r, name)
				     : record_fields_claim(m->w, m->r, key);
	if (f)
		record_field_set_text(m->w, f, value, quoted || is_group(m, key));
}

/* Add a value as it stands in the message, with or without quotes around it. */
static void add_value(struct message *m, struct span name, struct span value)
{
	const bool quoted = value.len > 1 && value.at[0] == '"' && value.at[value.len - 1] == '"';
	const enum key key = key_find(name.at, name.len);

	if (quoted)
		value = (struct span){value.at + 1, value.len - 2};
	if (!token_is_void(value))
		add(m, key, name, value, quoted);
	else if (key == KEY_ACCT && !is_group(m, key))
		m->r->account = span_is(value, "?") ? ACCOUNT_UNKNOWN : ACCOUNT_EMPTY;
}

/* ---- from the end -------------------------------------------------------------------------- */

/* audit-userspace before 2.0: "... (hostname=H, addr=A, terminal=T res=success)". At the end of a
 * session Auditbeat keeps the comma, and so do we. */
static struct span without_comma(const struct message *m, struct span value)
{
	if (m->r->type != RECORD_USER_END && value.len > 0 && value.at[value.len - 1] == ',')
		value.len--;
	return value;
}

/* Returns where the tail begins. */
static const char *read_names(struct message *m, const char *from, const char *const *names)
{
	struct record_tail tail = record_tail_of(from, m->limit, names);

	m->tail_count = 0;
	while (m->tail_count < TAIL_COUNT && record_tail_next(&tail, &m->tail[m->tail_count].name,
						     &m->tail[m->tail_count].value))
		m->tail_count++;
	return tail.limit;
}

static void read_tail(struct message *m)
{
	const char *begin = m->rest.at;

	m->limit = begin + m->rest.len;
	if (m->rest.len > 0 && m->limit[-1] == ')')
		m->limit--;
	m->rest =
		token_span(begin, read_names(m, begin, m->is_check ? check_tail : LIBAUDITS_TAIL));
}

/* Read the tail once more, now that the first exe= of the message is found: libaudit wrote that
 * one. So the field behind it is libaudit's, too, and its value reaches up to the tail that is
 * found from the end, even if the value looks like a tail with another exe=. false: no such field
 * is there. */
static bool read_tail_behind(struct message *m, const char *exe_end)
{
	const char *begin = token_skip_blanks(exe_end, m->limit);
	struct span rest;
	size_t len;

	begin += begin < m->limit && *begin == '(';
	rest = token_span(begin, m->limit);
	for (const char *const *names = BEHIND_EXE_TAIL; *names; names++) {
		const char *name = *names + (**names == '*');

		len = strlen(name);
		if (rest.len <= len || !span_starts(rest, name) || begin[len] != '=')
			continue;
		rest = token_span(begin, read_names(m, begin, names + 1));
		m->tail[m->tail_count].name = span_of(name);
		m->tail[m->tail_count++].value = token_span(begin + len + 1, rest.at + rest.len);
		return true;
	}
	return false;
}

static bool is_in_tail(const struct message *m, struct span name)
{
	for (unsigned i = 0; i < m->tail_count; i++)
		if (span_equal(m->tail[i].name, name))
			return true;
	return false;
}

static void add_tail(struct message *m)
{
	for (unsigned i = m->tail_count; i-- > 0;)
		add_value(m, m->tail[i].name, without_comma(m, m->tail[i].value));
}

/* ---- from the front ------------------------------------------------------------------------ */

/* systemd checks what somebody asked it to do, and begins with who that is: "auid=N uid=N gid=N",
 * n/a if not known (audit_callback(), src/core/selinux-access.c). They are the actor, not systemd.
 */
static void read_caller(struct message *m)
{
	static const char *const names[] = {"auid=", "uid=", "gid="};
	static const enum key keys[] = {KEY_AUID, KEY_UID, KEY_GID};
	const char *at = m->rest.at, *limit = at + m->rest.len;
	struct span values[3];

	for (unsigned i = 0; i < 3; i++) {
		struct span word = token_span(at, token_end(at, limit));

		if (!span_starts(word, names[i]))
			return;
		values[i] = token_span(word.at + strlen(names[i]), word.at + word.len);
		if (!is_id(values[i]) && !span_is(values[i], "n/a"))
			return;
		at = token_skip_blanks(word.at + word.len, limit);
	}
	for (unsigned i = 0; i < 3; i++) {
		record_remove(m->w, m->r, keys[i]);
		if (is_id(values[i]))
			record_set(m->w, m->r, keys[i], values[i]);
	}
	m->kernel_fields = m->r->field_count;
	m->rest = token_span(at, limit);
}

/* CUPS reports a document that somebody prints. */
static bool is_export(const struct message *m)
{
	return m->r->type == RECORD_USER_LABELED_EXPORT ||
	       m->r->type == RECORD_USER_UNLABELED_EXPORT;
}

/* Values that a program writes as it got them, with any byte: all of the rest is the value. They
 * are systemd's cmdline="...", the X server's comm= of its client, text= of `auditctl -m`, title=
 * of CUPS. */
static bool holds_the_rest(const struct message *m, struct span name)
{
	if (m->r->type == RECORD_USER)
		return span_is(name, "text");
	if (is_export(m))
		return span_is(name, "title");
	return m->is_check && (span_is(name, "cmdline") || span_is(name, "comm"));
}

/* Whether such a value stands in front of exe=: then libaudit's exe= is the last one, else the
 * first.
 */
static bool has_text_before_exe(const struct message *m)
{
	return m->is_check || m->r->type == RECORD_USER || is_export(m);
}

static bool tells_result(struct span name)
{
	return span_is(name, "res") || span_is(name, "result");
}

/* The closing quote stands in front of a blank, or at the end. */
static const char *closing_quote(const char *open, const char *limit)
{
	const char *at = open;

	while ((at = memchr(at + 1, '"', (size_t)(limit - at - 1))))
		if (at + 1 == limit || token_is_blank(at + 1))
			return at;
	return NULL;
}

static const char *value_end(struct message *m, struct span name, const char *at, const char *limit)
{
	const char *quote = NULL;

	if (holds_the_rest(m, name))
		return limit;
	if (*at == '"' && !m->is_unclosed) {
		quote = closing_quote(at, limit);
		m->is_unclosed = !quote;
	}
	return quote ? quote + 1 : token_end(at, limit);
}

static void read_front(struct message *m)
{
	const char *at = m->rest.at, *limit = at + m->rest.len;
	struct record_words words = {0};

	m->is_unclosed = false;
	while ((at = token_skip_blanks(at, limit)) < limit) {
		const char *begin = at;
		struct span name;

		while (at < limit && token_class(at) == TOKEN_NAME)
			at++;
		name = token_span(begin, at);
		if (++m->w->named > m->w->most_named) {
			record_leave_out(m->w, SPAN("field"));
			break;
		}
		if (name.len == 0 || at == limit || *at != '=') {
			at = token_end(at, limit);
			record_words_add(m->w, &words, token_span(begin, at), m->rest.len);
			continue;
		}
		if (++at == limit)
			break;
		begin = at;
		at = value_end(m, name, at, limit);
		if (m->tail_count > 0 && span_is(name, "exe") && !m->is_behind &&
			!has_text_before_exe(m) && read_tail_behind(m, at)) {
			add_value(m, name, token_span(begin, at));
			break;
		}
		if (!is_in_tail(m, name) && !(m->is_check && tells_result(name)))
			add_value(m, name, token_span(begin, at));
	}
	record_words_set(m->w, m->r, &words);
}

/* A text may consist of apostrophes. */
const char *record_find_message(struct span text)
{
	const char *at = text.at + 5, *limit = text.at + text.len;

	if (text.len < 6)
		return NULL;
	for (; limit - at >= 8; at += 8) {
		uint64_t found = word_find_byte(at, '\'') & word_find_byte(at - 1, '=');

		for (; found; found &= found - 1) {
			const char *quote = at + word_first(found);

			if (span_is((struct span){quote - 5, 6}, " msg='"))
				return quote + 1;
		}
	}
	for (; at < limit; at++)
		if (*at == '\'' && span_is((struct span){at - 5, 6}, " msg='"))
			return at + 1;
	return NULL;
}

/* ---- the whole ----------------------------------------------------------------------------- */

void record_split_message(
	struct record_workspace *w, struct record *r, struct span text, const char *message)
{
	const char *limit = text.at + text.len;
	const char *close = memrchr(message, '\'', (size_t)(limit - message));
	struct message m = {.w = w, .r = r};

	record_split(w, r, token_span(text.at, message - strlen(" msg='")));
	record_remove(
		w, r, KEY_TEXT); /* "user", in front of the kernel's fields until Linux 2.6.32 */
	r->is_message = true;
	m.kernel_fields = r->field_count;
	m.rest = token_span(message, close ? close : limit);
	m.rest = record_split_avc(w, r, m.rest);
	m.is_check = record_field(w, KEY_SERESULT) != NULL;
	read_tail(&m);
	if (m.is_check)
		read_caller(&m);
	read_front(&m);
	add_tail(&m);
	if (close) {
		m.is_behind = true;
		m.rest = token_span(close + 1, limit);
		read_front(&m);
	}
}
