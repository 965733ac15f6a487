#include "rules_load.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include "rules_explain.h"
#include "text.h"

/* ---- checking ---------------------------------------------------------------------------- */

/* A mistake or a refusal: does it count against success? */
static void count_failure(struct rules_loader *l)
{
	if (!l->ignoring || l->fails_at_end)
		l->counts.failures++;
}

static void count_mistake(struct rules_loader *l, bool ignoring)
{
	l->counts.mistakes++;
	if (!ignoring)
		l->prevented = true;
	count_failure(l);
}

static void see_options(struct rules_loader *l, const struct rules_control *c)
{
	if (c->set & (RULES_IGNORE | RULES_CONTINUE))
		l->ignoring = true;
	if (c->set & RULES_CONTINUE)
		l->fails_at_end = true;
}

static bool check_line(void *ctx, struct rules_files *w)
{
	struct rules_loader *l = ctx;

	if (w->line.kind == RULES_CONTROL && w->line.control.set & RULES_READ_FILE) {
		w->line.kind = RULES_MISTAKE;
		text_format(w->line.mistake, sizeof(w->line.mistake),
			"-R: a rule set reads no other files; name the file in audit_rule_files or "
			"on the "
			"command line");
	}
	if (w->line.kind == RULES_MISTAKE) {
		count_mistake(l, l->ignoring);
		rules_files_say(w, "%s", w->line.mistake);
		return true;
	}
	if (w->line.warning[0]) {
		l->counts.warnings++;
		rules_files_say(w, "warning: %s", w->line.warning);
	}
	if (w->line.kind == RULES_CONTROL)
		see_options(l, &w->line.control);
	else
		l->counts.rules++;
	if (l->take)
		l->take(l->take_ctx, &w->line);
	return true;
}

static void start_walk(struct rules_loader *l, bool (*each)(void *, struct rules_files *))
{
	l->ignoring = l->ignore_errors;
	l->fails_at_end = false;
	l->files.each = each;
	l->files.each_ctx = l;
}

bool rules_check(struct rules_loader *l)
{
	l->counts = (struct rules_counts){0};
	l->prevented = false;
	start_walk(l, check_line);
	rules_files_walk(&l->files);
	for (unsigned i = 0; i < l->files.unreadable; i++)
		count_mistake(l, l->ignoring);
	return !l->prevented;
}

/* ---- purging ----------------------------------------------------------------------------- */

/* An entry of the listing: its length in 8 bytes, then the rule, padded to 8. */
#define ENTRY_BYTES(len) (8 + (((len) + 7) & ~(size_t)7))

static int list_rule(void *ctx, const void *payload, size_t len)
{
	struct rules_loader *l = ctx;
	uint64_t length = len;

	if (!rules_explain_copy(&l->listed, payload, len))
		return -EPROTO;
	if (l->purge_key && !rules_explain_has_key(&l->listed, l->purge_key))
		return 0;
	if (ENTRY_BYTES(len) > sizeof(l->listing) - l->listed_bytes)
		return 1; /* full: the next round lists the rest */
	memcpy(l->listing + l->listed_bytes, &length, sizeof(length));
	memcpy(l->listing + l->listed_bytes + 8, payload, len);
	l->listed_bytes += ENTRY_BYTES(len);
	return 0;
}

/* Delete what was listed. The number of rules that are gone now, or -errno. */
static int delete_listed(struct rules_loader *l)
{
	int gone = 0, ret = 0;
	uint64_t len;

	for (size_t at = 0; at < l->listed_bytes; at += ENTRY_BYTES(len)) {
		if (l->is_ending && l->is_ending())
			return -EINTR;
		memcpy(&len, l->listing + at, sizeof(len));
		ret = netlink_request(
			l->control, AUDIT_DEL_RULE, l->listing + at + 8, (size_t)len, NULL);
		if (ret == 0)
			l->counts.purged++;
		if (ret == 0 || ret == -ENOENT)
			gone++;
		else
			return ret;
	}
	return gone;
}

/* All rules, or those with a key. 0 or -errno. */
static int purge(struct rules_loader *l, const char *key)
{
	int more, ret;

	l->purge_key = key;
	for (unsigned round = 0; round < LIMIT_RULE_PURGE_ROUNDS; round++) {
		l->listed_bytes = 0;
		more = netlink_dump(l->control, AUDIT_LIST_RULES, list_rule, l);
		if (more < 0)
			return more;
		ret = delete_listed(l);
		if (ret < 0)
			return ret;
		if (more == 0)
			return 0;
		if (ret == 0)
			return -EPROTO;
	}
	return -ELOOP;
}

/* ---- the agent itself -------------------------------------------------------------------- */

/* The first rule of the exit list: what the agent does is not audited, or every record that it
 * sends would make the next. */
void rules_build_self(struct rules_loader *l)
{
	struct rules_data *rule = &l->listed;

	memset(rule, 0, sizeof(*rule));
	rule->flags = AUDIT_FILTER_EXIT;
	rule->action = AUDIT_NEVER;
	memset(rule->mask, 0xff, sizeof(rule->mask));
	rule->mask[AUDIT_BITMASK_SIZE - 1] = 0xffff; /* without the classes */
	rule->field_count = 1;
	rule->fields[0] = AUDIT_PID;
	rule->fieldflags[0] = AUDIT_EQUAL;
	rule->values[0] = l->self_pid;
}

