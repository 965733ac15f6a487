/* link: record.o record_fields.o record_decode.o decode.o sockaddr_text.o tables.o table_names.o
 * table_keys.o table_norms.o table_syscalls.o support_core.o support_record.o */
#include "record_decode.h"
#include "record_fields.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"
#include "support_record.h"

#define PLAIN RECORD_KERNEL_OTHER

/* ---- what every type has ------------------------------------------------------------------- */

static void unset_ids(void **state)
{
	(void)state;
	check(PLAIN, "auid=4294967295 old-auid=-1 ses=4294967295",
		"auid=unset|old-auid=unset|ses=unset", NULL);
	check(PLAIN, "uid=4294967295 old_auid=4294967295 euid=-1",
		"uid=4294967295|old_auid=4294967295|euid=-1", NULL);
	check(PLAIN, "auid=42949672950 ses=-11", "auid=42949672950|ses=-11", NULL);
}

static void results(void **state)
{
	static const char *const good[] = {
		"yes", "1", "success", "Success", "YES", "sucking", "suc"};
	static const char *const bad[] = {
		"no", "0", "failed", "unset", "ye", "su", "yess", "11", "true"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		parse(PLAIN, exact_format("res=%s%c", good[i], 0).at);
		expect_fields("result=success");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(PLAIN, exact_format("res=%s%c", bad[i], 0).at);
		expect_fields("result=fail");
	}
	check(PLAIN, "success=yes", "result=success", NULL);
	check(PLAIN, "res=1 success=no", "result=fail|res=1", NULL); /* res stays then */
	check(PLAIN, "result=whatever", "result=whatever", NULL);
	check(PLAIN, "result=x res=1", "result=success", NULL);
	check(PLAIN, "pid=1", "pid=1", NULL);
}

static void exit_codes(void **state)
{
	(void)state;
	check(PLAIN, "exit=-13", "exit=EACCES", NULL);
	check(PLAIN, "exit=-11", "exit=EAGAIN", NULL);
	check(PLAIN, "exit=-35", "exit=EDEADLK", NULL);
	check(PLAIN, "exit=13", "exit=13", NULL);
	check(PLAIN, "exit=0", "exit=0", NULL);
	check(PLAIN, "exit=-0", "exit=-0", NULL);
	check(PLAIN, "exit=-9999", "exit=-9999", NULL);
	check(PLAIN, "exit=-9223372036854775808", "exit=-9223372036854775808", NULL);
	check(PLAIN, "exit=-4294967283", "exit=-4294967283", NULL); /* no 32-bit -13 */
	check(PLAIN, "exit=-", "exit=-", NULL);
	check(PLAIN, "exit=-13x", "exit=-13x", NULL);
}

/* The record says of which architecture it is; where it does not, the workspace knows or not. */
static void numbers_of_a_machine(void **state)
{
	(void)state;
	check(RECORD_SYSCALL, "arch=40000008 syscall=4003 exit=-89",
		"arch=mipsel|syscall=read|exit=ENOSYS", NULL);
	check(RECORD_SYSCALL, "exit=-89 arch=c000003e syscall=0",
		"exit=EDESTADDRREQ|arch=x86_64|syscall=read", NULL);
	check(RECORD_SYSCALL, "arch=c0009026 syscall=1 exit=-35",
		"arch=alpha|syscall=1|exit=EAGAIN", NULL);
	check(RECORD_SYSCALL, "arch=1234 syscall=1 exit=-89",
		"arch=unknown[1234]|syscall=1|exit=EDESTADDRREQ", NULL);
	check(RECORD_SECCOMP, "sig=12 arch=8 syscall=4003", "sig=SIGSYS|arch=mips|syscall=read",
		NULL);
	check(RECORD_SECCOMP, "sig=31 arch=c000003e syscall=0",
		"sig=SIGSYS|arch=x86_64|syscall=read", NULL);

	test_workspace.numbering = NUMBERING_MIPS;
	test_workspace.big_endian = true;
	record_parse(&test_workspace, RECORD_URINGOP, exact("uring_op=18 exit=-89"), &test_record);
	assert_text(field_of(&test_record, "exit"), "ENOSYS");
	record_parse(
		&test_workspace, RECORD_SOCKADDR, exact("saddr=00020035C0000201"), &test_record);
	assert_text(field_of(&test_record, "addr"), "192.0.2.1");
}

