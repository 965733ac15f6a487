/* link: decode.o sockaddr_text.o support_core.o */
#include "decode.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"

/* ---- sockaddr ---------------------------------------------------------------------------- */

static struct decoded_sockaddr address;

static void good(const char *hex_text)
{
	const char *wrong = decode_sockaddr(scratch_arena(), exact(hex_text), false, &address);

	if (wrong)
		fail_msg("%s: %s", hex_text, wrong);
}

static void bad(const char *hex_text)
{
	if (!decode_sockaddr(scratch_arena(), exact(hex_text), false, &address))
		fail_msg("taken for an address: %s", hex_text);
}

/* s390x, mips, ppc64: the family as the machine holds it, the rest in the network's order. */
static void a_big_endian_machine(void **state)
{
	static const char inet[] = "000200350A0000FE0000000000000000", local[] = "00012F746D70";

	(void)state;
	assert_null(decode_sockaddr(scratch_arena(), exact(inet), true, &address));
	assert_text(address.family, "ipv4");
	assert_text(address.addr, "10.0.0.254");
	assert_text(address.port, "53");
	assert_null(decode_sockaddr(scratch_arena(), exact(local), true, &address));
	assert_text(address.family, "unix");
	assert_text(address.path, "/tmp");
	good(inet);
	assert_text(address.family, "512");
	assert_null(decode_sockaddr(scratch_arena(), exact("0200"), true, &address));
	assert_text(address.family, "512");
	assert_null(decode_sockaddr(scratch_arena(),
		exact("000A001600000000FE80000000000000000000000000000100000002"), true, &address));
	assert_text(address.addr, "fe80::1");
	assert_text(address.text, "fe80::1%2");
}

static void ipv4(void **state)
{
	(void)state;
	good("020000350A0000FE0000000000000000");
	assert_text(address.family, "ipv4");
	assert_text(address.addr, "10.0.0.254");
	assert_text(address.port, "53");
	assert_null(address.path.at);
	assert_null(address.flow.at);
	assert_null(address.saddr.at);
	good("0200FFFFFFFFFFFF"); /* as short as can be */
	assert_text(address.addr, "255.255.255.255");
	assert_text(address.port, "65535");
	good("0200000000000000");
	assert_text(address.addr, "0.0.0.0");
	assert_text(address.port, "0");
	good("0200005001636409"); /* one, two and three digits */
	assert_text(address.addr, "1.99.100.9");
	good("0200abcd0a0b0c0d"); /* lower case is fine here */
	assert_text(address.addr, "10.11.12.13");
	assert_text(address.port, "43981");
	bad("02000035");
	bad("020000350A0000F");
	bad("020000350A0000");
	bad("0200");
}

static void ipv6(void **state)
{
	(void)state;
	good("0A00"
	     "01BB"
	     "00000000"
	     "20010DB8000000000000000000000001"
	     "00000000");
	assert_text(address.family, "ipv6");
	assert_text(address.addr, "2001:db8::1");
	assert_text(address.port, "443");
	assert_null(address.flow.at);
	good("0A00"
	     "0016"
	     "0000000C"
	     "FE800000000000000000000000000002"); /* without the scope */
	assert_text(address.addr, "fe80::2");
	assert_text(address.flow, "12");
	good("0A00"
	     "0016"
	     "7FFFFFFF"
	     "00000000000000000000000000000001");
	assert_text(address.flow, "2147483647");
	bad("0A00"
	    "0016"
	    "80000000"
	    "00000000000000000000000000000001");
	assert_null(address.addr.at);
	bad("0A00"
	    "0016"
	    "00000000"
	    "000000000000000000000000000001"); /* a byte is missing */
	bad("0A00"
	    "0016");
	bad("0A00");
}

static void ipv6_text(const char *group_digits, const char *expected)
{
	good((const char *)exact_format("0A0000000000"
					"0000%s%c",
		group_digits, 0)
			.at);
	assert_text(address.addr, expected);
}

static void ipv6_forms(void **state)
{
	(void)state;
	ipv6_text("00000000000000000000000000000000", "::");
	ipv6_text("00000000000000000000000000000001", "::1");
	ipv6_text("00010000000000000000000000000000", "1::");
	ipv6_text("00010002000300040005000600070008", "1:2:3:4:5:6:7:8");
	ipv6_text("00010000000300040005000600070008", "1:0:3:4:5:6:7:8"); /* one zero stays */
	ipv6_text("00010000000000040005000600070008", "1::4:5:6:7:8");
	ipv6_text("00010000000000040000000000070008", "1::4:0:0:7:8"); /* the first of equals */
	ipv6_text("00010000000000040000000000000008", "1:0:0:4::8");   /* the longest */
	ipv6_text("00000000000300040005000600000000", "::3:4:5:6:0:0");
	ipv6_text("00000001000300040005000600000000", "0:1:3:4:5:6::");
	ipv6_text("ABCD0EF000120003FFFF000100020003", "abcd:ef0:12:3:ffff:1:2:3");
	ipv6_text("00000000000000000000FFFFC0A80101", "192.168.1.1"); /* mapped */
	ipv6_text("00000000000000000000FFFE01020304", "::fffe:102:304");
	ipv6_text("00000000000000000000000001020304", "::102:304");
}

