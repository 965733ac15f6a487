#include "record_outside.h"

#include "record_token.h"

/* For some record types: the field with the text from outside, and the fields behind it. If a type
 * has several forms, each but the last has a field that is never missing, "+name". */
struct outside {
	uint16_t first, last; /* record types */
	uint16_t key;
	const char *const *tail;
};

#define TAIL(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_TAIL	  ((const char *const[]){NULL})

/* net/netlabel: one order that is right for all its records */
#define NETLABEL                                                                                   \
	TAIL("unlbl_accept", "old", "nlbl_domain", "*netif", "src", "src_prefixlen", "dst",        \
		"dst_prefixlen", "sec_obj", "nlbl_protocol", "cipso_doi", "cipso_type",            \
		"calipso_doi", "calipso_type", "res")

/*
 * All texts from outside that the kernel writes unescaped, in the sources of Linux 2.6.26 to 6.18.
 * In programs' records only the label is the kernel's; record_message.c reads the rest.
 *
 * Not here, since their writers escape them: comm, exe, cwd, proctitle, names of files and of
 * kernel modules, rule keys, keystrokes (audit_log_untrustedstring(), audit_log_n_hex());
 * AppArmor's profile, name, peer, label, namespace, srcname (security/apparmor); invalid_context,
 * trawcon (security/selinux); file names of IMA, EVM and IPE; paths of Landlock. Not here either,
 * since the kernel itself or root by its policy chose them: op, cause, info, error_msg, module (of
 * the device mapper), bool, rule, policy_name, tty, the numbers of FANOTIFY.
 *
 *  label    subj= and obj= are `%s` of what the security module calls a process
 *           (audit_log_task_context(), kernel/audit.c). AppArmor's are names of profiles, which
 *           hold any byte, and a user may load some in a namespace of their own. Of files and
 *           other objects (PATH, IPC, MQ_OPEN) only SELinux and Smack have labels, without blanks.
 *  table    nf_tables lets whoever has CAP_NET_ADMIN in a namespace of their own call a table
 *           anything (audit_log_nfcfg(), kernel/auditsc.c: `table=%s family=%u ...`).
 *  dev      an interface's name may hold quotes and '=', but no blank (dev_valid_name(),
 *           net/core/dev.c), and so needs no line here: a value without quotes ends at a blank.
 *  comm     SELinux's message of an unknown netlink message ended in `comm=%s` until Linux 4.9.
 */
