/* link: ip_address.o */
#include "ip_address.h"
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* As inet_pton(3) has it; the text ends with its memory. */
static bool as_usual(const char *text, size_t n)
{
	uint8_t want[IP6_BYTES], got[IP6_BYTES];
	char *exact = malloc(n + 1), *bytes = malloc(n ? n : 1);
	unsigned size;

	memcpy(exact, text, n);
	exact[n] = '\0';
	memcpy(bytes, text, n);
	size = inet_pton(AF_INET, exact, want) == 1    ? IP4_BYTES
	       : inet_pton(AF_INET6, exact, want) == 1 ? IP6_BYTES
						       : 0;
	if (ip_address((struct span){bytes, (uint32_t)n}, got) != size ||
		memcmp(want, got, size) != 0)
		fail_msg("\"%s\": %u bytes in place of %u", exact,
			ip_address((struct span){bytes, (uint32_t)n}, got), size);
	free(exact);
	free(bytes);
	return size > 0;
}

static const char *const addresses[] = {"0.0.0.0", "255.255.255.255", "192.0.2.1", "::", "::1",
	"1::", "2001:db8::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
	"::ffff:192.0.2.1", "1:2:3:4:5:6:192.0.2.1", "FE80::aBcD", "1::8", "::1:192.0.2.1",
	"1:2::5:6:7:8"};

static const char *const others[] = {"", "1", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1",
	"01.2.3.4", "1.2.3.0004", "1..2.3", ".1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "-1.2.3.4", ":",
	":::", ":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
	"1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", "1:2:3:4:5:6:7:1.2.3.4",
	"::1.2.3.4:5", "::1.2.3", "fe80::1%eth0", "[::1]", "1:::2", "::.1.2.3",
	"1:2:3:4:5:6:1.2.3.4:7"};

static void test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_true(as_usual(addresses[i], strlen(addresses[i])));
}

static void test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(as_usual(others[i], strlen(others[i])));
}

/* One to three characters of an address are others, gone, or more. */
static void test_mutations(void **state)
{
	static const char letters[] = "::::....0123459afAFg -%";
	unsigned good = 0, bad = 0;

	(void)state;
	srand(1);
	for (unsigned i = 0; i < 200000; i++) {
		const char *from =
			addresses[(unsigned)rand() % (sizeof(addresses) / sizeof(addresses[0]))];
		char text[64];
		size_t n = strlen(from);

		memcpy(text, from, n + 1);
		for (int k = rand() % 3; k >= 0; k--) {
			size_t at = (unsigned)rand() % (n + 1);
			char c = letters[(unsigned)rand() % (sizeof(letters) - 1)];

			switch (rand() % 3) {
			case 0:
				if (at < n)
					text[at] = c;
				break;
			case 1:
				memmove(text + at + 1, text + at, n - at);
				text[at] = c;
				n++;
				break;
			default:
				if (at < n) {
					memmove(text + at, text + at + 1, n - at - 1);
					n--;
				}
			}
		}
		if (as_usual(text, n))
			good++;
		else
			bad++;
	}
	assert_true(good > 10000 && bad > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
