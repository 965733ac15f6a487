/* link: document.o document_network.o document_process.o document_auditd.o document_file.o
 * document_layout.o document_message.o document_user.o normalize.o json.o timestamp.o cjson.o
 * event.o execve.o record.o record_fields.o record_decode.o decode.o sockaddr_text.o
 * reassembly.o blocks.o record_header.o tables.o table_names.o table_keys.o table_norms.o
 * table_syscalls.o fake_identity.o support_core.o support_event.o support_document.o */
#include "document_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_document.h"

static void a_file(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=87 items=1\n"
		    "PATH item=0 name=\"/f\" inode=12 dev=fd:00 mode=0104755 ouid=1000 ogid=100 "
		    "rdev=00:00 obj=u:r:d:l nametype=DELETE odd-name=1\n");
	expect("file",
		"{\"path\":\"/f\",\"directory\":\"/"
		"\",\"name\":\"f\",\"type\":\"file\",\"device\":\"00:00\",\"inode\":\"12\","
		"\"mode\":\"4755\","
		"\"uid\":\"1000\",\"gid\":\"100\",\"owner\":\"alice\",\"group\":\"users\","
		"\"selinux\":{\"user\":\"u\",\"role\":\"r\",\"domain\":\"d\",\"level\":\"l\"}}");
	expect("auditd/paths/0/dev", "\"fd:00\"");
	expect("auditd/paths/0/obj_user", "\"u\"");
	expect("auditd/paths/0/odd-name", "\"1\"");
	expect("auditd/summary/object", "{\"type\":\"file\",\"primary\":\"/f\"}");
	expect_nothing("auditd/data/items");
}

static void the_parts(void **state)
{
	static const struct {
		const char *name, *parts;
	} cases[] = {
		{"/etc/passwd", "\"directory\":\"/etc\",\"name\":\"passwd\""},
		{"/init", "\"directory\":\"/\",\"name\":\"init\""},
		{"/a/b.tar.gz", "\"directory\":\"/a\",\"name\":\"b.tar.gz\",\"extension\":\"gz\""},
		{"/a/.bashrc", "\"directory\":\"/a\",\"name\":\".bashrc\""},
		{"/a/.x.so", "\"directory\":\"/a\",\"name\":\".x.so\",\"extension\":\"so\""},
		{"/a/b.", "\"directory\":\"/a\",\"name\":\"b.\""},
		{"/a.b/c/", "\"directory\":\"/a.b\",\"name\":\"c\""},
		{"c.d", "\"name\":\"c.d\",\"extension\":\"d\""}, /* nobody says where */
	};
	char log[256], file[256];

	(void)state;
	document_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(log, sizeof(log), "SYSCALL arch=c000003e syscall=87\nPATH name=\"%s\"\n",
			cases[i].name);
		document_of(log);
		snprintf(file, sizeof(file), "{\"path\":\"%s\",%s}", cases[i].name, cases[i].parts);
		expect("file", file);
	}
	document_of("SYSCALL arch=c000003e syscall=87\nPATH name=\"/\"\n");
	expect("file", "{\"path\":\"/\"}");
	document_of("SYSCALL arch=c000003e syscall=87\nPATH name=\"/a/..\"\n");
	expect("file", "{\"path\":\"/a/..\"}");
	document_of("SYSCALL arch=c000003e syscall=257 a0=5\nCWD cwd=\"/\"\nPATH name=\"a/.\"\n");
	expect("file", "{\"path\":\"a/.\"}");
	document_of("SYSCALL arch=c000003e syscall=83\nPATH name=\"/etc/cron.d\" mode=040755\n");
	expect("file/name", "\"cron.d\"");
	expect_nothing("file/extension");
}