static const struct outside outside[] = {
	{RECORD_SYSCALL, RECORD_SYSCALL, KEY_SUBJ, TAIL("comm", "exe", "+key")},
	{RECORD_USER, RECORD_USER, KEY_SUBJ, NO_TAIL},
	{RECORD_USER_AUTH, RECORD_LAST_USER_MSG, KEY_SUBJ, TAIL("data")}, /* of USER_TTY */
	{RECORD_ANOM_LOGIN_FAILURES, RECORD_LAST_USER_MSG2, KEY_SUBJ, NO_TAIL},
	{RECORD_LOGIN, RECORD_LOGIN, KEY_SUBJ,
		TAIL("old_auid", "new_auid", "old_ses", "new_ses", "old-auid", "auid", "tty",
			"old-ses", "ses", "res")},
	{RECORD_NETFILTER_CFG, RECORD_NETFILTER_CFG, KEY_TABLE,
		TAIL("+family", "entries", "op", "pid", "*subj", "comm")},
	{RECORD_NETFILTER_CFG, RECORD_NETFILTER_CFG, KEY_SUBJ, TAIL("comm")},
	{RECORD_SECCOMP, RECORD_SECCOMP, KEY_SUBJ,
		TAIL("pid", "comm", "*exe", "sig", "arch", "syscall", "compat", "ip", "code")},
	{RECORD_ANOM_ABEND, RECORD_ANOM_ABEND, KEY_SUBJ,
		TAIL("pid", "comm", "*exe", "*reason", "sig", "res")},
	{RECORD_CONFIG_CHANGE, RECORD_CONFIG_CHANGE, KEY_SUBJ,
		TAIL("op", "dir", "path", "old", "new", "key", "list", "old-enabled", "new-enabled",
			"old-log_passwd", "new-log_passwd", "res")},
	{RECORD_FEATURE_CHANGE, RECORD_FEATURE_CHANGE, KEY_SUBJ,
		TAIL("feature", "old", "new", "old_lock", "new_lock", "res")},
	{RECORD_EVENT_LISTENER, RECORD_EVENT_LISTENER, KEY_SUBJ,
		TAIL("comm", "exe", "nl-mcgrp", "op", "res")},
	{RECORD_URINGOP, RECORD_URINGOP, KEY_SUBJ, TAIL("key")},
	{RECORD_DM_CTRL, RECORD_DM_CTRL, KEY_SUBJ, TAIL("dev", "*error_msg", "res")},
	{RECORD_ANOM_LINK, RECORD_ANOM_CREAT, KEY_SUBJ, TAIL("res")},
	{RECORD_MAC_UNLBL_ALLOW, RECORD_MAC_MAP_DEL, KEY_SUBJ, NETLABEL},
	{RECORD_MAC_UNLBL_STCADD, RECORD_MAC_CALIPSO_DEL, KEY_SUBJ, NETLABEL},
	/* Of states, then of policies: xfrm_audit_state_add(), xfrm_audit_policy_add() */
	{RECORD_MAC_IPSEC_EVENT, RECORD_MAC_IPSEC_EVENT, KEY_SUBJ,
		TAIL("sec_alg", "sec_doi", "sec_obj", "src", "dst", "spi", "+res")},
	{RECORD_MAC_IPSEC_EVENT, RECORD_MAC_IPSEC_EVENT, KEY_SUBJ,
		TAIL("+res", "sec_alg", "sec_doi", "sec_obj", "src", "src_prefixlen", "dst",
			"dst_prefixlen")},
	{RECORD_INTEGRITY_DATA, RECORD_INTEGRITY_LAST_MSG, KEY_SUBJ,
		TAIL("op", "cause", "comm", "name", "dev", "ino", "res", "errno")},
	{RECORD_OBJ_PID, RECORD_OBJ_PID, KEY_OBJ, TAIL("ocomm")},
	{RECORD_MAC_TASK_CONTEXTS, RECORD_MAC_TASK_CONTEXTS, KEY_SUBJ_APPARMOR, NO_TAIL},
	{RECORD_SELINUX_ERR, RECORD_SELINUX_ERR, KEY_COMM, NO_TAIL},
};

/* ---- from the end -------------------------------------------------------------------------- */

struct record_tail record_tail_of(const char *from, const char *limit, const char *const *names)
{
	struct record_tail t = {from, token_trim(from, limit), names, 0, false, false};

	for (; names[t.count]; t.count++)
		t.is_short |= *names[t.count] == '+';
	return t;
}

static const char *bare_name(const char *name)
{
	return name + (*name == '*' || *name == '+');
}

/* Whether a word is NAME=VALUE; a quote in the value can only be one of two around it, unless the
 * name has a star. A bracket in front of the name is of audit-userspace before 2.0:
 * (hostname=H, addr=A, ...). */
static bool is_field(struct span word, const char *starred, struct span *value)
{
	const char *name = bare_name(starred), *quote;
	size_t len;

	if (word.len > 0 && word.at[0] == '(')
		word = (struct span){word.at + 1, word.len - 1};
	if (word.len == 0 || word.at[0] != *name)
		return false;
	len = strlen(name);
	if (word.len <= len || word.at[len] != '=' || !word_same(word.at, name, len))
		return false;
	*value = token_span(word.at + len + 1, word.at + word.len);
	quote = *starred == '*' ? NULL : memchr(value->at, '"', value->len);
	return !quote || (quote == value->at && value->len > 1 &&
				 memchr(quote + 1, '"', value->len - 1) == quote + value->len - 1);
}

