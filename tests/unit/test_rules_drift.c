/* link: support_control.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o */
#include "rules_drift.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "support_control.h"

static struct rules_drift drift;

static int change(uint16_t type, unsigned pid, uint32_t flags)
{
	struct audit_rule_data rule = fake_audit_rule(pid);

	rule.flags |= flags;
	return netlink_request(&control, type, &rule, sizeof(rule), NULL);
}

static void add(unsigned pid)
{
	assert_int_equal(change(AUDIT_ADD_RULE, pid, 0), 0);
}

static void delete (unsigned pid)
{
	assert_int_equal(change(AUDIT_DEL_RULE, pid, 0), 0);
}

static int setup(void **state)
{
	memset(&drift, 0, sizeof(drift));
	return control_setup(state);
}

static void arm_with_three(void)
{
	for (unsigned pid = 1; pid <= 3; pid++)
		add(pid);
	assert_int_equal(rules_drift_arm(&drift, &control), 0);
}

static enum rules_drift_result result; /* the last one that was not RULES_DRIFT_PENDING */

static void on_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	enum rules_drift_result r =
		rules_drift_reply(&drift, &control, type, sequence, payload, len);

	(void)ctx;
	if (r != RULES_DRIFT_PENDING)
		result = r;
}

/* What the loop would do with the answers that are there. */
static enum rules_drift_result read_answers(void)
{
	const struct netlink_sink sink = {.reply = on_reply};

	result = RULES_DRIFT_PENDING;
	assert_true(netlink_receive(&control, 1000, &sink) >= 0);
	return result;
}

static enum rules_drift_result compare(void)
{
	assert_int_equal(rules_drift_ask(&drift, &control), 0);
	assert_int_not_equal(drift.query, 0);
	return read_answers();
}

/* ---- comparing ------------------------------------------------------------------------------ */

static void the_same(void **state)
{
	(void)state;
	arm_with_three();
	assert_true(drift.armed);
	assert_true(drift.can_restore);
	assert_int_equal(drift.wanted.count, 3);
	assert_int_equal(compare(), RULES_DRIFT_SAME);
	assert_int_equal(drift.query, 0);
	fake_audit.reply_before_ack = true;
	assert_int_equal(compare(), RULES_DRIFT_SAME);
	delete (3); /* and back, at the same place */
	add(3);
	assert_int_equal(compare(), RULES_DRIFT_SAME);
}

static void changed(void **state)
{
	(void)state;
	arm_with_three();
	delete (2);
	assert_int_equal(compare(), RULES_DRIFT_CHANGED);
	assert_int_equal(drift.found.count, 2);
	add(2); /* behind the third one now */
	assert_int_equal(compare(), RULES_DRIFT_CHANGED);
	assert_int_equal(drift.found.count, 3);
	fake_audit.rules[1] = fake_audit.rules[2];
	fake_audit.rule_count = 0;
	assert_int_equal(compare(), RULES_DRIFT_CHANGED);
	assert_int_equal(drift.found.count, 0);
}

static void one_more_in_front(void **state)
{
	(void)state;
	arm_with_three();
	assert_int_equal(change(AUDIT_ADD_RULE, 9, AUDIT_FILTER_PREPEND), 0);
	assert_int_equal(compare(), RULES_DRIFT_CHANGED);
	assert_int_equal(drift.found.count, 4);
	delete (9);
	assert_int_equal(compare(), RULES_DRIFT_SAME);
}

/* Nothing loaded is something to watch, too. */
static void no_rules(void **state)
{
	(void)state;
	assert_int_equal(rules_drift_arm(&drift, &control), 0);
	assert_int_equal(compare(), RULES_DRIFT_SAME);
	add(1);
	assert_int_equal(compare(), RULES_DRIFT_CHANGED);
}

