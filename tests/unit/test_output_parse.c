/* link: output_parse.o */
#include "output.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "limits.h"

static void expect_ip4(const char *destination, const char *host, unsigned port)
{
	struct output_address a;
	char text[64];

	assert_null(output_parse(&a, destination));
	assert_int_equal(a.kind, *destination == 't' ? OUTPUT_TCP : OUTPUT_UDP);
	assert_int_equal(a.port, port);
	assert_string_equal(a.host, "");
	assert_int_equal(a.at.ip4.sin_family, AF_INET);
	assert_int_equal(a.len, sizeof(struct sockaddr_in));
	assert_string_equal(inet_ntop(AF_INET, &a.at.ip4.sin_addr, text, sizeof(text)), host);
	assert_int_equal(ntohs(a.at.ip4.sin_port), port);
}

static void expect_ip6(
	const char *destination, const char *host, unsigned port, const char *scope, unsigned index)
{
	struct output_address a;
	char text[64];

	assert_null(output_parse(&a, destination));
	assert_int_equal(a.kind, *destination == 't' ? OUTPUT_TCP : OUTPUT_UDP);
	assert_int_equal(a.port, port);
	assert_int_equal(a.at.ip6.sin6_family, AF_INET6);
	assert_int_equal(a.len, sizeof(struct sockaddr_in6));
	assert_string_equal(inet_ntop(AF_INET6, &a.at.ip6.sin6_addr, text, sizeof(text)), host);
	assert_int_equal(ntohs(a.at.ip6.sin6_port), port);
	assert_string_equal(a.scope, scope);
	assert_int_equal(a.at.ip6.sin6_scope_id, index);
}

static void test_parse(void **state)
{
	struct output_address a;

	(void)state;
	expect_ip4("udp://192.0.2.1:5140", "192.0.2.1", 5140);
	expect_ip4("udp://192.0.2.1", "192.0.2.1", 514);
	expect_ip4("udp://0.0.0.0:65535", "0.0.0.0", 65535);
	expect_ip4("tcp://192.0.2.1", "192.0.2.1", 601);
	expect_ip4("tcp://192.0.2.1:514", "192.0.2.1", 514);
	expect_ip6("tcp://[2001:db8::1]", "2001:db8::1", 601, "", 0);
	expect_ip6("tcp://[fe80::1%eth0]:1514", "fe80::1", 1514, "eth0", 0);
	expect_ip6("udp://[2001:db8::1]", "2001:db8::1", 514, "", 0);
	expect_ip6("udp://[::1]:1", "::1", 1, "", 0);
	expect_ip6("udp://[fe80::1%eth0]:1514", "fe80::1", 1514, "eth0", 0);
	expect_ip6("udp://[fe80::1%12]", "fe80::1", 514, "", 12);
	assert_null(output_parse(&a, "stdout"));
	assert_int_equal(a.kind, OUTPUT_STDOUT);
	assert_null(output_parse(&a, "null"));
	assert_int_equal(a.kind, OUTPUT_NULL);
	assert_null(output_parse(&a, "unix:///dev/log"));
	assert_int_equal(a.kind, OUTPUT_UNIX);
	assert_string_equal(a.at.un.sun_path, "/dev/log");
}

static void test_parse_mistakes(void **state)
{
	static const char *const mistakes[][2] = {
		{"", "unix:///PATH"},
		{"tls://192.0.2.1", "tls:// is not built in"},
		{"tls://", "udp://HOST:PORT, "},
		{"tcp://192.0.2.1:0", "a port"},
		{"tcp://[::1]:x", "a port"},
		{"stdout ", "unix:///PATH"},
		{"192.0.2.1:514", "unix:///PATH"},
		{"udp://", "an address or a name"},
		{"udp://192.0.2.256", "an address or a name"},
		{"udp://1922.0222.2222.1111", "an address or a name"},
		{"udp://2001:db8::1", "brackets"},
		{"udp://2001:db8::1:514", "brackets"},
		{"tcp://::1", "brackets"},
		{"tcp://fe80::1%eth0:514", "brackets"},
		{"udp://[2001:db8::1", "an address or a name"},
		{"udp://[192.0.2.1]", "an address or a name"},
		{"udp://[]:514", "an address or a name"},
		{"udp://192.0.2.1:", "a port"},
		{"udp://192.0.2.1:0", "a port"},
		{"udp://192.0.2.1:65536", "a port"},
		{"udp://192.0.2.1:514x", "a port"},
		{"udp://192.0.2.1:+14", "a port"},
		{"udp://192.0.2.1:99999999999999999999", "a port"},
		{"udp://[::1]514", "a port"},
		{"udp://[::1]:514]", "a port"},
		{"udp://[fe80::1]", "interface"},
		{"udp://[fe80::1%]", "interface"},
		{"udp://[fe80::1%0]", "interface"},
		{"udp://[fe80::1%an-interface-too-long]", "interface"},
		{"unix://dev/log", "absolute path"},
		{"unix://", "absolute path"},
		{"unix:///0123456789012345678901234567890123456789012345678901234567890123456789"
		 "012345678901234567890123456789012345678",
			"absolute path"},
	};
	struct output_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const char *wrong = output_parse(&a, mistakes[i][0]);

		assert_non_null(wrong);
		assert_non_null(strstr(wrong, mistakes[i][1]));
	}
}

static void test_parse_names(void **state)
{
	static const char *const right[] = {"collector", "collector.example.net", "a", "x-1.9a",
		"1a", "xn--bcher-kva.example", "collector.example.net."};
	static const char *const wrong[] = {"-a", "a-", "a.-b", "a-.b", ".a", "a..b", "1.2.3",
		"a.1", "a b", "\xc3\xbc", "..", ".",
		"a123456789012345678901234567890123456789012345678901234567890123"};
	struct output_address a;
	char text[400], host[LIMIT_HOST_NAME_BYTES + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		snprintf(text, sizeof(text), "tcp://%s:99", right[i]);
		assert_null(output_parse(&a, text));
		assert_string_equal(a.host, right[i]);
		assert_int_equal(a.len, 0);
		assert_int_equal(a.port, 99);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "udp://%s", wrong[i]);
		if (!output_parse(&a, text))
			fail_msg("accepted: %s", text);
	}
	for (size_t i = 0; i < sizeof(host) - 1; i++)
		host[i] = i % 50 == 49 ? '.' : 'a';
	host[sizeof(host) - 1] = '\0';
	snprintf(text, sizeof(text), "udp://%s", host);
	assert_non_null(output_parse(&a, text));
	host[sizeof(host) - 2] = '\0';
	snprintf(text, sizeof(text), "udp://%s", host);
	assert_null(output_parse(&a, text));
	assert_int_equal(a.port, 514);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_mistakes),
		cmocka_unit_test(test_parse_names),
	};

	return cmocka_run_group_tests_name("output_parse", tests, NULL, NULL);
}