/* The C library prints them alike, apart from ::a.b.c.d and mapped ones. */
static void ipv6_as_the_c_library(void **state)
{
	uint64_t seed = 6;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		unsigned char raw[16];
		char digits[33], expected[INET6_ADDRSTRLEN];

		for (int i = 0; i < 16; i += 2) {
			bool zero = random_below(&seed, 2);

			raw[i] = zero ? 0
				      : (unsigned char)(random_next(&seed) >>
							(random_next(&seed) % 9));
			raw[i + 1] = zero ? 0 : (unsigned char)random_next(&seed);
		}
		raw[round % 12] |= 1; /* neither mapped nor ::a.b.c.d */
		if (round % 12 >= 10)
			raw[0] |= 1;
		for (int i = 0; i < 16; i++)
			snprintf(digits + 2 * i, 3, "%02X", raw[i]);
		assert_non_null(inet_ntop(AF_INET6, raw, expected, sizeof(expected)));
		ipv6_text(digits, expected);
		if (round % 256 == 0)
			exact_free(NULL);
	}
}

static void unix_paths(void **state)
{
	(void)state;
	good("0100"
	     "2F72756E2F782E736F636B"
	     "0000000000");
	assert_text(address.family, "unix");
	assert_text(address.path, "/run/x.sock");
	assert_null(address.addr.at);
	good("0100"
	     "2F78"); /* no NUL at the end */
	assert_text(address.path, "/x");
	good("0100"
	     "00"
	     "6162"); /* abstract */
	assert_text(address.path, "");
	good("0100"); /* unnamed */
	assert_text(address.path, "");
	bad("0100"
	    "2f78");
	bad("0100"
	    "2F7");
}

static void other_families(void **state)
{
	(void)state;
	good("100000000000000000000000");
	assert_text(address.family, "netlink");
	assert_text(address.saddr, "100000000000000000000000");
	assert_null(address.addr.at);
	good("1100000300000002");
	assert_text(address.family, "17");
	assert_text(address.saddr, "1100000300000002");
	good("0000");
	assert_text(address.family, "0");
	/* A big-endian machine's IPv4 address: the peer reads all as little-endian. */
	good("0002D9030A0000FE");
	assert_text(address.family, "512");
	assert_text(address.saddr, "0002D9030A0000FE");
	good("FFFF00");
	assert_text(address.family, "65535");
}

/* What tells more than address and path, and what there is where those are missing. */
static void whole_addresses(void **state)
{
	static const struct {
		const char *hex, *text; /* NULL: the other members say it all */
	} cases[] = {
		{"020000350A0000FE", NULL},
		{"0A0000160000000020010DB800000000000000000000000100000000", NULL},
		{"0A00001600000000FE80000000000000000000000000000102000000", "fe80::1%2"},
		{"0A000016F0000000FE800000000000000000000000000001FFFFFFFF", "fe80::1%4294967295"},
		{"0A000016F000000020010DB800000000000000000000000100000000", "2001:db8::1"},
		{"0A0000160000000020010DB800000000000000000000000102000000", NULL}, /* global */
		{"0A00001600000000FF0200000000000000000000000000FB03000000", "ff02::fb%3"},
		{"0A00001600000000FF0E00000000000000000000000000FB03000000", NULL},
		{"0A0000160000000000000000000000000000FFFF0A00000102000000", NULL},
		{"01002F746D702F7300", NULL},
		{"0100", NULL},
		{"010000000000", NULL},
		{"010000616263006465660000", "@abc@def"},
		{"01002f746D7000FF", "/tmp"},
		{"1000000000000000", "netlink:0"},
		{"28000000D20400000200000000000000", "vsock:2:1234"},
		{"17000102", "17000102"}, /* a family of which nothing is known */
		{"280000", "280000"},	  /* too short for its family */
		{"00000000", NULL},
		{"02000035", "02000035"},
		{"0A0000350A0000FE", "0A0000350A0000FE"},
		{"02", "02"},
		{"192.0.2.1", "192.0.2.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_sockaddr(scratch_arena(), exact(cases[i].hex), false, &address);
		if (cases[i].text)
			assert_text(address.text, cases[i].text);
		else
			assert_null(address.text.at);
	}
}

static void no_address(void **state)
{
	(void)state;
	bad("");
	bad("0");
	bad("02");
	bad("020");
	bad("02zz");
	bad("0200003 0A0000FE");
	bad("01002F7g");
	assert_null(address.family.at);
	good("020000350A0000FESADDR={"); /* what is glued to the digits that count is not looked at
					  */
	assert_text(address.addr, "10.0.0.254");
}

static void address_without_room(void **state)
{
	struct arena full = {.base = (char[8]){0}, .size = 0};
	static const char *const texts[] = {"020000350A0000FE",
		"0A000016000000010000000000000000000000000000000A", "01002F78", "1100"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		arena_reset(&full);
		decode_sockaddr(&full, exact(texts[i]), false, &address);
		assert_null(address.addr.at);
		assert_null(address.path.at);
		assert_true(full.exhausted);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_big_endian_machine),
		TEST(ipv4),
		TEST(ipv6),
		TEST(ipv6_forms),
		TEST(ipv6_as_the_c_library),
		TEST(unix_paths),
		TEST(other_families),
		TEST(whole_addresses),
		TEST(no_address),
		TEST(address_without_room),
	};

	return cmocka_run_group_tests_name("decode_sockaddr", tests, NULL, NULL);
}
