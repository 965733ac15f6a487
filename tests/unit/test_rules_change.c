/* link: support_rules.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o */
#include "rules_change.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "rules_explain.h"
#include "support_rules.h"

static struct rules_loader loader;
static struct rules_change change;
static struct netlink control;
static char said[8192];
static unsigned checks; /* of moments between two requests */

static void say(void *ctx, const char *line)
{
	(void)ctx;
	support_append(said, sizeof(said), line);
	support_append(said, sizeof(said), "\n");
}

static void point(const char *text)
{
	loader.files.environment = &support_environment;
	loader.files.text = text;
	loader.files.text_len = strlen(text);
	loader.files.text_name = "audit_rules";
	loader.files.say = say;
	loader.self_pid = FAKE_SYS_PID;
	loader.for_agent = true;
	said[0] = '\0';
}

static void load(const char *text)
{
	point(text);
	assert_int_equal(rules_load(&loader, &control), 0);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	support_rules_reset();
	memset(&loader, 0, sizeof(loader));
	memset(&change, 0, sizeof(change));
	assert_int_equal(netlink_open(&control, NETLINK_USE_CONTROL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_audit.on_request = NULL;
	netlink_close(&control);
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static unsigned requests(uint16_t type)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_audit.request_count; i++)
		n += fake_audit.requests[i].type == type;
	return n;
}

static int run(void)
{
	int ret;

	do
		ret = rules_change_step(&change, &loader, &control);
	while (ret > 0);
	return ret;
}

static void change_to(const char *text)
{
	point(text);
	assert_true(rules_change_compile(&change, &loader));
	assert_int_equal(rules_change_plan(&change, &control), 0);
	fake_audit.request_count = 0;
	assert_int_equal(run(), 0);
	rules_change_finish(&change);
}

/* What a fresh start leaves in the kernel. */
static unsigned expected_count;
static struct {
	size_t len;
	char data[FAKE_AUDIT_RULE_MAX];
} expected[FAKE_AUDIT_RULES];

static void expect(const char *text)
{
	unsigned count = fake_audit.rule_count;
	static char kept[sizeof(fake_audit.rules)];

	memcpy(kept, fake_audit.rules, sizeof(kept));
	load(text);
	expected_count = fake_audit.rule_count;
	memcpy(expected, fake_audit.rules, sizeof(expected));
	memcpy(fake_audit.rules, kept, sizeof(kept));
	fake_audit.rule_count = count;
}

static void assert_expected(void)
{
	assert_int_equal(fake_audit.rule_count, expected_count);
	for (unsigned i = 0; i < expected_count; i++) {
		assert_int_equal(fake_audit.rules[i].len, expected[i].len);
		assert_memory_equal(fake_audit.rules[i].data, expected[i].data, expected[i].len);
	}
	/* And that is what the watch will want. */
	assert_int_equal(change.wanted.count, expected_count);
	for (unsigned i = 0; i < expected_count; i++)
		assert_true(rules_list_is(&change.wanted, i, expected[i].data, expected[i].len));
}

static void check(const char *from, const char *to)
{
	load(from);
	expect(to);
	change_to(to);
	assert_expected();
	assert_string_equal(said, "");
}

/* ---- what it costs ------------------------------------------------------------------------- */

#define A "-w /a -p wa -k a\n"
#define B "-w /b -p wa -k b\n"
#define C "-w /c -p wa -k c\n"
#define X "-a always,exit -F arch=b64 -S openat -k x\n"
#define N "-a never,exit -F uid=7\n"

static void nothing_to_do(void **state)
{
	(void)state;
	check(A B C, A B C);
	assert_int_equal(fake_audit.request_count, 0);
}

static void one_more_at_the_end_is_one_request(void **state)
{
	(void)state;
	check(A B C, A B C X);
	assert_int_equal(fake_audit.request_count, 1);
	assert_int_equal(change.counts.added, 1);
	assert_int_equal(change.counts.moved + change.counts.deleted, 0);
}

static void one_less_is_one_request(void **state)
{
	(void)state;
	check(A B C, A C);
	assert_int_equal(fake_audit.request_count, 1);
	assert_int_equal(change.counts.deleted, 1);
}

static void one_more_in_the_middle_moves_what_is_behind_it(void **state)
{
	(void)state;
	check(A B C, A X B C);
	assert_int_equal(requests(AUDIT_ADD_RULE), 1 + 2 + 2);
	assert_int_equal(requests(AUDIT_DEL_RULE), 2 + 2);
	assert_int_equal(change.counts.added, 1);
	assert_int_equal(change.counts.moved, 2);
}

static void all_others_at_once(void **state)
{
	(void)state;
	check(A B, C X);
	assert_int_equal(requests(AUDIT_ADD_RULE), 2);
	assert_int_equal(requests(AUDIT_DEL_RULE), 2);
	check(C X, "");
	check("", A B);
}

static void each_list_has_its_order(void **state)
{
	(void)state;
	check("-a always,exclude -F msgtype=CWD\n" A "-a never,task -F uid=1\n" B,
		A "-a never,task -F uid=2\n-a never,task -F uid=1\n"
		  "-a always,exclude -F msgtype=EOE\n" B "-A always,exclude -F msgtype=CWD\n"
		  "-a never,filesystem -F fstype=tracefs\n");
	check("-a never,filesystem -F fstype=tracefs\n-a never,filesystem -F fstype=debugfs -k x\n",
		"-a never,filesystem -F fstype=debugfs -k x\n"
		"-a never,filesystem -F fstype=tracefs\n");
}

static void lines_that_put_first_and_delete(void **state)
{
	(void)state;
	check(A B, "-A always,exit -F uid=3\n" A B C "-W /b -p wa -k b\n" X "-D -k x\n" N A);
	check(A, B C "-D\n" N);
}

static void a_rule_of_the_user_may_look_like_a_cover(void **state)
{
	(void)state;
	check("-a always,exit -F uid=1\n-a always,exit -F uid=1 -F pid>=0\n",
		"-a always,exit -F uid=1 -F pid>=0\n-a always,exit -F uid=1\n");
}

static void a_rule_without_room_for_a_cover_moves_without(void **state)
{
	static char full[2048], from[4096], to[4096];

	(void)state;
	snprintf(full, sizeof(full), "-a always,exit");
	for (unsigned i = 0; i < AUDIT_MAX_FIELDS; i++)
		support_append(full, sizeof(full), " -F uid!=5");
	support_append(full, sizeof(full), "\n");
	snprintf(from, sizeof(from), "%s" A, full);
	snprintf(to, sizeof(to), A "%s", full);
	check(from, to);
}

/* ---- what the kernel has to say ------------------------------------------------------------- */

static int refuse_b(const struct audit_rule_data *rule)
{
	return rule->buflen > 1 && memcmp(rule->buf, "/b", 2) == 0 ? EINVAL : 0;
}

static void what_the_kernel_refuses_is_said_and_not_wanted(void **state)
{
	(void)state;
	load(A C);
	fake_audit.refuse_rule = refuse_b;
	change_to(A B C X);
	assert_int_equal(change.counts.refused, 1);
	assert_non_null(strstr(said, "the kernel refuses a rule: "));
	assert_non_null(strstr(said, "-w /b -p wa -k b\n"));
	fake_audit.refuse_rule = NULL;
	expect(A C X);
	assert_expected();
}

static void a_failure_ends_it_and_the_next_plan_goes_on(void **state)
{
	int ret;

	(void)state;
	for (unsigned n = 1;; n++) {
		load(A B C);
		expect(X B N A);
		point(X B N A);
		assert_true(rules_change_compile(&change, &loader));
		assert_int_equal(rules_change_plan(&change, &control), 0);
		for (unsigned i = 1; i < n; i++)
			assert_true(rules_change_step(&change, &loader, &control) > 0);
		fake_audit.silent = true;
		ret = rules_change_step(&change, &loader, &control);
		fake_audit.silent = false;
		if (ret == RULES_CHANGE_DONE) {
			assert_int_equal(n - 1, 4 + 3 + 3 + 3);
			return;
		}
		assert_int_equal(ret, -ETIMEDOUT);
		assert_int_equal(rules_change_plan(&change, &control), 0);
		assert_int_equal(run(), 0);
		assert_expected();
	}
}

static void somebody_else_changes_them_too(void **state)
{
	(void)state;
	load(A B C);
	point(X A C);
	assert_true(rules_change_compile(&change, &loader));
	assert_int_equal(rules_change_plan(&change, &control), 0);
	fake_audit.rule_count = 0;
	load(X);
	assert_int_equal(run(), 0); /* EEXIST, ENOENT */
	assert_int_equal(change.counts.refused, 0);
}

static void more_than_fits(void **state)
{
	static char text[3000 * 24];
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 2500; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "-w /%u -p w\n", i);
	point(text);
	assert_false(rules_change_compile(&change, &loader));
	assert_true(change.full);
}

