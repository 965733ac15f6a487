/* link: os_release.o os_facts.o small_file.o fake_sys.o fake_files.o fake_sockets.o */
#include "os_release.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "fake_sys.h"

static struct os_release os;

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	os = (struct os_release){0};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

/* Platform, family, name, version and codename, with a | between. */
static void expect(const char *text, const char *facts)
{
	char got[5 * (LIMIT_OS_FACT_BYTES + 2)];

	fake_sys_file_text("/etc/os-release", text);
	(void)os_release_read(&os);
	snprintf(got, sizeof(got), "%s|%s|%s|%s|%s", os.facts[OS_PLATFORM], os.facts[OS_FAMILY],
		os.facts[OS_NAME], os.facts[OS_VERSION], os.facts[OS_CODENAME]);
	assert_string_equal(got, facts);
}

static void distributions(void **state)
{
	(void)state;
	expect("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n"
	       "VERSION_ID=\"12\"\nVERSION=\"12 "
	       "(bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n",
		"debian|debian|Debian GNU/Linux|12 (bookworm)|bookworm");
	expect("NAME=\"OpenWrt\"\nVERSION=\"23.05.3\"\nID=\"openwrt\"\nID_LIKE=\"lede openwrt\"\n"
	       "VERSION_ID=\"23.05.3\"\n",
		"openwrt||OpenWrt|23.05.3|");
	expect("NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.19.1\n",
		"alpine|alpine|Alpine Linux|3.19.1|");
	expect("NAME=Buildroot\nVERSION=2024.02\nID=buildroot\nVERSION_ID=2024.02\n",
		"buildroot||Buildroot|2024.02|");
	expect("NAME=\"Rocky Linux\"\nVERSION=\"9.3 (Blue Onyx)\"\nID=\"rocky\"\n"
	       "ID_LIKE=\"rhel centos fedora\"\n",
		"rocky|redhat|Rocky Linux|9.3 (Blue Onyx)|"); /* no word */
	expect("NAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\n",
		"centos|redhat|CentOS Linux|7 (Core)|Core");
	expect("ID=opensuse-leap\nID_LIKE=\"suse opensuse\"\n", "opensuse-leap|suse|||");
	expect("ID=endeavouros\nID_LIKE=arch\n", "endeavouros|arch|||");
}

static void as_a_shell_reads_it(void **state)
{
	char text[256];

	(void)state;
	expect("", "||||");
	expect("ID=x", "x||||");
	expect("ID='a b'\r\n# NAME=no\n NAME=no\nNAME=\"q\\\"\\$\\\\\" # y\n", "a b||q\"$\\||");
	expect("ID=\"open\nNAME=\nVERSION=\"\"\nVERSION_ID=1\nXID=2\nID\n", "open|||1|");
	expect("ID=a\nID=b\n", "b||||");
	memset(text, 'x', sizeof(text));
	memcpy(text, "NAME=", 5);
	text[5 + LIMIT_OS_FACT_BYTES + 1] = '\0';
	expect(text, "||||"); /* too long to be true */
	text[5 + LIMIT_OS_FACT_BYTES] = '\0';
	(void)os_release_read(&os);
	fake_sys_file_text("/etc/os-release", text);
	(void)os_release_read(&os);
	assert_string_equal(os.facts[OS_NAME], text + 5);
}

static void what_is_left_of_a_long_file(void **state)
{
	static char text[2 * LIMIT_OS_RELEASE_BYTES];

	(void)state;
	memset(text, '#', sizeof(text) - 1);
	memcpy(text, "ID=first\n", 9);
	text[LIMIT_OS_RELEASE_BYTES - 10] = '\n';
	memcpy(text + LIMIT_OS_RELEASE_BYTES - 9, "NAME=cut off", 12);
	expect(text, "first||||");
}

static void which_file(void **state)
{
	(void)state;
	assert_false(os_release_read(&os));
	fake_sys_file_text("/usr/lib/os-release", "ID=vendor\n");
	assert_true(os_release_read(&os));
	assert_string_equal(os.facts[OS_PLATFORM], "vendor");
	assert_false(os_release_read(&os));
	fake_sys_file_text("/etc/os-release", "ID=admin\n");
	assert_true(os_release_read(&os));
	assert_string_equal(os.facts[OS_PLATFORM], "admin");
	fake_sys_fail("open", 0, EACCES);
	assert_false(os_release_read(&os)); /* what is known stays */
	assert_string_equal(os.facts[OS_PLATFORM], "admin");
	fake_sys_fail("open", 0, 0);
	fake_sys_file_text("/etc/os-release", "");
	assert_true(os_release_read(&os));
	assert_string_equal(os.facts[OS_PLATFORM], "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(distributions),
		TEST(as_a_shell_reads_it),
		TEST(what_is_left_of_a_long_file),
		TEST(which_file),
	};

	return cmocka_run_group_tests_name("os_release", tests, NULL, NULL);
}