static void one_byte(void **state)
{
	(void)state;
	arm_with_three();
	fake_audit.rules[1].data[fake_audit.rules[1].len - 1] ^= 1;
	assert_int_equal(compare(), RULES_DRIFT_CHANGED);
	fake_audit.rules[1].data[fake_audit.rules[1].len - 1] ^= 1;
	assert_int_equal(compare(), RULES_DRIFT_SAME);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void pieces_of_other_answers(void **state)
{
	const struct audit_rule_data rule = fake_audit_rule(7);

	(void)state;
	arm_with_three();
	fake_audit.silent = true;
	assert_int_equal(rules_drift_ask(&drift, &control), 0);
	fake_audit_message(control.fd, AUDIT_LIST_RULES, drift.query - 1, &rule, sizeof(rule));
	fake_audit_message(control.fd, NLMSG_DONE, drift.query - 1, NULL, 0);
	fake_audit_message(control.fd, NLMSG_DONE, 0, NULL, 0);
	fake_audit_message(control.fd, AUDIT_GET, drift.query, "status", 6);
	assert_int_equal(read_answers(), RULES_DRIFT_PENDING);
	assert_int_equal(drift.found.count, 0);
	for (unsigned i = 0; i < 3; i++) {
		fake_audit_message(control.fd, AUDIT_LIST_RULES, drift.query,
			fake_audit.rules[i].data, fake_audit.rules[i].len);
		assert_int_equal(read_answers(), RULES_DRIFT_PENDING);
		assert_int_equal(drift.found.count, i + 1);
	}
	fake_audit_message(control.fd, NLMSG_DONE, drift.query, NULL, 0);
	assert_int_equal(read_answers(), RULES_DRIFT_SAME);
}

/* A question takes the place of one that was not answered; a late answer counts no more. */
static void unanswered(void **state)
{
	uint32_t first;

	(void)state;
	arm_with_three();
	fake_audit.no_reply = true;
	assert_int_equal(rules_drift_ask(&drift, &control), 0);
	first = drift.query;
	assert_int_equal(read_answers(), RULES_DRIFT_PENDING);
	assert_int_equal(drift.query, first);
	fake_audit.no_reply = false;
	assert_int_equal(rules_drift_ask(&drift, &control), 0);
	assert_int_not_equal(drift.query, first);
	fake_audit_message(control.fd, NLMSG_DONE, first, NULL, 0);
	assert_int_equal(read_answers(), RULES_DRIFT_SAME);
}

static void a_listing_with_a_loss_says_nothing(void **state)
{
	(void)state;
	arm_with_three();
	fake_audit.silent = true;
	assert_int_equal(rules_drift_ask(&drift, &control), 0);
	fake_sys_deliver_error(control.fd, ENOBUFS);
	fake_audit_message(control.fd, NLMSG_DONE, drift.query, NULL, 0);
	assert_int_equal(read_answers(), RULES_DRIFT_UNKNOWN);
	fake_audit.silent = false;
	assert_int_equal(compare(), RULES_DRIFT_SAME); /* that was before the question */
}

static void not_armed(void **state)
{
	unsigned requests = fake_audit.request_count;

	(void)state;
	assert_int_equal(rules_drift_ask(&drift, &control), 0);
	assert_int_equal(drift.query, 0);
	assert_int_equal(fake_audit.request_count, requests);
	assert_int_equal(rules_drift_reply(&drift, &control, NLMSG_DONE, control.sequence, NULL, 0),
		RULES_DRIFT_PENDING);
	fake_audit.refuse[AUDIT_LIST_RULES] = EPERM;
	assert_int_equal(rules_drift_arm(&drift, &control), -EPERM);
	assert_false(drift.armed);
}

static void a_question_that_cannot_be_sent(void **state)
{
	(void)state;
	arm_with_three();
	fake_sys_fail("sendmsg", 1, ENOBUFS);
	assert_int_equal(rules_drift_ask(&drift, &control), -ENOBUFS);
	assert_int_equal(drift.query, 0);
	assert_int_equal(compare(), RULES_DRIFT_SAME);
}

/* ---- putting back --------------------------------------------------------------------------- */

static void assert_ours(unsigned count)
{
	assert_int_equal(fake_audit.rule_count, count);
	for (unsigned i = 0; i < count; i++) {
		const struct audit_rule_data rule = fake_audit_rule(i + 1);

		assert_int_equal(fake_audit.rules[i].len, sizeof(rule));
		assert_memory_equal(fake_audit.rules[i].data, &rule, sizeof(rule));
	}
	assert_true(rules_drift_equal(&drift.found, &drift.wanted));
	assert_int_equal(compare(), RULES_DRIFT_SAME);
}

static unsigned deletions(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake_audit.request_count; i++)
		n += fake_audit.requests[i].type == AUDIT_DEL_RULE;
	fake_audit.request_count = 0;
	return n;
}