static void mistakes_change_nothing(void **state)
{
	(void)state;
	point(A "-w b\n");
	assert_false(rules_change_compile(&change, &loader));
	assert_false(change.full);
	assert_non_null(strstr(said, "audit_rules:2: "));
	point("-i\n" A "-w b\n" B);
	assert_true(rules_change_compile(&change, &loader));
	assert_int_equal(change.wanted.count, 3);
}

static void control_lines_of_state(void **state)
{
	(void)state;
	point("-b 300\n-f 1\n-r 7\n-e 2\n-b 200\n--reset-lost\n-t\n--loginuid-immutable\n");
	assert_true(rules_change_compile(&change, &loader));
	assert_int_equal(change.controls.set, RULES_BACKLOG_LIMIT | RULES_FAILURE |
						      RULES_RATE_LIMIT | RULES_ENABLED |
						      RULES_LOGINUID_IMMUTABLE);
	assert_int_equal(change.controls.backlog_limit, 200);
	assert_int_equal(change.controls.failure, 1);
	assert_int_equal(change.controls.rate_limit, 7);
	assert_int_equal(change.controls.enabled, 2);
}

static void nobody_is_kept_out_when_it_is_given_up(void **state)
{
	(void)state;
	load(A B);
	/* Somebody took our rule to the end. */
	fake_audit.rules[3] = fake_audit.rules[0];
	memmove(&fake_audit.rules[0], &fake_audit.rules[1], 3 * sizeof(fake_audit.rules[0]));
	point(A B);
	assert_true(rules_change_compile(&change, &loader));
	assert_int_equal(rules_change_plan(&change, &control), 0);
	while (change.stage != RULES_CHANGE_SETTLE)
		assert_true(rules_change_step(&change, &loader, &control) > 0);
	rules_change_abandon(&change, &control);
	(void)rules_unload_self(&loader, &control);
	for (unsigned i = 0; i < fake_audit.rule_count; i++) {
		struct rules_data rule;

		assert_true(rules_explain_copy(
			&rule, fake_audit.rules[i].data, fake_audit.rules[i].len));
		assert_true(rule.fields[0] != AUDIT_PID || rule.values[0] != FAKE_SYS_PID);
	}
}

