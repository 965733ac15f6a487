/* link: hostid.o small_file.o sha256.o text.o fake_sys.o fake_files.o fake_sockets.o */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "fake_sys.h"
#include "hostid.h"
#include "sha256.h"

#define STATE	"/var/lib/ecsaudit/agent-id"
#define MACHINE "/etc/machine-id"

static struct hostid h;
static struct config config; /* which *h points into */

static int init(const char *agent_id, const char *hostname, const char *state_file)
{
	config = (struct config){.agent.id = agent_id,
		.hostname = hostname,
		.host_id = "",
		.state_file = state_file};
	return hostid_init(&h, &config, state_file);
}

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(fake_sys_open_count(), 0);
	fake_sys_reset();
	return 0;
}

static void assert_uuid4(const char *uuid)
{
	assert_int_equal(strlen(uuid), 36);
	for (size_t i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23)
			assert_int_equal(uuid[i], '-');
		else
			assert_non_null(strchr("0123456789abcdef", uuid[i]));
	}
	assert_int_equal(uuid[14], '4');
	assert_non_null(strchr("89ab", uuid[19]));
}

static void assert_digest(const uint8_t digest[SHA256_BYTES], const char *want)
{
	char hex[2 * SHA256_BYTES + 1];

	for (size_t i = 0; i < SHA256_BYTES; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	assert_string_equal(hex, want);
}

static void test_sha256(void **state)
{
	uint8_t digest[SHA256_BYTES];
	char a[200];

	(void)state;
	/* FIPS 180-4 examples. */
	sha256("", 0, digest);
	assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256("abc", 3, digest);
	assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, digest);
	assert_digest(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	/* Lengths around the edges of the padding. */
	memset(a, 'a', sizeof(a));
	sha256(a, 55, digest);
	assert_digest(digest, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	sha256(a, 63, digest);
	assert_digest(digest, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34");
	sha256(a, 64, digest);
	assert_digest(digest, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	sha256(a, 119, digest);
	assert_digest(digest, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
	sha256(a, 120, digest);
	assert_digest(digest, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c");
	/* RFC 4231 test case 2. */
	sha256_hmac("Jefe", 4, "what do ya want for nothing?", 28, digest);
	assert_digest(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void test_configured(void **state)
{
	(void)state;
	fake_sys_file_text(MACHINE, "0123456789abcdef0123456789abcdef\n");
	assert_int_equal(init("mine", "box.example", STATE), 0);
	assert_string_equal(h.agent_id, "mine");
	assert_string_equal(h.hostname, "box.example");
	assert_string_equal(hostid_host(&h, &config), "0123456789abcdef0123456789abcdef");
	assert_null(h.warning);
	assert_uuid4(h.ephemeral_id);
	config.host_id = "theirs";
	assert_string_equal(hostid_host(&h, &config), "theirs");
	assert_string_equal(h.agent_id, "mine");
}

/* Without a machine-id host.id is what is kept, whatever agent.id is; one that will be another at
 * the next start is none. */
static void test_host_without_machine_id(void **state)
{
	char kept[HOSTID_UUID_BYTES];

	(void)state;
	fake_sys_file_text("/var/lib/ecsaudit/x", "");
	assert_int_equal(init("mine", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_CREATED);
	assert_string_equal(h.agent_id, "mine");
	assert_uuid4(hostid_host(&h, &config));
	strcpy(kept, hostid_host(&h, &config));
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_KEPT);
	assert_string_equal(hostid_host(&h, &config), kept);
	assert_string_equal(h.agent_id, kept);

	assert_int_equal(init("", "", ""), 0);
	assert_string_equal(hostid_host(&h, &config), "");
	assert_uuid4(h.agent_id);
	fake_sys_file_text(STATE, "precious\n");
	assert_int_equal(init("mine", "", STATE), 0);
	assert_string_equal(hostid_host(&h, &config), "");
	assert_string_equal(h.warning,
		"host.id is not known: " STATE ": holds no id, and is left as it is; expected "
		"host.id configured, or another state_file");
}

static void test_names_of_the_kernel(void **state)
{
	char longest[65];

	(void)state;
	memset(longest, 'n', 64);
	longest[64] = '\0';
	fake_sys_uname(longest, NULL, "aarch64");
	assert_int_equal(init("x", "", ""), 0);
	assert_string_equal(h.hostname, longest);
	assert_string_equal(h.architecture, "aarch64");
}

static void test_machine_id(void **state)
{
	(void)state;
	fake_sys_file_text(MACHINE, "0123456789abcdef0123456789abcdef\n");
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_MACHINE);
	/* systemd-id128 machine-id --app-specific=HOSTID_APPLICATION on that machine. */
	assert_string_equal(h.agent_id, "2530301f-446e-494e-b451-af6a450a3021");
	assert_uuid4(h.agent_id);
	assert_null(h.warning);
	fake_sys_file_text(MACHINE, "0123456789abcdef0123456789abcdef");
	assert_int_equal(init("", "", ""), 0);
	assert_string_equal(h.agent_id, "2530301f-446e-494e-b451-af6a450a3021");
	fake_sys_file_text(MACHINE, "0123456789abcdef0123456789abcdee\n");
	assert_int_equal(init("", "", ""), 0);
	assert_string_not_equal(h.agent_id, "2530301f-446e-494e-b451-af6a450a3021");
}

static void test_no_machine_id(void **state)
{
	static const char *const wrong[] = {"", "\n", "uninitialized\n",
		"00000000000000000000000000000000\n", "0123456789ABCDEF0123456789ABCDEF\n",
		"0123456789abcdef0123456789abcde\n", "0123456789abcdef0123456789abcdef0\n",
		"0123456789abcdef0123456789abcdeg\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fake_sys_file_text(MACHINE, wrong[i]);
		assert_int_equal(init("", "", ""), 0);
		assert_int_equal(h.source, HOSTID_RANDOM);
		assert_uuid4(h.agent_id);
		assert_null(h.warning); /* asked for, with state_file "" */
		assert_string_not_equal(h.agent_id, h.ephemeral_id);
	}
}

/* A real directory: the fake one has files only. */
static void test_state_file(void **state)
{
	char directory[] = "/tmp/test_hostid.XXXXXX", path[100], text[100] = "";
	char first[HOSTID_UUID_BYTES], ephemeral[HOSTID_UUID_BYTES];
	struct stat st;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(directory));
	fake_sys_pass(directory);
	snprintf(path, sizeof(path), "%s/new/agent-id", directory);
	assert_int_equal(init("", "", path), 0);
	assert_int_equal(h.source, HOSTID_CREATED);
	assert_null(h.warning);
	snprintf(first, sizeof(first), "%s", h.agent_id);
	snprintf(ephemeral, sizeof(ephemeral), "%s", h.ephemeral_id);
	assert_int_equal(fake_sys_calls("fsync"), 2); /* the file and the directory */
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text), f), 37);
	fclose(f);
	assert_memory_equal(text, first, 36);
	assert_int_equal(text[36], '\n');

	assert_int_equal(init("", "", path), 0);
	assert_int_equal(h.source, HOSTID_KEPT);
	assert_string_equal(h.agent_id, first);
	assert_string_not_equal(h.ephemeral_id, ephemeral);
	assert_null(h.warning);

	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	assert_int_equal(rmdir(directory), 0); /* nothing else was left there */
}

static void test_state_file_is_private(void **state)
{
	struct stat st;

	(void)state;
	fake_sys_file_text("/var/lib/ecsaudit/x", "");
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(sys_fstatat(-100, STATE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fake_sys_calls("mkdir"), 0);
}

static void test_state_file_of_another(void **state)
{
	size_t len;

	(void)state;
	fake_sys_file_text("/var/lib/ecsaudit/x", "");
	fake_sys_file_text(STATE, "precious\n");
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_RANDOM);
	assert_uuid4(h.agent_id);
	assert_string_equal(h.warning,
		"agent.id changes at each start: " STATE ": holds no id, and is left as it is; "
		"expected agent.id configured, or another state_file");
	assert_memory_equal(fake_sys_file_data(STATE, &len), "precious\n", 9);

	fake_sys_file_text(STATE, ""); /* what a power cut leaves */
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_CREATED);
	fake_sys_file_data(STATE, &len);
	assert_int_equal(len, 37);
}

static void test_left_over(void **state)
{
	size_t len;

	(void)state;
	fake_sys_file_text(STATE ".new", "half");
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_CREATED);
	assert_null(fake_sys_file_data(STATE ".new", &len));
	fake_sys_file_data(STATE, &len);
	assert_int_equal(len, 37);
}

static void test_read_only(void **state)
{
	(void)state;
	fake_sys_file_text("/var/lib/ecsaudit/x", "");
	fake_sys_fail("open", 4, EROFS); /* machine-id, state, directory, the new file */
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_RANDOM);
	assert_uuid4(h.agent_id);
	assert_non_null(strstr(h.warning, STATE ": Read-only file system; expected"));
}