static void loaded_again(void **state)
{
	(void)state;
	arm_with_three();
	fake_audit.rule_count = 0;
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(deletions(), 0);
	assert_ours(3);
	assert_int_equal(rules_drift_restore(&drift, &control), 0); /* nothing to do */
	assert_int_equal(deletions(), 0);
	assert_ours(3);
}

/* What is in its place stays there. */
static void no_more_is_deleted_than_has_to(void **state)
{
	(void)state;
	arm_with_three();
	add(9);
	assert_int_equal(change(AUDIT_ADD_RULE, 8, AUDIT_FILTER_PREPEND), 0);
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(deletions(), 2);
	assert_ours(3);
	delete (3);
	deletions();
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(deletions(), 0);
	assert_ours(3);
	delete (2);
	deletions();
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(deletions(), 1); /* the third */
	assert_ours(3);
	delete (1);
	add(1);
	deletions();
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(deletions(), 2); /* the two that came to be in front of it */
	assert_ours(3);
}

static void a_few_at_a_time(void **state)
{
	unsigned calls = 0, deleted;
	int more;

	(void)state;
	for (unsigned pid = 1; pid <= 3 * LIMIT_WATCH_DELETES; pid++)
		add(pid);
	assert_int_equal(rules_drift_arm(&drift, &control), 0);
	delete (1);
	deletions();
	do {
		more = rules_drift_restore(&drift, &control);
		deleted = deletions();
		assert_true(deleted <= LIMIT_WATCH_DELETES);
		assert_int_equal(deleted == LIMIT_WATCH_DELETES, more);
		calls++;
	} while (more > 0);
	assert_int_equal(more, 0);
	assert_int_equal(calls, 3);
	assert_ours(3 * LIMIT_WATCH_DELETES);
}

/* Lists have nothing to do with each other: here one comes behind the other. */
static void each_list_for_itself(void **state)
{
	struct audit_rule_data rule = fake_audit_rule(7);

	(void)state;
	rule.flags = AUDIT_FILTER_EXCLUDE;
	add(1);
	add(2);
	assert_int_equal(netlink_request(&control, AUDIT_ADD_RULE, &rule, sizeof(rule), NULL), 0);
	assert_int_equal(rules_drift_arm(&drift, &control), 0);
	assert_int_equal(drift.wanted.count, 3);
	fake_audit.rules[1] = fake_audit.rules[2]; /* the second is gone */
	fake_audit.rule_count = 2;
	deletions();
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(deletions(), 0);
	assert_int_equal(fake_audit.rule_count, 3);
	assert_int_equal(drift.found.count, 3);
}

static void what_cannot_be_deleted(void **state)
{
	(void)state;
	arm_with_three();
	add(9);
	fake_audit.refuse[AUDIT_DEL_RULE] = EINVAL;
	assert_int_equal(rules_drift_restore(&drift, &control), -EINVAL);
	fake_audit.refuse[AUDIT_DEL_RULE] = ENOENT; /* somebody was quicker */
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(drift.found.count, 4);
	fake_audit.rules[0].len = 8; /* no rule at all */
	assert_int_equal(rules_drift_restore(&drift, &control), -EPROTO);
	fake_audit.refuse[AUDIT_LIST_RULES] = EPERM;
	assert_int_equal(rules_drift_restore(&drift, &control), -EPERM);
}

static int refuse_second(const struct audit_rule_data *rule)
{
	return rule->values[0] == 2 ? ENOENT : 0;
}

static void what_the_kernel_refuses_is_left_out(void **state)
{
	(void)state;
	arm_with_three();
	fake_audit.rule_count = 0;
	fake_audit.refuse_rule = refuse_second;
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_int_equal(drift.found.count, 2);
	assert_int_equal(drift.wanted.count, 3);
	assert_false(rules_drift_equal(&drift.found, &drift.wanted));
	fake_audit.rule_count = 0;
	fake_audit.refuse_rule = NULL;
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_true(rules_drift_equal(&drift.found, &drift.wanted));
}