/* ---- at no moment ------------------------------------------------------------------------------
 *
 * A model: a rule says "uid=U, gid=G" or only one of both; 1 in 3 never records. For each of the
 * 16 pairs: what the old and the new list both say of it is what the kernel says of it at
 * each moment between two requests. And a rule of both lists is there, or its cover.
 */

#define IDS 4u

enum verdict {
	NOTHING,
	RECORDED
};

static bool fits(const struct rules_data *r, uint32_t uid, uint32_t gid)
{
	for (uint32_t i = 0; i < r->field_count; i++) {
		if (r->fields[i] == AUDIT_UID && r->values[i] != uid)
			return false;
		if (r->fields[i] == AUDIT_GID && r->values[i] != gid)
			return false;
		if (r->fields[i] == AUDIT_PID && r->fieldflags[i] == AUDIT_EQUAL)
			return false; /* our own */
	}
	return true;
}

static enum verdict verdict(
	unsigned count, const void *(*rule_at)(unsigned i, size_t *len), uint32_t uid, uint32_t gid)
{
	struct rules_data r;

	for (unsigned i = 0; i < count; i++) {
		size_t len;
		const void *rule = rule_at(i, &len);

		assert_true(rules_explain_copy(&r, rule, len));
		if (fits(&r, uid, gid))
			return r.action == AUDIT_ALWAYS ? RECORDED : NOTHING;
	}
	return NOTHING;
}

static const void *in_kernel(unsigned i, size_t *len)
{
	*len = fake_audit.rules[i].len;
	return fake_audit.rules[i].data;
}

static const void *in_found(unsigned i, size_t *len)
{
	return rules_list_rule(&change.found, i, len);
}

static const void *in_wanted(unsigned i, size_t *len)
{
	return rules_list_rule(&change.wanted, i, len);
}