/* An event of s390x in a log that is read elsewhere: its members are as the peer has them, its
 * address is right. The next event may be of another machine. */
static void byte_order_of_the_event(void **state)
{
	(void)state;
	record_workspace_init(&test_workspace, scratch_arena());
	record_parse(
		&test_workspace, RECORD_SYSCALL, exact("arch=80000016 syscall=362"), &test_record);
	record_parse(
		&test_workspace, RECORD_SOCKADDR, exact("saddr=00020035C0000201"), &test_record);
	assert_text(field_of(&test_record, "family"), "512");
	assert_text(test_record.address, "192.0.2.1");
	record_parse(&test_workspace, RECORD_SOCKADDR, exact("saddr=00012F746D70"), &test_record);
	assert_text(test_record.address, "/tmp");
	record_parse(&test_workspace, RECORD_SOCKADDR, exact("saddr=00280000000004D200000002"),
		&test_record);
	assert_text(test_record.address, "vsock:2:1234");
	record_workspace_reset(&test_workspace);
	record_parse(
		&test_workspace, RECORD_SOCKADDR, exact("saddr=02000035C0000201"), &test_record);
	assert_text(field_of(&test_record, "addr"), "192.0.2.1");
	assert_int_equal(test_record.address.len, 0);
	record_parse(&test_workspace, RECORD_SOCKADDR, exact("saddr=0200"), &test_record);
	assert_null(record_field(&test_workspace, KEY_SADDR));
	assert_text(test_record.address, "0200");
	record_parse(&test_workspace, RECORD_CWD, exact("cwd=\"/\""), &test_record);
	assert_int_equal(test_record.address.len, 0);
}

static void subject_labels(void **state)
{
	(void)state;
	check(PLAIN, "subj=u:r:d:s0-s0:c0.c1023",
		"subj_user=u|subj_role=r|subj_domain=d|subj_level=s0-s0|subj_category=c0.c1023",
		NULL);
	check(PLAIN, "subj=u:r:d:l:c:more:still", /* at most five */
		"subj_user=u|subj_role=r|subj_domain=d|subj_level=l|subj_category=c:more:still",
		NULL);
	check(PLAIN, "pid=1 subj=unconfined uid=2", "pid=1|uid=2|subj_user=unconfined", NULL);
	check(PLAIN, "subj=a:b", "subj_user=a|subj_role=b", NULL);
	check(PLAIN, "subj==unconfined", "subj_user==unconfined", NULL);
	check(PLAIN, "obj=u:r:d:l", "obj=u:r:d:l", NULL); /* PATH only */
	check(RECORD_PATH, "obj=u:r:d:l", "obj_user=u|obj_role=r|obj_domain=d|obj_level=l", NULL);
}

/* What stands behind a label differs from type to type, and with the form of one type. */
static void a_label_ends_where_its_writer_goes_on(void **state)
{
	(void)state;
	check(RECORD_MAC_MAP_ADD,
		"subj=a b nlbl_domain=(default) dst=192.0.2.1 dst_prefixlen=24 "
		"nlbl_protocol=cipsov4 cipso_doi=16 res=1",
		"nlbl_domain=(default)|dst=192.0.2.1|dst_prefixlen=24|nlbl_protocol=cipsov4|"
		"cipso_doi=16|result=success|subj_user=a b",
		NULL);
	check(RECORD_MAC_UNLBL_STCADD, "subj=a netif=lan src=192.0.2.1 sec_obj=u res=0",
		"netif=lan|src=192.0.2.1|sec_obj=u|result=fail|subj_user=a", NULL);
	check(RECORD_MAC_IPSEC_EVENT, "op=SPD-add subj=a res=0 res=1 src=192.0.2.1 dst=192.0.2.2",
		"op=SPD-add|src=192.0.2.1|dst=192.0.2.2|result=success|subj_user=a res=0", NULL);
	check(RECORD_MAC_IPSEC_EVENT, "op=SAD-add subj=a res=0 src=192.0.2.1 spi=1(0x1) res=1",
		"op=SAD-add|src=192.0.2.1|spi=1(0x1)|result=success|subj_user=a res=0", NULL);
	check(RECORD_ANOM_ABEND, "subj=a b pid=7 comm=\"x\" exe=\"/x (deleted)\" sig=11 res=1",
		"pid=7|comm=x|exe=/x (deleted)|sig=11|result=success|subj_user=a b", NULL);
}