/* 0 or -errno. */
static int exclude_self(struct rules_loader *l, uint16_t type)
{
	if (l->self_pid == 0)
		return 0;
	rules_build_self(l);
	l->listed.flags |= AUDIT_FILTER_PREPEND;
	return netlink_request(l->control, type, &l->listed, rules_size(&l->listed), NULL);
}

/* To the front again, if rules with -A came before it. */
static int exclude_self_again(struct rules_loader *l)
{
	int ret;

	if (!l->self_hidden)
		return 0;
	l->self_hidden = false;
	ret = exclude_self(l, AUDIT_DEL_RULE);
	return ret < 0 && ret != -ENOENT ? ret : exclude_self(l, AUDIT_ADD_RULE);
}

/* ---- loading ----------------------------------------------------------------------------- */

static void refused(struct rules_loader *l, const char *what, const char *why)
{
	l->counts.refused++;
	count_failure(l);
	rules_files_say(&l->files, "the kernel refuses %s: %s", what, why);
}

static void load_rule(struct rules_loader *l, struct rules_line *line)
{
	bool deleting = line->kind == RULES_DELETE;
	char why[LIMIT_PATH_BYTES + 256];
	int ret;

	if (line->prepend)
		line->rule.flags |= AUDIT_FILTER_PREPEND;
	ret = netlink_request(l->control, deleting ? AUDIT_DEL_RULE : AUDIT_ADD_RULE, &line->rule,
		rules_size(&line->rule), NULL);
	line->rule.flags &= ~(uint32_t)AUDIT_FILTER_PREPEND;
	if (ret == 0) {
		l->counts.loaded += !deleting;
		if (line->prepend && line->rule.flags == AUDIT_FILTER_EXIT)
			l->self_hidden = true;
		return;
	}
	if (ret == -ETIMEDOUT || ret == -EMSGSIZE || ret == -ECONNREFUSED) {
		l->error = ret;
		return;
	}
	rules_explain_refusal(
		ret, deleting, &line->rule, l->files.environment->machine, why, sizeof(why));
	refused(l, deleting ? "to delete the rule" : "the rule", why);
}

static int set_status(struct rules_loader *l, uint32_t mask, uint32_t value)
{
	struct audit_status s = {.mask = mask};

	switch (mask) {
	case AUDIT_STATUS_ENABLED:
		s.enabled = value;
		break;
	case AUDIT_STATUS_FAILURE:
		s.failure = value;
		break;
	case AUDIT_STATUS_RATE_LIMIT:
		s.rate_limit = value;
		break;
	case AUDIT_STATUS_BACKLOG_LIMIT:
		s.backlog_limit = value;
		break;
	case AUDIT_STATUS_BACKLOG_WAIT_TIME:
		s.backlog_wait_time = value;
		break;
	default: /* the resets take no value */
		break;
	}
	return netlink_request(l->control, AUDIT_SET, &s, sizeof(s), NULL);
}

int rules_fix_loginuid(struct netlink *control)
{
	uint32_t bit = AUDIT_FEATURE_TO_MASK(AUDIT_FEATURE_LOGINUID_IMMUTABLE);
	struct audit_features f = {
		.vers = AUDIT_FEATURE_VERSION, .mask = bit, .features = bit, .lock = bit};

	return netlink_request(control, AUDIT_SET_FEATURE, &f, sizeof(f), NULL);
}

/* kernel/audit.c AUDIT_MAKE_EQUIV: both lengths, both paths. */
static int make_equivalent(struct rules_loader *l, const char *mount, const char *subtree)
{
	uint32_t lengths[2] = {(uint32_t)strlen(mount), (uint32_t)strlen(subtree)};
	size_t len = sizeof(lengths) + lengths[0] + lengths[1];

	if (len > LIMIT_NETLINK_REQUEST_BYTES)
		return -ENAMETOOLONG;
	memcpy(l->listing, lengths, sizeof(lengths));
	memcpy(l->listing + sizeof(lengths), mount, lengths[0]);
	memcpy(l->listing + sizeof(lengths) + lengths[0], subtree, lengths[1]);
	return netlink_request(l->control, AUDIT_MAKE_EQUIV, l->listing, len, NULL);
}

static int delete_all(struct rules_loader *l, const char *key)
{
	int ret;

	if (l->counts.loaded == 0) /* the load began with it */
		return 0;
	ret = purge(l, key);
	l->self_hidden = true; /* it is gone, too, or still there */
	return ret < 0 ? ret : exclude_self_again(l);
}