static bool kernel_has(const void *rule, size_t len)
{
	struct rules_data r, k;

	assert_true(rules_explain_copy(&r, rule, len));
	for (unsigned i = 0; i < fake_audit.rule_count; i++) {
		assert_true(
			rules_explain_copy(&k, fake_audit.rules[i].data, fake_audit.rules[i].len));
		while (k.field_count > r.field_count && k.fields[k.field_count - 1] == AUDIT_PID &&
			k.fieldflags[k.field_count - 1] == AUDIT_GREATER_THAN_OR_EQUAL) {
			k.field_count--;
			k.fields[k.field_count] = k.fieldflags[k.field_count] = 0;
		}
		if (rules_size(&k) == len && memcmp(&k, rule, len) == 0)
			return true;
	}
	return false;
}

static void check_moment(uint16_t type)
{
	if (type != AUDIT_ADD_RULE && type != AUDIT_DEL_RULE)
		return;
	for (uint32_t i = 0; i < IDS * IDS; i++) {
		const uint32_t uid = i / IDS, gid = i % IDS;
		const enum verdict before = verdict(change.found.count, in_found, uid, gid);
		const enum verdict after = verdict(change.wanted.count, in_wanted, uid, gid);

		if (before == after)
			assert_int_equal(
				verdict(fake_audit.rule_count, in_kernel, uid, gid), before);
	}
	for (unsigned i = 0; i < change.wanted.count; i++) {
		size_t len;
		const void *rule = rules_list_rule(&change.wanted, i, &len);

		if (rules_list_find(&change.found, rule, len) < change.found.count)
			assert_true(kernel_has(rule, len));
	}
	checks++;
}

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* One rule in 36 in a text; a rule may come twice, which the kernel refuses. */
static void draw_text(char *text, size_t size)
{
	unsigned n = draw(12);

	text[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		const unsigned which = draw(3);
		char line[100];

		snprintf(line, sizeof(line), "-%c %s,exit", draw(8) ? 'a' : 'A',
			draw(3) ? "always" : "never");
		if (which != 0)
			snprintf(line + strlen(line), sizeof(line) - strlen(line), " -F uid=%u",
				draw(IDS));
		if (which != 1)
			snprintf(line + strlen(line), sizeof(line) - strlen(line), " -F gid=%u",
				draw(IDS));
		support_append(text, size, line);
		support_append(text, size, "\n");
	}
}

/* Half of the lines of `from`, shuffled a little, and some of its own. */
static void draw_similar(char *to, size_t size, const char *from)
{
	char own[2048];
	const char *line;
	size_t n;

	draw_text(own, sizeof(own));
	to[0] = '\0';
	for (line = from; *line; line += n) {
		char one[128];

		n = strcspn(line, "\n") + 1;
		snprintf(one, sizeof(one), "%.*s", (int)n, line);
		if (draw(4) == 0)
			continue;
		if (draw(4) == 0 && *own) {
			support_append(to, size, own);
			own[0] = '\0';
		}
		support_append(to, size, one);
	}
	support_append(to, size, own);
}

static void at_no_moment_is_lost_what_both_record(void **state)
{
	static char from[4096], to[8192];

	(void)state;
	for (unsigned round = 0; round < 1500; round++) {
		draw_text(from, sizeof(from));
		if (round % 2)
			draw_text(to, sizeof(to));
		else
			draw_similar(to, sizeof(to), from);
		load(from);
		expect(to);
		point(to);
		assert_true(rules_change_compile(&change, &loader));
		assert_int_equal(rules_change_plan(&change, &control), 0);
		fake_audit.on_request = check_moment;
		assert_int_equal(run(), 0);
		fake_audit.on_request = NULL;
		rules_change_finish(&change);
		assert_expected();
		fake_sys_sent_clear();
	}
	print_message("%u moments\n", checks);
	assert_true(checks > 1500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_do),
		TEST(one_more_at_the_end_is_one_request),
		TEST(one_less_is_one_request),
		TEST(one_more_in_the_middle_moves_what_is_behind_it),
		TEST(all_others_at_once),
		TEST(each_list_has_its_order),
		TEST(lines_that_put_first_and_delete),
		TEST(a_rule_of_the_user_may_look_like_a_cover),
		TEST(a_rule_without_room_for_a_cover_moves_without),
		TEST(what_the_kernel_refuses_is_said_and_not_wanted),
		TEST(a_failure_ends_it_and_the_next_plan_goes_on),
		TEST(somebody_else_changes_them_too),
		TEST(more_than_fits),
		TEST(mistakes_change_nothing),
		TEST(control_lines_of_state),
		TEST(nobody_is_kept_out_when_it_is_given_up),
		TEST(at_no_moment_is_lost_what_both_record),
	};

	return cmocka_run_group_tests_name("rules_change", tests, NULL, NULL);
}