static void tags_are(const char *body, const char *joined)
{
	char text[1024];
	size_t len = 0;

	parse(PLAIN, body);
	assert_null(field_of(&test_record, "key").at);
	for (uint32_t i = 0; i < test_record.tag_count; i++)
		len += (size_t)sprintf(text + len, "%s%.*s", i ? "|" : "",
			(int)test_record.tags[i].len, test_record.tags[i].at);
	assert_bytes_at((struct span){text, (uint32_t)len}, joined, strlen(joined), body, 0);
}

static void rule_keys(void **state)
{
	(void)state;
	tags_are("key=\"identity\"", "identity");
	tags_are("key=(null)", "");
	tags_are("key=\"a b\"", "a b");
	tags_are("key=6F6E650174776F", "one|two");
	tags_are("key=016101", "|a|"); /* empty ones are none of our business */
	tags_are("key=\"key=old\"", "old");
	tags_are("key=a=b", "b");
	tags_are("key=\"a=b=c\"", "b=c");
	tags_are("key=AB", "\xab");
	tags_are("key=1234", "\x12\x34");
	tags_are("key=\"1234\"", "1234");
	tags_are("key=abc", "abc");
	tags_are("key=x=", "");
}

static void as_many_keys_as_there_may_be(void **state)
{
	char body[8 + LIMIT_EVENT_TAGS * 4 + 8] = "key=61";

	(void)state;
	for (unsigned i = 1; i < LIMIT_EVENT_TAGS; i++)
		strcat(body, "0161");
	parse(PLAIN, body);
	assert_int_equal(test_record.tag_count, LIMIT_EVENT_TAGS);
	assert_null(test_workspace.left_out.at);
	strcat(body, "0162");
	parse(PLAIN, body);
	assert_int_equal(test_record.tag_count, LIMIT_EVENT_TAGS);
	assert_text(test_workspace.left_out, "key");
}

static void working_directories(void **state)
{
	(void)state;
	check(RECORD_CWD, "cwd=2F612062", "cwd=/a b", NULL);
	check(RECORD_CWD, "cwd=\"2F612062\"", "cwd=2F612062", NULL);
	check(RECORD_CWD, "cwd=\"/\"", "cwd=/", NULL);
	check(PLAIN, "cwd=2F61", "cwd=/a", NULL); /* in every type */
}

/* ---- hex ----------------------------------------------------------------------------------- */

/* Of such a key, in a record of such a type, what is in quotes is text, and what is not is hex. */
static void hex_of(uint16_t type, const char *key)
{
	static const char *const texts[] = {"2f62", "2F6", "2F6G", "/b c"};

	check(type, exact_format("%s=2F620063%c", key, 0).at, exact_format("%s=/b c%c", key, 0).at,
		NULL);
	check(type, exact_format("%s=\"2F620063\"%c", key, 0).at,
		exact_format("%s=2F620063%c", key, 0).at, NULL);
	for (size_t i = 0; i < 3; i++)
		check(type, exact_format("%s=%s%c", key, texts[i], 0).at,
			exact_format("%s=%s%c", key, texts[i], 0).at, NULL);
	check(type, exact_format("%s=\"%s\"%c", key, texts[3], 0).at,
		exact_format("%s=%s%c", key, texts[3], 0).at, NULL);
}

static void no_hex_of(uint16_t type, const char *key)
{
	check(type, exact_format("%s=2F620063%c", key, 0).at,
		exact_format("%s=2F620063%c", key, 0).at, NULL);
}

