/* link: netlink.o fake_audit.o fake_sys.o fake_files.o fake_sockets.o */
#include <errno.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_audit.h"
#include "fake_sys.h"
#include "netlink.h"

static struct netlink nl;

/* What a sink saw. */
static struct {
	unsigned records, acks, replies;
	uint16_t type;
	char text[70000];
	size_t len;
	int result;
	uint32_t sequence;
} seen;

static void on_record(void *ctx, uint16_t type, const char *text, size_t len)
{
	assert_ptr_equal(ctx, &seen);
	seen.records++;
	seen.type = type;
	seen.len = len;
	memcpy(seen.text, text, len);
}

static void on_ack(void *ctx, uint32_t sequence, int result)
{
	assert_ptr_equal(ctx, &seen);
	seen.acks++;
	seen.sequence = sequence;
	seen.result = result;
}

static void on_reply(void *ctx, uint16_t type, uint32_t sequence, const void *payload, size_t len)
{
	assert_ptr_equal(ctx, &seen);
	seen.replies++;
	seen.type = type;
	seen.sequence = sequence;
	seen.len = len;
	memcpy(seen.text, payload, len);
}

static const struct netlink_sink sink = {on_record, on_ack, on_reply, &seen};

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_audit_start();
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(netlink_open(&nl, NETLINK_USE_CONTROL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	netlink_close(&nl);
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static struct nlmsghdr sent_header(unsigned index)
{
	struct nlmsghdr header;

	assert_non_null(fake_sys_sent(index));
	assert_true(fake_sys_sent(index)->len >= sizeof(header));
	memcpy(&header, fake_sys_sent(index)->data, sizeof(header));
	return header;
}

static void open_asks_for_the_right_socket(void **state)
{
	static struct netlink uni, multi;
	const struct fake_socket *s = fake_sys_socket_info(nl.fd);
	struct sockaddr_nl bound;

	(void)state;
	assert_int_equal(s->domain, AF_NETLINK);
	assert_int_equal(s->type, SOCK_RAW);
	assert_int_equal(s->protocol, NETLINK_AUDIT);
	assert_true(s->nonblock && s->cloexec);
	assert_int_equal(s->receive_buffer, LIMIT_NETLINK_BUFFER_BYTES);
	assert_int_equal(s->no_enobufs, 0);

	assert_int_equal(netlink_open(&uni, NETLINK_USE_DATA_UNICAST), 0);
	s = fake_sys_socket_info(uni.fd);
	memcpy(&bound, &s->bound, sizeof(bound));
	assert_int_equal(s->no_enobufs, 1);
	assert_int_equal(bound.nl_groups, 0);

	assert_int_equal(netlink_open(&multi, NETLINK_USE_DATA_MULTICAST), 0);
	s = fake_sys_socket_info(multi.fd);
	memcpy(&bound, &s->bound, sizeof(bound));
	assert_int_equal(s->no_enobufs, 0); /* there it is loss, and must be seen */
	assert_int_equal(bound.nl_groups, 1);
	netlink_close(&uni);
	netlink_close(&multi);
	netlink_close(&multi); /* harmless */
}

static void open_fails_without_leaving_a_socket(void **state)
{
	static struct netlink other;
	unsigned open = fake_sys_open_count();

	(void)state;
	fake_sys_fail("socket", 1, EPROTONOSUPPORT);
	assert_int_equal(netlink_open(&other, NETLINK_USE_CONTROL), -EPROTONOSUPPORT);
	fake_sys_fail("bind", 1, EPERM);
	assert_int_equal(netlink_open(&other, NETLINK_USE_DATA_MULTICAST), -EPERM);
	assert_int_equal(other.fd, -1);
	assert_int_equal(fake_sys_open_count(), open);
	/* Without CAP_NET_ADMIN: what is allowed must do. */
	fake_sys_fail("setsockopt", 1, EPERM);
	assert_int_equal(netlink_open(&other, NETLINK_USE_CONTROL), 0);
	assert_int_equal(
		fake_sys_socket_info(other.fd)->receive_buffer, LIMIT_NETLINK_BUFFER_BYTES);
	netlink_close(&other);
}

static void request_is_one_well_formed_message(void **state)
{
	struct audit_status set = {.mask = AUDIT_STATUS_FAILURE, .failure = 2};
	struct nlmsghdr header;

	(void)state;
	assert_int_equal(netlink_request(&nl, AUDIT_SET, &set, sizeof(set), NULL), 0);
	assert_int_equal(fake_sys_sent_count(), 1);
	header = sent_header(0);
	assert_int_equal(header.nlmsg_len, sizeof(header) + sizeof(set));
	assert_int_equal(header.nlmsg_len, fake_sys_sent(0)->len);
	assert_int_equal(header.nlmsg_type, AUDIT_SET);
	assert_int_equal(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(header.nlmsg_pid, 0);
	assert_int_equal(fake_audit.status.failure, 2);

	assert_int_equal(netlink_request(&nl, AUDIT_SET, &set, sizeof(set), NULL), 0);
	assert_int_not_equal(sent_header(1).nlmsg_seq, header.nlmsg_seq);
}

static void sequence_skips_zero(void **state)
{
	(void)state;
	nl.sequence = UINT32_MAX;
	assert_int_equal(netlink_send(&nl, AUDIT_GET, NULL, 0), 0);
	assert_int_equal(nl.sequence, 1);
}

static void request_returns_the_kernels_error(void **state)
{
	(void)state;
	fake_audit.refuse[AUDIT_SET] = EPERM;
	assert_int_equal(netlink_request(&nl, AUDIT_SET, "12345678", 8, NULL), -EPERM);
}

static void reset_returns_the_old_value(void **state)
{
	struct audit_status set = {.mask = AUDIT_STATUS_LOST};

	(void)state;
	fake_audit.status.lost = 77;
	assert_int_equal(netlink_request(&nl, AUDIT_SET, &set, sizeof(set), NULL), 77);
	assert_int_equal(fake_audit.status.lost, 0);
}

static void late_answers_are_not_taken_for_ours(void **state)
{
	struct nlmsgerr old = {.error = -EIO};

	(void)state;
	/* The ack and the reply to something given up long ago lie in the queue. */
	fake_audit_message(nl.fd, NLMSG_ERROR, 12345, &old, sizeof(old));
	fake_audit_message(nl.fd, AUDIT_GET, 12345, "old", 3);
	assert_int_equal(netlink_request(&nl, AUDIT_GET, NULL, 0, NULL), 0);
}

/* It has our number, and data that nobody asked for: of no type, which is what a request wants. */
static void an_answer_of_no_type(void **state)
{
	(void)state;
	fake_audit_message(nl.fd, 0, nl.sequence + 1, "data", 4);
	assert_int_equal(netlink_request(&nl, AUDIT_GET, NULL, 0, NULL), 0);
}

static void request_gives_up_in_time(void **state)
{
	int64_t before = sys_monotonic_ms();

	(void)state;
	fake_audit.silent = true;
	assert_int_equal(netlink_request(&nl, AUDIT_GET, NULL, 0, NULL), -ETIMEDOUT);
	assert_int_equal(sys_monotonic_ms() - before, LIMIT_NETLINK_WAIT_MS);
	/* An ack without the data it promised is as bad. */
	fake_audit.silent = false;
	fake_audit.no_reply = true;
	assert_int_equal(netlink_query(&nl, AUDIT_GET, NULL, 0, seen.text, 64), -ETIMEDOUT);
}

static void interruptions_are_survived(void **state)
{
	(void)state;
	fake_sys_fail("sendmsg", 1, EINTR);
	fake_sys_fail("recvmsg", 1, EINTR);
	assert_int_equal(netlink_request(&nl, AUDIT_GET, NULL, 0, NULL), 0);
	fake_audit.silent = true;
	fake_sys_fail("poll", 1, EINTR);
	assert_int_equal(netlink_request(&nl, AUDIT_GET, NULL, 0, NULL), -ETIMEDOUT);
	/* But not for ever. */
	fake_sys_fail("sendmsg", 0, EINTR);
	assert_int_equal(netlink_request(&nl, AUDIT_GET, NULL, 0, NULL), -EINTR);
	fake_sys_fail("sendmsg", 0, 0);
	fake_sys_fail("poll", 0, EINTR);
	assert_int_equal(netlink_request(&nl, AUDIT_GET, NULL, 0, NULL), -ETIMEDOUT);
}

static void request_too_long_is_not_sent(void **state)
{
	static char big[LIMIT_NETLINK_REQUEST_BYTES + 1];

	(void)state;
	assert_int_equal(netlink_send(&nl, AUDIT_ADD_RULE, big, sizeof(big)), -EMSGSIZE);
	assert_int_equal(fake_sys_sent_count(), 0);
}

static void query_takes_reply_before_or_after_ack(void **state)
{
	struct audit_status status;

	(void)state;
	fake_audit.status.lost = 5;
	for (int before = 0; before < 2; before++) {
		fake_audit.reply_before_ack = before;
		memset(&status, 0, sizeof(status));
		assert_int_equal(netlink_query(&nl, AUDIT_GET, NULL, 0, &status, sizeof(status)),
			sizeof(status));
		assert_int_equal(status.lost, 5);
		assert_int_equal(fake_sys_pending(nl.fd), 0);
	}
	/* A longer reply than there is room for says so, and overwrites nothing. */
	memset(seen.text, 'x', 16);
	assert_int_equal(
		netlink_query(&nl, AUDIT_GET, NULL, 0, seen.text, 8), sizeof(struct audit_status));
	assert_memory_equal(seen.text + 8, "xxxxxxxx", 8);
	fake_audit.refuse[AUDIT_GET] = ECONNREFUSED;
	assert_int_equal(netlink_query(&nl, AUDIT_GET, NULL, 0, seen.text, 8), -ECONNREFUSED);
}

static void registration_hands_on_records_before_its_ack(void **state)
{
	struct audit_status set = {.mask = AUDIT_STATUS_PID, .pid = FAKE_SYS_PID};

	(void)state;
	fake_audit_record_to(nl.fd, false, AUDIT_SYSCALL, "audit(1.1:1): held", 18);
	fake_audit_record_to(nl.fd, false, AUDIT_EOE, "audit(1.1:1): ", 14);
	assert_int_equal(netlink_request(&nl, AUDIT_SET, &set, sizeof(set), &sink), 0);
	assert_int_equal(seen.records, 2);
	assert_int_equal(seen.type, AUDIT_EOE);
	assert_int_equal(seen.acks, 0); /* the ack was ours */
	assert_int_equal(fake_audit.status.pid, FAKE_SYS_PID);
}

struct listing {
	unsigned count, stop_at;
	uint32_t first[FAKE_AUDIT_RULES];
};

static int on_rule(void *ctx, const void *payload, size_t len)
{
	struct listing *l = ctx;

	assert_int_equal(len, 8);
	assert_int_equal((uintptr_t)payload % 4, 0);
	memcpy(&l->first[l->count++], payload, 4);
	return l->count == l->stop_at ? 42 : 0;
}

static void rules_add(unsigned n)
{
	for (uint32_t i = 1; i <= n; i++) {
		uint32_t rule[2] = {i, 0};

		assert_int_equal(netlink_request(&nl, AUDIT_ADD_RULE, rule, sizeof(rule), NULL), 0);
	}
}

static void dump_ends_with_done(void **state)
{
	struct listing l = {0};

	(void)state;
	assert_int_equal(netlink_dump(&nl, AUDIT_LIST_RULES, on_rule, &l), 0);
	assert_int_equal(l.count, 0);
	rules_add(3);
	for (int before = 0; before < 2; before++) {
		fake_audit.reply_before_ack = before;
		l.count = 0;
		assert_int_equal(netlink_dump(&nl, AUDIT_LIST_RULES, on_rule, &l), 0);
		assert_int_equal(l.count, 3);
		assert_int_equal(l.first[0], 1);
		assert_int_equal(l.first[2], 3);
		assert_int_equal(fake_sys_pending(nl.fd), 0);
	}
	/* The caller's stop: the rest is read all the same. */
	l = (struct listing){.stop_at = 2};
	assert_int_equal(netlink_dump(&nl, AUDIT_LIST_RULES, on_rule, &l), 42);
	assert_int_equal(l.count, 2);
	assert_int_equal(fake_sys_pending(nl.fd), 0);
}

static void dump_with_a_loss_is_an_error(void **state)
{
	struct listing l = {0};

	(void)state;
	rules_add(3);
	fake_sys_deliver_error(nl.fd, ENOBUFS);
	assert_int_equal(netlink_dump(&nl, AUDIT_LIST_RULES, on_rule, &l), -ENOBUFS);
	assert_int_equal(nl.counts.overruns, 1);
	/* What is left of it does not disturb the next one. */
	l.count = 0;
	assert_int_equal(netlink_dump(&nl, AUDIT_LIST_RULES, on_rule, &l), 0);
	assert_int_equal(l.count, 3);
}

static void dump_is_bounded(void **state)
{
	struct listing l = {0};

	(void)state;
	rules_add(1);
	/* A listing whose end never comes, and a socket that is never empty. */
	fake_audit.no_reply = true;
	fake_sys_fail("recvmsg", 0, EINTR);
	assert_int_equal(netlink_dump(&nl, AUDIT_LIST_RULES, on_rule, &l), -ETIMEDOUT);
	assert_true(fake_sys_calls("recvmsg") <= LIMIT_NETLINK_ANSWERS + 16);
}

static void unicast_length_is_the_received_one(void **state)
{
	const char text[] = "audit(1700000000.123:42): arch=c000003e syscall=59";

	(void)state;
	/* fake_audit writes the payload's length there, as the kernel does. */
	fake_audit_record_to(nl.fd, false, AUDIT_SYSCALL, text, strlen(text));
	assert_int_equal(netlink_receive(&nl, 10, &sink), 1);
	assert_int_equal(seen.records, 1);
	assert_int_equal(seen.type, AUDIT_SYSCALL);
	assert_int_equal(seen.len, strlen(text));
	assert_memory_equal(seen.text, text, seen.len);
}

static void multicast_length_is_bounded_by_what_came(void **state)
{
	struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = 1};
	struct nlmsghdr header = {.nlmsg_type = AUDIT_CWD};
	char message[64] = {0};
	static const struct {
		uint32_t claimed;
		size_t expected;
	} cases[] = {
		{NLMSG_HDRLEN + 10, 10}, {NLMSG_HDRLEN + 20, 20},
		{NLMSG_HDRLEN + 21, 20},   /* more than came */
		{UINT32_MAX, 20}, {3, 20}, /* less than a header */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		header.nlmsg_len = cases[i].claimed;
		memcpy(message, &header, sizeof(header));
		fake_sys_deliver(nl.fd, message, NLMSG_HDRLEN + 20, (struct sockaddr *)&group,
			sizeof(group));
		assert_int_equal(netlink_receive(&nl, 1, &sink), 1);
		assert_int_equal(seen.len, cases[i].expected);
	}
}

static void only_the_kernel_is_heard(void **state)
{
	struct sockaddr_nl user = {.nl_family = AF_NETLINK, .nl_pid = 4242};
	struct sockaddr other = {.sa_family = AF_UNIX};
	char message[NLMSG_HDRLEN + 4] = {0};

	(void)state;
	fake_sys_deliver(nl.fd, message, sizeof(message), (struct sockaddr *)&user, sizeof(user));
	fake_sys_deliver(nl.fd, message, sizeof(message), &other, sizeof(other));
	assert_int_equal(netlink_receive(&nl, 10, &sink), 2);
	assert_int_equal(seen.records + seen.acks + seen.replies, 0);
	assert_int_equal(nl.counts.foreign, 2);
}

static void odd_datagrams_are_counted(void **state)
{
	static char big[LIMIT_RECORD_BYTES + 1];

	(void)state;
	fake_sys_deliver(nl.fd, "", 0, NULL, 0);
	fake_sys_deliver(nl.fd, big, NLMSG_HDRLEN - 1, NULL, 0);
	fake_sys_deliver(nl.fd, big, sizeof(big), NULL, 0);
	fake_sys_deliver_error(nl.fd, ENOBUFS);
	fake_audit_message(nl.fd, NLMSG_ERROR, 1, "abc", 3); /* no room for an error */
	assert_int_equal(netlink_receive(&nl, 10, &sink), 4);
	assert_int_equal(nl.counts.malformed, 3);
	assert_int_equal(nl.counts.truncated, 1);
	assert_int_equal(nl.counts.overruns, 1);
	assert_int_equal(seen.records + seen.acks + seen.replies, 0);
	/* The largest that fits, and the empty record, are records. */
	fake_audit_record_to(nl.fd, false, AUDIT_PROCTITLE, big, LIMIT_RECORD_BYTES - NLMSG_HDRLEN);
	assert_int_equal(netlink_receive(&nl, 10, &sink), 1);
	assert_int_equal(seen.len, LIMIT_RECORD_BYTES - NLMSG_HDRLEN);
	fake_audit_record_to(nl.fd, false, AUDIT_EOE, "", 0);
	assert_int_equal(netlink_receive(&nl, 10, &sink), 1);
	assert_int_equal(seen.len, 0);
}

static void messages_go_where_they_belong(void **state)
{
	struct nlmsgerr ack = {.error = -EEXIST};

	(void)state;
	/* The probe whether we live is no record. */
	fake_audit_record_to(nl.fd, false, AUDIT_REPLACE, "\1\0\0\0", 4);
	fake_audit_record_to(nl.fd, false, AUDIT_LOGIN, "audit(1.1:1): ", 14);
	fake_audit_record_to(nl.fd, false, AUDIT_USER, "audit(1.1:1): ", 14);
	fake_audit_message(nl.fd, NLMSG_ERROR, 9, &ack, sizeof(ack));
	fake_audit_message(nl.fd, AUDIT_GET, 10, "abcd", 4);
	assert_int_equal(netlink_receive(&nl, 10, &sink), 5);
	assert_int_equal(seen.records, 2);
	assert_int_equal(seen.acks, 1);
	assert_int_equal(seen.result, -EEXIST);
	assert_int_equal(seen.replies, 1);
	assert_int_equal(seen.sequence, 10);
	assert_int_equal(seen.type, AUDIT_GET);
}

/* What was lost comes as an int, and may be more than that. */
static void a_large_count_is_no_error(void **state)
{
	static const struct {
		uint32_t sent;
		int result;
	} acks[] = {{7, 7}, {INT_MAX, INT_MAX}, {0x80000000, INT_MAX}, {(uint32_t)-4096, INT_MAX},
		{(uint32_t)-4095, -4095}, {(uint32_t)-EPERM, -EPERM}};

	(void)state;
	for (size_t i = 0; i < sizeof(acks) / sizeof(acks[0]); i++) {
		fake_audit_message(nl.fd, NLMSG_ERROR, 9, &acks[i].sent, sizeof(acks[i].sent));
		assert_int_equal(netlink_receive(&nl, 10, &sink), 1);
		assert_int_equal(seen.result, acks[i].result);
	}
}

static void receive_is_bounded_and_drains(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		fake_audit_record_to(nl.fd, false, AUDIT_EOE, "audit(1.1:1): ", 14);
	assert_int_equal(netlink_receive(&nl, 4, &sink), 4);
	assert_int_equal(fake_sys_pending(nl.fd), 6);
	assert_int_equal(netlink_receive(&nl, 100, &sink), 6);
	assert_int_equal(netlink_receive(&nl, 100, &sink), 0);
	assert_int_equal(seen.records, 10);
	fake_sys_fail("recvmsg", 1, EBADF);
	assert_int_equal(netlink_receive(&nl, 100, &sink), -EBADF);
}

static void what_passes_is_tried_again_a_few_times(void **state)
{
	static const int errors[] = {EINTR, ENOBUFS, ENOMEM};
	unsigned before;

	(void)state;
	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		seen.records = 0;
		nl.counts.overruns = 0;
		fake_audit_record_to(nl.fd, false, AUDIT_EOE, "audit(1.1:1): ", 14);
		for (unsigned i = 1; i < LIMIT_NETLINK_FAILURES; i++)
			fake_sys_deliver_error(nl.fd, errors[e]);
		fake_audit_record_to(nl.fd, false, AUDIT_EOE, "audit(1.1:1): ", 14);
		assert_int_equal(netlink_receive(&nl, 100, &sink), 2);
		assert_int_equal(seen.records, 2);
		fake_audit_record_to(nl.fd, false, AUDIT_EOE, "audit(1.1:1): ", 14);
		before = fake_sys_calls("recvmsg");
		fake_sys_fail("recvmsg", 0, errors[e]);
		assert_int_equal(netlink_receive(&nl, 100, &sink), -errors[e]);
		assert_true(netlink_is_temporary(-errors[e]));
		assert_int_equal(fake_sys_calls("recvmsg") - before, LIMIT_NETLINK_FAILURES);
		assert_int_equal(nl.counts.overruns,
			errors[e] == ENOBUFS ? 2 * LIMIT_NETLINK_FAILURES - 1 : 0);
		fake_sys_fail("recvmsg", 0, 0);
		assert_int_equal(netlink_receive(&nl, 100, &sink), 1);
	}
	assert_false(netlink_is_temporary(-EBADF) || netlink_is_temporary(-EAGAIN) ||
		     netlink_is_temporary(1));
}

/* A small life, with every call failing in its turn: an error or success, never a hang, and
 * no descriptor is left. */
static void every_call_may_fail(void **state)
{
	static const int errors[] = {EINTR, ENOBUFS, ENOMEM, EPERM, EAGAIN};
	unsigned last = 0;

	(void)state;
	netlink_close(&nl);
	for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
		for (unsigned n = 1; n <= 40; n++) {
			struct listing l = {0};
			struct audit_status status;
			unsigned before;

			fake_sys_reset();
			fake_audit_start();
			before = fake_sys_calls(NULL);
			fake_sys_fail_nth(n, errors[e]);
			if (netlink_open(&nl, NETLINK_USE_DATA_UNICAST) == 0) {
				netlink_request(&nl, AUDIT_ADD_RULE, "abcdefgh", 8, &sink);
				netlink_query(&nl, AUDIT_GET, NULL, 0, &status, sizeof(status));
				netlink_dump(&nl, AUDIT_LIST_RULES, on_rule, &l);
				netlink_receive(&nl, 16, &sink);
			}
			netlink_close(&nl);
			assert_int_equal(fake_sys_open_count(), 0);
			last = fake_sys_calls(NULL) - before;
			assert_true(last < 200);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(open_asks_for_the_right_socket),
		TEST(open_fails_without_leaving_a_socket),
		TEST(request_is_one_well_formed_message),
		TEST(sequence_skips_zero),
		TEST(request_returns_the_kernels_error),
		TEST(reset_returns_the_old_value),
		TEST(late_answers_are_not_taken_for_ours),
		TEST(an_answer_of_no_type),
		TEST(request_gives_up_in_time),
		TEST(interruptions_are_survived),
		TEST(request_too_long_is_not_sent),
		TEST(query_takes_reply_before_or_after_ack),
		TEST(registration_hands_on_records_before_its_ack),
		TEST(dump_ends_with_done),
		TEST(dump_with_a_loss_is_an_error),
		TEST(dump_is_bounded),
		TEST(unicast_length_is_the_received_one),
		TEST(multicast_length_is_bounded_by_what_came),
		TEST(only_the_kernel_is_heard),
		TEST(odd_datagrams_are_counted),
		TEST(messages_go_where_they_belong),
		TEST(a_large_count_is_no_error),
		TEST(receive_is_bounded_and_drains),
		TEST(what_passes_is_tried_again_a_few_times),
		TEST(every_call_may_fail),
	};

	return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}