/* Whether the last word before `limit` is a field of one of the first `count` names. */
static bool ends_in_field(const struct record_tail *t, const char *limit, unsigned count)
{
	const char *end = token_trim(t->from, limit);
	struct span word = token_span(token_begin(t->from, end), end), value;

	while (count-- > 0)
		if (is_field(word, t->names[count], &value))
			return true;
	return false;
}

/* Find a value that holds blanks. It begins at the last place where its name follows a field of the
 * tail; of several names the last one's counts. All are looked for at once: a text may have
 * thousands of words. */
static bool find_long_value(struct record_tail *t, struct span *name, struct span *value)
{
	const char *found = NULL, *begin;
	unsigned least = 0; /* names in front of this one are of no interest any more */

	for (const char *at = t->limit; at > t->from; at = token_trim(t->from, begin)) {
		begin = token_begin(t->from, at);
		for (unsigned i = t->count; i-- > least;) {
			struct span rest;

			if (t->names[i][0] != '*' || (*begin != t->names[i][1] && *begin != '(') ||
				!is_field(token_span(begin, at), t->names[i], &rest) ||
				!ends_in_field(t, begin, i))
				continue;
			*value = token_span(rest.at, t->limit);
			found = begin;
			least = i + 1;
		}
	}
	if (!found)
		return false;
	*name = span_of(bare_name(t->names[least - 1]));
	t->limit = token_trim(t->from, found);
	t->count = least - 1;
	return true;
}

bool record_tail_next(struct record_tail *t, struct span *name, struct span *value)
{
	const char *begin = token_begin(t->from, t->limit);
	const struct span word = token_span(begin, t->limit);

	if (word.len == 0)
		return false;
	for (unsigned i = t->count; i-- > 0;) {
		if (is_field(word, t->names[i], value)) {
			*name = span_of(bare_name(t->names[i]));
			t->count = i;
			t->limit = token_trim(t->from, begin);
			t->has_begun = true;
			t->is_short &= *t->names[i] != '+';
			return true;
		}
	}
	return t->has_begun && find_long_value(t, name, value);
}

/* The end of the text in the usual case, else NULL: it has no blank, and one field follows it. */
static const char *quick_end(const char *const *names, const char *at, const char *limit)
{
	const char *end = token_end(at, limit), *next = token_skip_blanks(end, limit);
	size_t len;

	if (!*names || token_end(next, limit) != limit)
		return NULL;
	while (names[1])
		names++;
	len = strlen(bare_name(*names));
	return (size_t)(limit - next) > len && next[len] == '=' &&
			       word_same(next, bare_name(*names), len)
		       ? end
		       : NULL;
}

/* NULL if a field is missing that the writer never leaves out: the record is of another form. */
static const char *text_end(const char *const *names, const char *at, const char *limit)
{
	const char *end = quick_end(names, at, limit);
	struct span name, value;
	struct record_tail tail;

	if (end)
		return end;
	tail = record_tail_of(at, limit, names);
	while (record_tail_next(&tail, &name, &value))
		;
	return tail.is_short ? NULL : tail.limit;
}

const char *record_outside_end(uint16_t type, enum key key, const char *at, const char *limit)
{
	const char *end = NULL;

	if (key == KEY_COMM && *at == '"')
		return NULL; /* from Linux 4.9 on it is escaped */
	for (size_t i = 0; !end && i < sizeof(outside) / sizeof(outside[0]); i++)
		if (type >= outside[i].first && type <= outside[i].last && outside[i].key == key)
			end = text_end(outside[i].tail, at, limit);
	return end;
}

bool record_outside_is_open(uint16_t type, const char *from, const char *limit)
{
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		const struct span name = key_name(outside[i].key);

		if (type < outside[i].first || type > outside[i].last || *outside[i].tail)
			continue;
		for (const char *at = token_skip_blanks(from, limit); at < limit;
			at = token_skip_blanks(token_end(at, limit), limit))
			if ((size_t)(limit - at) > name.len && at[name.len] == '=' &&
				word_same(at, name.at, name.len))
				return true;
	}
	return false;
}