/* Most are encoded in every type that has them. */
static void strings_by_key(void **state)
{
	static const char *const keys[] = {"acct", "cgroup", "cmd", "comm", "cwd", "device", "dir",
		"exe", "file", "fstype", "grp", "invalid_context", "key_desc", "kmod", "label",
		"name", "namespace", "new-chardev", "new-disk", "new-fs", "new_group", "ocomm",
		"old-chardev", "old-disk", "old-fs", "options", "path", "peer", "peer_label",
		"peer_profile", "policy", "profile", "proctitle", "root_dir", "srawcon", "srcname",
		"sw", "target", "text", "trawcon", "vm", "watch", "xattr", "xattrs"};
	static const char *const others[] = {"op", "tty", "terminal", "hostname", "addr", "data",
		"dev", "ino", "info", "a0", "other"};
	unsigned encoded = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		hex_of(PLAIN, keys[i]);
		hex_of(RECORD_AVC, keys[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		no_hex_of(PLAIN, others[i]);
	for (unsigned key = 1; key < KEY_COUNT; key++)
		encoded += !!(key_info[key].flags & KEY_IS_ENCODED);
	assert_int_equal(encoded, sizeof(keys) / sizeof(keys[0]));
}

static void strings_by_type(void **state)
{
	(void)state;
	hex_of(RECORD_TTY, "data");
	hex_of(RECORD_USER_TTY, "data");
	hex_of(RECORD_AVC, "dev"); /* a super block's */
	hex_of(RECORD_INTEGRITY_DATA, "dev");
	hex_of(RECORD_INTEGRITY_LAST_MSG, "dev");
	no_hex_of(RECORD_ANOM_PROMISCUOUS, "dev"); /* an interface's, "deadbeef" or "BEEF" */
	no_hex_of(RECORD_PATH, "dev");
	no_hex_of(RECORD_PATH, "data");
}

/* As it is written everywhere. */
static void abstract_sockets(void **state)
{
	(void)state;
	check(PLAIN, "path=00612F62", "path=@a/b", NULL);
	check(PLAIN, "path=00", "path=@", NULL);
	check(PLAIN, "path=6100", "path=a ", NULL);
	check(PLAIN, "name=0061", "name= a", NULL);
}

static void hex_with_odd_bytes(void **state)
{
	(void)state;
	check(RECORD_PROCTITLE, "proctitle=6C73002D6C00", "proctitle=ls -l ", NULL);
	parse(RECORD_PROCTITLE, "proctitle=FF00C3A4");
	assert_bytes(field_of(&test_record, "proctitle"), "\xff \xc3\xa4");
	parse(RECORD_PROCTITLE, "proctitle=00");
	assert_text(field_of(&test_record, "proctitle"), " ");
}

/* ---- system calls -------------------------------------------------------------------------- */

static void system_calls(void **state)
{
	(void)state;
	check(RECORD_SYSCALL,
		"arch=c000003e syscall=59 success=yes exit=0 a0=55 comm=\"x\" exe=2F7820",
		"arch=x86_64|syscall=execve|result=success|exit=0|a0=55|comm=x|exe=/x ", NULL);
	assert_text(syscall_name(test_record.syscall), "execve");
	check(RECORD_SYSCALL, "arch=40000003 syscall=11 exe=\"/x\"",
		"arch=i386|syscall=execve|exe=/x", NULL);
	check(RECORD_SYSCALL, "arch=c00000b7 syscall=221", "arch=aarch64|syscall=execve", NULL);
	check(RECORD_SYSCALL, "arch=40000028 syscall=11", "arch=arm|syscall=execve", NULL);
	check(RECORD_SYSCALL, "arch=c000003e syscall=99999", "arch=x86_64|syscall=99999", NULL);
	assert_int_equal(test_record.syscall, SYSCALL_ID_NONE);
	/* x32's numbers stay, as the peer has them; riscv has names, unlike with the peer */
	check(RECORD_SYSCALL, "arch=c000003e syscall=1073742344", "arch=x86_64|syscall=1073742344",
		NULL);
	check(RECORD_SYSCALL, "arch=c00000f3 syscall=221", "arch=riscv64|syscall=execve", NULL);
	check(RECORD_SYSCALL, "arch=c000003e syscall=-1", "arch=x86_64|syscall=-1", NULL);
	check(RECORD_SYSCALL, "arch=c000003e syscall=4294967355", "arch=x86_64|syscall=4294967355",
		NULL);
}

static void unknown_architectures(void **state)
{
	(void)state;
	check(RECORD_SYSCALL, "arch=c0ffee00 syscall=1", "arch=unknown[c0ffee00]|syscall=1", NULL);
	check(RECORD_SYSCALL, "arch=0 syscall=1", "arch=unknown[0]|syscall=1", NULL);
	check(RECORD_SYSCALL, "arch=ff syscall=1", "arch=unknown[ff]|syscall=1", NULL);
	check(RECORD_SYSCALL, "arch=x86_64 syscall=2", "arch=x86_64|syscall=2",
		"arch is missing or no number");
}

/* The rest of a record is kept where the peer drops it. */
static void system_calls_without_their_fields(void **state)
{
	(void)state;
	check(RECORD_SYSCALL, "syscall=59 pid=1 exe=2F78", "syscall=59|pid=1|exe=/x",
		"arch is missing or no number");
	check(RECORD_SYSCALL, "arch=c000003e pid=1", "arch=x86_64|pid=1",
		"syscall is missing or no number");
	check(RECORD_SYSCALL, "arch=c000003e syscall=open", "arch=x86_64|syscall=open",
		"syscall is missing or no number");
	check(RECORD_SYSCALL, "arch=c000003e syscall=1 exe=(null)", "arch=x86_64|syscall=write",
		NULL);
	check(RECORD_SYSCALL, "", "", "arch is missing or no number");
}

static void seccomp(void **state)
{
	(void)state;
	check(RECORD_SECCOMP, "pid=1 exe=2F78 sig=31 arch=c000003e syscall=2 code=0x0",
		"pid=1|exe=/x|sig=SIGSYS|arch=x86_64|syscall=open|code=0x0", NULL);
	check(RECORD_SECCOMP, "sig=0 arch=c000003e syscall=2", "sig=0|arch=x86_64|syscall=open",
		NULL);
	check(RECORD_SECCOMP, "sig=9999 arch=c000003e syscall=2",
		"sig=9999|arch=x86_64|syscall=open", NULL);
	check(RECORD_SECCOMP, "sig=-9 arch=c000003e syscall=2", "sig=-9|arch=x86_64|syscall=open",
		NULL);
	check(RECORD_SECCOMP, "arch=c000003e syscall=2", "arch=x86_64|syscall=open",
		"sig is missing or no number");
	check(RECORD_ANOM_ABEND, "sig=11", "sig=11", NULL); /* SECCOMP only */
}

/* ---- addresses ------------------------------------------------------------------------------ */

static void socket_addresses(void **state)
{
	(void)state;
	check(RECORD_SOCKADDR, "saddr=020000350A0000FE0000000000000000",
		"family=ipv4|addr=10.0.0.254|port=53", NULL);
	check(RECORD_SOCKADDR, "saddr=0A0000160000000100000000000000000000000000000001",
		"family=ipv6|addr=::1|port=22|flow=1", NULL);
	check(RECORD_SOCKADDR, "saddr=01002F7800", "family=unix|path=/x", NULL);
	check(RECORD_SOCKADDR, "saddr=0100", "family=unix|path=", NULL);
	check(RECORD_SOCKADDR, "saddr=100000000000000000000000",
		"family=netlink|saddr=100000000000000000000000", NULL);
	check(RECORD_SOCKADDR, "saddr=11000003", "family=17|saddr=11000003", NULL);
	check(RECORD_SOCKADDR, "x=1 saddr=01002F78 y=2", "x=1|y=2|family=unix|path=/x", NULL);
}

static void bad_socket_addresses(void **state)
{
	(void)state;
	check(RECORD_SOCKADDR, "x=1", "x=1", "saddr is missing");
	check(RECORD_SOCKADDR, "x=1 saddr=0200", "x=1",
		"saddr is too short for an IPv4 address, or no hex");
	check(RECORD_SOCKADDR, "saddr=0A00", "",
		"saddr is too short for an IPv6 address, or no hex");
	check(RECORD_SOCKADDR, "saddr=0A0000168000000000000000000000000000000000000001", "",
		"saddr has IPv6 flow information that is out of range");
	check(RECORD_SOCKADDR, "saddr=01002f78", "", "saddr has a unix socket path that is no hex");
	check(RECORD_SOCKADDR, "saddr=020z", "", "saddr is no hex, or too short for a family");
}

/* ---- an EXECVE record on its own ---------------------------------------------------------- */

static void arguments(void **state)
{
	(void)state;
	check(RECORD_EXECVE, "argc=3 a0=\"ls\" a1=2D6C a2=6120620063", "argc=3|a0=ls|a1=-l|a2=a b",
		NULL);
	check(RECORD_EXECVE, "argc=1 a0=00 a1=4142", "argc=1|a0=|a1=4142", NULL); /* up to argc */
	check(RECORD_EXECVE, "argc=12 a11=4142", "argc=12|a11=AB", NULL);
	check(RECORD_EXECVE, "argc=2 b0=4142 a=4142 ax=4142 a0_len=10",
		"argc=2|b0=4142|a=4142|ax=4142|a0_len=10", NULL);
	check(RECORD_EXECVE, "a0=4142", "a0=4142", "argc is missing or no number");
	check(RECORD_EXECVE, "argc=x a0=4142", "argc=x|a0=4142", "argc is missing or no number");
}

/* ---- setting and dropping ------------------------------------------------------------------ */

static void set_and_drop(void **state)
{
	(void)state;
	parse(PLAIN, "pid=1 uid=2 gid=3 x=4");
	record_set(&test_workspace, &test_record, KEY_UID, SPAN("9"));
	record_set(&test_workspace, &test_record, KEY_TTY, SPAN("tty1"));
	expect_fields("pid=1|uid=9|gid=3|x=4|tty=tty1");
	record_remove(&test_workspace, &test_record, KEY_PID); /* the last takes its place */
	expect_fields("uid=9|gid=3|x=4|tty=tty1");
	assert_text(field_value(record_field(&test_workspace, KEY_TTY)), "tty1");
	record_remove(&test_workspace, &test_record, KEY_PID); /* not there */
	record_remove(&test_workspace, &test_record, KEY_EXE);
	expect_fields("uid=9|gid=3|x=4|tty=tty1");
	record_remove(&test_workspace, &test_record, KEY_TTY);
	record_remove(&test_workspace, &test_record, KEY_GID);
	record_remove(&test_workspace, &test_record, KEY_UID);
	expect_fields("x=4");
	assert_int_equal(test_workspace.used, 1);
	record_set(&test_workspace, &test_record, KEY_PID, SPAN("5"));
	expect_fields("x=4|pid=5");
}

/* A value that is set is as it stands: neither text in quotes nor out of hex. */
static void set_in_place_of_a_text(void **state)
{
	const struct field *f;

	(void)state;
	parse(PLAIN, "comm=6162 exe=\"/x\"");
	f = record_field(&test_workspace, KEY_COMM);
	assert_true(f->decoded);
	record_set(&test_workspace, &test_record, KEY_COMM, SPAN("1"));
	assert_false(f->decoded);
	f = record_field(&test_workspace, KEY_EXE);
	assert_true(f->quoted);
	record_set(&test_workspace, &test_record, KEY_EXE, SPAN("2"));
	assert_false(f->quoted);
	expect_fields("comm=1|exe=2");
}

/* With a full arena values stay as they are written. */
static void decoding_without_room(void **state)
{
	char memory[8];
	struct arena full = {.base = memory, .size = 0};

	(void)state;
	record_workspace_init(&test_workspace, &full);
	record_parse(&test_workspace, RECORD_PROCTITLE, exact("proctitle=4142 cwd=2F61 key=6101"),
		&test_record);
	expect_fields("proctitle=4142|cwd=2F61");
	assert_text(test_record.tags[0], "6101");
	record_parse(&test_workspace, RECORD_LOGIN, exact("old auid=1"), &test_record);
	expect_fields("auid=1"); /* nor is there room for its words */
	record_parse(&test_workspace, RECORD_SYSCALL, exact("arch=1 syscall=1"), &test_record);
	expect_fields("arch=unknown|syscall=1");
	record_parse(
		&test_workspace, RECORD_AVC, exact("avc: denied { x } for pid=1"), &test_record);
	assert_text(field_of(&test_record, "pid"), "1");
	record_parse(
		&test_workspace, RECORD_SOCKADDR, exact("saddr=020000350A0000FE"), &test_record);
	expect_fields("family=ipv4");
	assert_true(full.exhausted);
}

#define TEST(name) cmocka_unit_test_teardown(name, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unset_ids),
		TEST(results),
		TEST(exit_codes),
		TEST(numbers_of_a_machine),
		TEST(byte_order_of_the_event),
		TEST(subject_labels),
		TEST(a_label_ends_where_its_writer_goes_on),
		TEST(rule_keys),
		TEST(as_many_keys_as_there_may_be),
		TEST(working_directories),
		TEST(strings_by_key),
		TEST(strings_by_type),
		TEST(abstract_sockets),
		TEST(hex_with_odd_bytes),
		TEST(system_calls),
		TEST(unknown_architectures),
		TEST(system_calls_without_their_fields),
		TEST(seccomp),
		TEST(socket_addresses),
		TEST(bad_socket_addresses),
		TEST(arguments),
		TEST(set_and_drop),
		TEST(set_in_place_of_a_text),
		TEST(decoding_without_room),
	};

	return cmocka_run_group_tests_name("record_decode", tests, NULL, NULL);
}