static void test_paths(void **state)
{
	char longest[LIMIT_PATH_BYTES];
	size_t len;

	(void)state;
	fake_sys_file_text("/x", "");
	assert_int_equal(init("", "", "/agent-id"), 0);
	assert_int_equal(h.source, HOSTID_CREATED);
	assert_non_null(fake_sys_file_data("/agent-id", &len));
	memset(longest, 'p', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(init("", "", longest), 0);
	assert_int_equal(h.source, HOSTID_RANDOM);
	assert_true(strlen(h.warning) < sizeof(h.warning_text));
}

static void test_randomness(void **state)
{
	(void)state;
	fake_sys_fail("getrandom", 1, EAGAIN); /* early boot: the second call takes it */
	assert_int_equal(init("x", "", ""), 0);
	assert_int_equal(fake_sys_calls("getrandom"), 3); /* and agent.id's */
	fake_sys_fail("getrandom", 0, ENOSYS);
	assert_int_equal(init("x", "", ""), -ENOENT); /* and no /dev */
	fake_sys_file("/dev/urandom", "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16);
	fake_sys_short(5);
	assert_int_equal(init("x", "", ""), 0);
	assert_string_equal(h.ephemeral_id, "00010203-0405-4607-8809-0a0b0c0d0e0f");
	fake_sys_file("/dev/urandom", "\0\1\2", 3);
	assert_int_equal(init("x", "", ""), -EIO);
}

/* Early at boot. */
static void test_name_comes_later(void **state)
{
	(void)state;
	fake_sys_uname("(none)", NULL, NULL);
	assert_int_equal(init("x", "", ""), 0);
	assert_string_equal(h.hostname, "");
	assert_false(hostid_refresh(&h, "", true));
	fake_sys_uname("box", NULL, NULL);
	assert_true(hostid_refresh(&h, "", false));
	assert_string_equal(h.hostname, "box");
	assert_false(hostid_refresh(&h, "", true));
	fake_sys_uname("other", NULL, NULL);
	fake_sys_fail("uname", 1, EFAULT);
	assert_false(hostid_refresh(&h, "", false));
	assert_string_equal(h.hostname, "box");
	assert_true(hostid_refresh(&h, "", false));
	assert_string_equal(h.hostname, "other");

	assert_int_equal(init("x", "mine", ""), 0);
	fake_sys_uname("third", NULL, NULL);
	assert_false(hostid_refresh(&h, "", true));
	assert_string_equal(h.hostname, "mine");
}

static void test_id_comes_later(void **state)
{
	char first[HOSTID_UUID_BYTES], ephemeral[HOSTID_UUID_BYTES];
	size_t len;

	(void)state;
	fake_sys_fail("mkdir", 0, EROFS);
	fake_sys_fail("open", 2, EROFS);
	assert_int_equal(init("", "", STATE), 0);
	assert_int_equal(h.source, HOSTID_RANDOM);
	snprintf(first, sizeof(first), "%s", h.agent_id);
	snprintf(ephemeral, sizeof(ephemeral), "%s", h.ephemeral_id);
	assert_false(hostid_refresh(&h, STATE, true));
	assert_string_equal(h.agent_id, first);
	assert_null(fake_sys_file_data(STATE, &len)); /* looks, and writes nothing */

	fake_sys_file_text(STATE, "00010203-0405-4607-8809-0a0b0c0d0e0f\n");
	assert_false(hostid_refresh(&h, STATE, false));
	assert_true(hostid_refresh(&h, STATE, true));
	assert_int_equal(h.source, HOSTID_KEPT);
	assert_string_equal(h.agent_id, "00010203-0405-4607-8809-0a0b0c0d0e0f");
	assert_string_equal(h.ephemeral_id, ephemeral);
	fake_sys_file_text(MACHINE, "0123456789abcdef0123456789abcdef\n");
	assert_false(hostid_refresh(&h, STATE, true)); /* it has one, and does not change it */

	fake_sys_reset();
	assert_int_equal(init("", "", ""), 0);
	assert_int_equal(h.source, HOSTID_RANDOM);
	fake_sys_file_text(STATE, "precious\n");
	assert_false(hostid_refresh(&h, STATE, true));
	fake_sys_file_text(MACHINE, "0123456789abcdef0123456789abcdef\n");
	assert_true(hostid_refresh(&h, "", true));
	assert_int_equal(h.source, HOSTID_MACHINE);
	assert_string_equal(h.agent_id, "2530301f-446e-494e-b451-af6a450a3021");
}

/* Whatever fails: an id or an error, no file left half written, the old one never harmed. */
static void test_every_call_fails(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 40; n++) {
		const char *kept;
		size_t len;
		int error;

		fake_sys_reset();
		fake_sys_file_text("/var/lib/ecsaudit/x", "");
		fake_sys_short(16); /* getrandom() is never shorter, write() is */
		fake_sys_fail_nth(n, EIO);
		error = init("", "", STATE);
		fake_sys_fail_nth(0, 0);
		assert_int_equal(fake_sys_open_count(), 0);
		kept = fake_sys_file_data(STATE, &len);
		if (error == 0)
			assert_uuid4(h.agent_id);
		if (kept) {
			assert_int_equal(len, 37);
			assert_memory_equal(kept, h.agent_id, 36);
		}
		if (error == 0)
			assert_true(!h.warning || h.source == HOSTID_RANDOM);
		assert_int_equal(init("", "", STATE), 0);
		assert_int_equal(h.source, kept ? HOSTID_KEPT : HOSTID_CREATED);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sha256),
		TEST(test_configured),
		TEST(test_host_without_machine_id),
		TEST(test_names_of_the_kernel),
		TEST(test_machine_id),
		TEST(test_no_machine_id),
		TEST(test_state_file),
		TEST(test_state_file_is_private),
		TEST(test_state_file_of_another),
		TEST(test_left_over),
		TEST(test_read_only),
		TEST(test_paths),
		TEST(test_randomness),
		TEST(test_name_comes_later),
		TEST(test_id_comes_later),
		TEST(test_every_call_fails),
	};

	return cmocka_run_group_tests_name("hostid", tests, NULL, NULL);
}