static void types(void **state)
{
	static const struct {
		const char *mode, *type;
	} cases[] = {{"0100644", "\"file\""}, {"040755", "\"dir\""}, {"0120777", "\"symlink\""},
		{"020600", "\"char_device\""}, {"060600", "\"block_device\""},
		{"010600", "\"fifo\""}, {"0140755", "\"socket\""}, {"0644", ""}, {"x", ""}};
	char log[256];

	(void)state;
	document_start();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(log, sizeof(log),
			"SYSCALL arch=c000003e syscall=87\nPATH name=\"/f\" mode=%s\n",
			cases[i].mode);
		document_of(log);
		expect("file/type", cases[i].type);
	}
}

static void where_a_link_points(void **state)
{
	(void)state;
	document_start();
	document_of("SYSCALL arch=c000003e syscall=88 success=yes\nCWD cwd=\"/\"\n"
		    "PATH name=\"/tmp/\" nametype=PARENT\nPATH name=\"../etc/x\" nametype=UNKNOWN\n"
		    "PATH name=\"/tmp/soft\" mode=0120777 nametype=CREATE\n");
	expect("file", "{\"path\":\"/tmp/soft\",\"directory\":\"/tmp\",\"name\":\"soft\","
		       "\"target_path\":\"../etc/x\",\"type\":\"symlink\",\"mode\":\"0777\"}");
	/* the kernel took where it points for its name (__audit_inode_child()) */
	document_of("SYSCALL arch=c000003e syscall=88 success=yes\nCWD cwd=\"/srv\"\n"
		    "PATH name=\"etc/\" nametype=PARENT\n"
		    "PATH name=\"/tm/x\" mode=0120777 nametype=CREATE\n");
	expect("file", "{\"path\":\"/srv/etc/x\",\"directory\":\"/srv/etc\",\"name\":\"x\","
		       "\"target_path\":\"/tm/x\",\"type\":\"symlink\",\"mode\":\"0777\"}");
	document_of("SYSCALL arch=c000003e syscall=266 success=yes a1=5\nCWD cwd=\"/srv\"\n"
		    "PATH name=\"x\" nametype=CREATE\nPATH name=\"etc/\" nametype=PARENT\n");
	expect("file", "{\"path\":\"etc/x\",\"name\":\"x\",\"target_path\":\"x\"}");
	document_of("SYSCALL arch=c000003e syscall=88 success=yes\nCWD cwd=\"/srv\"\n"
		    "PATH name=\"/srv\" nametype=PARENT\nPATH name=\"x\" nametype=CREATE\n");
	expect("file", "{\"path\":\"/srv/x\",\"directory\":\"/srv\",\"name\":\"x\"}");
	document_of("SYSCALL arch=c000003e syscall=88 success=yes\nCWD cwd=\"/srv\"\n"
		    "PATH name=\"etc/\" nametype=PARENT\nPATH name=(null) nametype=CREATE\n");
	expect_nothing("file");
	/* where one that was not made was to point is no file of the event */
	document_of("SYSCALL arch=c000003e syscall=88 success=no\nCWD cwd=\"/\"\n"
		    "PATH name=\"/etc/shadow\" nametype=UNKNOWN\n"
		    "PATH name=\"/tmp/\" nametype=PARENT\n");
	expect("file/path", "\"/tmp/\"");
	document_of("SYSCALL arch=c000003e syscall=88 success=no\nCWD cwd=\"/\"\n"
		    "PATH name=\"/etc/shadow\" nametype=UNKNOWN\n"
		    "PATH name=\"/none/x\" nametype=UNKNOWN\n");
	expect_nothing("file");
	/* one that was not made, and a call that makes none */
	document_of("SYSCALL arch=c000003e syscall=88 success=no\nCWD cwd=\"/\"\n"
		    "PATH name=\"/tmp/\" nametype=PARENT\nPATH name=\"x\" nametype=UNKNOWN\n"
		    "PATH name=\"/tmp/soft\" mode=0120777 nametype=NORMAL\n");
	expect_nothing("file/target_path");
	document_of(
		"SYSCALL arch=c000003e syscall=86 success=yes\nPATH name=\"x\" nametype=UNKNOWN\n"
		"PATH name=\"/tmp/hard\" nametype=CREATE\n");
	expect_nothing("file/target_path");
}