static int apply(struct rules_loader *l, const struct rules_control *c, unsigned set)
{
	switch (set) {
	case RULES_DELETE_ALL:
		return delete_all(l, c->key);
	case RULES_ENABLED:
		if (c->enabled == 2) /* the last chance */
			l->error = exclude_self_again(l);
		return set_status(l, AUDIT_STATUS_ENABLED, c->enabled);
	case RULES_FAILURE:
		return set_status(l, AUDIT_STATUS_FAILURE, c->failure);
	case RULES_RATE_LIMIT:
		return set_status(l, AUDIT_STATUS_RATE_LIMIT, c->rate_limit);
	case RULES_BACKLOG_LIMIT:
		return set_status(l, AUDIT_STATUS_BACKLOG_LIMIT, c->backlog_limit);
	case RULES_BACKLOG_WAIT_TIME:
		if (!l->for_agent)
			return set_status(l, AUDIT_STATUS_BACKLOG_WAIT_TIME, c->backlog_wait_time);
		rules_files_say(&l->files,
			"--backlog_wait_time is left out: an agent's requests would "
			"sleep; see backpressure_strategy");
		return 0;
	case RULES_TRIM:
		return netlink_request(l->control, AUDIT_TRIM, NULL, 0, NULL);
	case RULES_EQUIVALENT:
		return make_equivalent(l, c->mount, c->subtree);
	case RULES_LOGINUID_IMMUTABLE:
		return rules_fix_loginuid(l->control);
	case RULES_RESET_LOST:
		return set_status(l, AUDIT_STATUS_LOST, 0);
	case RULES_RESET_WAIT_TIME:
		return set_status(l, AUDIT_STATUS_BACKLOG_WAIT_TIME_ACTUAL, 0);
	default: /* -i, -c: seen already; -R: a mistake */
		return 0;
	}
}

static void load_control(struct rules_loader *l, const struct rules_control *c)
{
	char why[128];
	int ret;

	see_options(l, c);
	for (unsigned set = 1; set <= c->set; set <<= 1) {
		ret = c->set & set ? apply(l, c, set) : 0;
		if (ret >= 0)
			continue;
		if (ret == -EINTR) { /* is_ending */
			l->error = ret;
			return;
		}
		text_format(why, sizeof(why), "%s", strerror(-ret));
		refused(l, "this setting",
			ret == -EPERM ? "the configuration is locked (EPERM)" : why);
	}
}

static bool load_line(void *ctx, struct rules_files *w)
{
	struct rules_loader *l = ctx;

	if (l->is_ending && l->is_ending()) {
		l->error = -EINTR;
		return false;
	}
	if (w->line.kind == RULES_ADD || w->line.kind == RULES_DELETE)
		load_rule(l, &w->line);
	else if (w->line.kind == RULES_CONTROL)
		load_control(l, &w->line.control);
	return l->error == 0;
}

/* Nothing can be changed; is it as it should be? */
static int compare(struct rules_loader *l)
{
	struct rules_compare *c = &l->compare;
	int ret = rules_compare(c, &l->files, l->control);

	l->counts.equal = c->equal;
	l->counts.missing = c->missing;
	l->counts.unwanted = c->unwanted;
	l->counts.disordered = c->disordered;
	l->counts.failures += c->missing + c->unwanted + c->disordered;
	return ret;
}

/* Begin to talk to the kernel; is it locked? */
static int begin(struct rules_loader *l, struct netlink *control)
{
	struct audit_status status = {0};
	int ret;

	l->control = control;
	l->error = 0;
	l->self_hidden = false;
	l->files.quiet = false;
	l->counts = (struct rules_counts){0};
	ret = netlink_query(control, AUDIT_GET, NULL, 0, &status, sizeof(status));
	l->counts.locked = status.enabled == 2;
	return ret < 0 ? ret : 0;
}

static int replace(struct rules_loader *l)
{
	int ret = purge(l, NULL);

	if (ret == 0)
		ret = exclude_self(l, AUDIT_ADD_RULE);
	if (ret < 0)
		return ret;
	start_walk(l, load_line);
	l->files.quiet = true; /* the check has told */
	rules_files_walk(&l->files);
	l->files.quiet = false;
	if (l->error == 0)
		l->error = exclude_self_again(l);
	return l->error;
}

static void say_nothing(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

/* Before anything changes; told unless the caller did it a moment ago. */
static bool check_again(struct rules_loader *l)
{
	void (*const say)(void *ctx, const char *line) = l->files.say;
	bool good;

	if (l->checked)
		l->files.say = say_nothing;
	good = rules_check(l);
	l->files.say = say;
	return good;
}

int rules_load(struct rules_loader *l, struct netlink *control)
{
	bool locked;
	int ret = begin(l, control);

	if (ret < 0)
		return ret;
	locked = l->counts.locked;
	if (!check_again(l))
		return -EINVAL;
	l->counts.locked = locked;
	return locked ? compare(l) : replace(l);
}

int rules_purge(struct rules_loader *l, struct netlink *control, const char *key)
{
	int ret = begin(l, control);

	if (ret == 0 && l->counts.locked)
		ret = -EPERM;
	return ret < 0 ? ret : purge(l, key);
}

int rules_unload_self(struct rules_loader *l, struct netlink *control)
{
	l->control = control;
	return exclude_self(l, AUDIT_DEL_RULE);
}