static void a_silent_kernel_is_waited_for_once(void **state)
{
	int64_t before_ms;

	(void)state;
	arm_with_three();
	fake_audit.silent = true;
	before_ms = sys_monotonic_ms();
	assert_int_equal(rules_drift_restore(&drift, &control), -ETIMEDOUT);
	assert_in_range(sys_monotonic_ms() - before_ms, 1, LIMIT_NETLINK_WAIT_MS);
}

/* The answer to the next question: `count` rules of the greatest length that the fake has. */
static void answer_with(unsigned count)
{
	static _Alignas(8) char rule[FAKE_AUDIT_RULE_MAX];
	struct audit_rule_data *data = (void *)rule;
	const struct nlmsgerr ack = {.error = 0};
	uint32_t sequence = control.sequence + 1;

	data->buflen = sizeof(rule) - sizeof(*data);
	fake_audit.silent = true;
	fake_audit_message(control.fd, NLMSG_ERROR, sequence, &ack, sizeof(ack));
	for (unsigned i = 0; i < count; i++) {
		rule[0] = (char)i;
		fake_audit_message(control.fd, AUDIT_LIST_RULES, sequence, rule, sizeof(rule));
	}
	fake_audit_message(control.fd, NLMSG_DONE, sequence, NULL, 0);
}

static void more_than_can_be_kept(void **state)
{
	const unsigned fit = LIMIT_WATCH_BYTES / (4 + FAKE_AUDIT_RULE_MAX);

	(void)state;
	answer_with(fit);
	assert_int_equal(rules_drift_arm(&drift, &control), 0);
	assert_true(drift.can_restore);
	assert_int_equal(drift.rules.used, fit * (4 + FAKE_AUDIT_RULE_MAX));
	answer_with(fit + 1);
	assert_int_equal(rules_drift_arm(&drift, &control), 0);
	assert_true(drift.armed);
	assert_false(drift.can_restore);
	assert_int_equal(drift.wanted.count, fit + 1);
	answer_with(fit + 1); /* compared it is nevertheless */
	assert_int_equal(compare(), RULES_DRIFT_SAME);
	answer_with(fit);
	assert_int_equal(compare(), RULES_DRIFT_CHANGED);
	answer_with(1);
	assert_int_equal(rules_drift_arm(&drift, &control), 0); /* anew */
	assert_true(drift.can_restore);
}

/* Lengths that are no multiple of 4 are padded in between, and loaded as they were. */
static void rules_of_any_length(void **state)
{
	(void)state;
	fake_audit.rule_count = 3;
	for (unsigned i = 0; i < 3; i++) {
		const uint32_t strings = i + 1;

		fake_audit.rules[i].len = sizeof(struct audit_rule_data) + strings;
		memset(fake_audit.rules[i].data, 0, fake_audit.rules[i].len);
		memcpy(fake_audit.rules[i].data + offsetof(struct audit_rule_data, buflen),
			&strings, sizeof(strings));
		fake_audit.rules[i].data[fake_audit.rules[i].len - 1] = (char)('a' + i);
	}
	assert_int_equal(rules_drift_arm(&drift, &control), 0);
	fake_audit.rule_count = 0;
	assert_int_equal(rules_drift_restore(&drift, &control), 0);
	assert_true(rules_drift_equal(&drift.found, &drift.wanted));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(fake_audit.rules[i].len, sizeof(struct audit_rule_data) + i + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, control_teardown)
		TEST(the_same),
		TEST(changed),
		TEST(one_more_in_front),
		TEST(no_rules),
		TEST(one_byte),
		TEST(pieces_of_other_answers),
		TEST(unanswered),
		TEST(a_listing_with_a_loss_says_nothing),
		TEST(not_armed),
		TEST(a_question_that_cannot_be_sent),
		TEST(loaded_again),
		TEST(no_more_is_deleted_than_has_to),
		TEST(a_few_at_a_time),
		TEST(each_list_for_itself),
		TEST(what_cannot_be_deleted),
		TEST(what_the_kernel_refuses_is_left_out),
		TEST(a_silent_kernel_is_waited_for_once),
		TEST(more_than_can_be_kept),
		TEST(rules_of_any_length),
	};

	return cmocka_run_group_tests_name("drift", tests, NULL, NULL);
}