static void a_full_path(void **state)
{
	static const struct {
		const char *cwd, *name, *path;
	} cases[] = {
		{"/root", "notes", "/root/notes"},
		{"/root", "./notes", "/root/notes"},
		{"/root", "a//b/./c", "/root/a/b/c"},
		{"/", "notes", "/notes"},
		{"/", "../../notes", "/notes"},
		{"/a/b", "..", "/a"},
		{"/a/b", "../c", "/a/c"},
		{"/a/b", "./../c", "/a/c"},
		{"/a/b", "../../../../c", "/c"},
		{"/a/b", "c/../d", "/a/b/c/../d"}, /* c may be a symbolic link */
		{"/a/b", "../c/../d", "/a/c/../d"},
		{"/a/b", "..c/.d", "/a/b/..c/.d"},
		{"/a/b", ".", "/a/b"},
		{"/a/b", "d/", "/a/b/d/"},
		{"/a/b", "/etc//./shadow", "/etc/shadow"},
		{"/a/b", "//etc/shadow", "/etc/shadow"},
		{"/a/b", "/../etc/shadow", "/etc/shadow"}, /* the root is above itself */
		{"/a/b", "/etc/../x", "/etc/../x"},
		{"/a/b", "/etc/.hidden/..x", "/etc/.hidden/..x"},
		{"/a/b", "/etc/", "/etc/"},
		{"/a/b", "/", "/"},
		{"/a/b", "//", "/"},
		{"/a (deleted)", "../x", "/x"},
		{"(unreachable)/a", "x", "x"}, /* it has no path */
		{"(unreachable)/a", "../x//y", "../x//y"},
	};

	(void)state;
	assert_true(document_start());
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[128];

		document_of(exact_format("SYSCALL arch=c000003e syscall=2\nCWD cwd=\"%s\"\n"
					 "PATH name=\"%s\"%c",
			cases[i].cwd, cases[i].name, 0)
				    .at);
		sprintf(want, "\"%s\"", cases[i].path);
		expect("file/path", want);
		sprintf(want, "\"%s\"", cases[i].name); /* as the program said it */
		expect("auditd/summary/object/primary", want);
		expect("auditd/paths/0/name", want);
	}
}

static void a_path_that_nobody_can_tell(void **state)
{
	(void)state;
	assert_true(document_start());
	document_of("SYSCALL arch=c000003e syscall=257 a0=3\nCWD cwd=\"/d\"\n"
		    "PATH name=\"x/./y\"\n"); /* in the directory that is descriptor 3 */
	expect("file/path", "\"x/./y\"");
	document_of("SYSCALL arch=c000003e syscall=257 a0=ffffff9c\nPATH name=\"x\"\n");
	expect("file/path", "\"x\"");
	document_of("SYSCALL arch=c000003e syscall=77 a0=3\nCWD cwd=\"/d\"\n"
		    "PATH name=(null) inode=3\n"); /* ftruncate */
	expect("file", "{\"inode\":\"3\"}");
}

static void permissions_have_four_digits(void **state)
{
	static const char *const modes[][2] = {{"0100644", "\"0644\""}, {"0", "\"0000\""},
		{"07777", "\"7777\""}, {"040001", "\"0001\""},
		{"1777777777777777777777", "\"7777\""}};

	(void)state;
	document_start();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		document_of(exact_format(
			"SYSCALL arch=c000003e syscall=87\nPATH mode=%s%c", modes[i][0], 0)
				    .at);
		expect("file/mode", modes[i][1]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, document_setup, document_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file),
		TEST(the_parts),
		TEST(types),
		TEST(where_a_link_points),
		TEST(a_full_path),
		TEST(a_path_that_nobody_can_tell),
		TEST(permissions_have_four_digits),
	};

	return cmocka_run_group_tests_name("document_file", tests, NULL, NULL);
}
