/* link: tables.o table_names.o table_syscalls.o table_keys.o table_norms.o */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tables.h"
#include "tables_data.h"

#define X32_BIT 0x40000000u

static void assert_span(struct span got, const char *expected)
{
	assert_int_equal(got.len, strlen(expected));
	assert_memory_equal(got.at, expected, got.len);
}

static void assert_none(struct span got)
{
	assert_null(got.at);
	assert_int_equal(got.len, 0);
}

/* A copy of exactly its size, so that the sanitizer sees a read beyond it. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return copy;
}

/* ---- keys -------------------------------------------------------------------------------- */

static enum key find_slowly(const char *name, size_t len)
{
	for (int k = 1; k < KEY_COUNT; k++)
		if (key_info[k].len == len && memcmp(key_name(k).at, name, len) == 0)
			return (enum key)k;
	return KEY_OTHER;
}

static void every_key_is_found(void **state)
{
	(void)state;
	assert_true(KEY_COUNT > 250);
	assert_string_equal(key_name(KEY_OTHER).at, "");
	assert_int_equal(key_info[KEY_OTHER].len, 0);
	for (int k = 1; k < KEY_COUNT; k++) {
		char *name = exact(key_name(k).at, key_info[k].len);

		assert_int_equal(key_info[k].len, strlen(key_name(k).at));
		assert_int_equal(key_find(name, key_info[k].len), k);
		free(name);
	}
}

static void what_is_no_key_is_other(void **state)
{
	static const char long_name[70000] = "syscall";

	(void)state;
	assert_int_equal(key_find("", 0), KEY_OTHER);
	assert_int_equal(key_find(long_name, sizeof(long_name)), KEY_OTHER);
	assert_int_equal(key_find("syscall\0", 8), KEY_OTHER);
	assert_int_equal(key_find("\xff\xff\xff\xff", 4), KEY_OTHER);
	for (int k = 1; k < KEY_COUNT; k++) {
		size_t len = key_info[k].len;
		char *name = exact(key_name(k).at, len + 1);

		for (size_t i = 0; i < len; i++) {
			for (unsigned bit = 1; bit < 256; bit <<= 1) {
				name[i] = (char)(name[i] ^ bit);
				assert_int_equal(key_find(name, len), find_slowly(name, len));
				name[i] = (char)(name[i] ^ bit);
			}
			assert_int_equal(key_find(name, i), find_slowly(name, i));
			assert_int_equal(
				key_find(name + i, len - i), find_slowly(name + i, len - i));
		}
		name[len] = 's';
		assert_int_equal(key_find(name, len + 1), find_slowly(name, len + 1));
		free(name);
	}
}

/* Both ends of a key with something else between: only the length and the middle tell. */
static void the_ends_of_a_key_are_not_the_key(void **state)
{
	char name[600];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (int k = 1; k < KEY_COUNT; k++) {
		size_t len = key_info[k].len;
		size_t end = len < 4 ? 1 : 4;

		memcpy(name, key_name(k).at, end);
		for (size_t total = 2 * end; total <= sizeof(name); total++) {
			memcpy(name + total - end, key_name(k).at + len - end, end);
			assert_int_equal(key_find(name, total), find_slowly(name, total));
			memset(name + total - end, 'x', end);
		}
	}
}

static void key_flags_follow_from_the_name(void **state)
{
	(void)state;
	for (int k = 1; k < KEY_COUNT; k++) {
		struct span name = key_name(k);
		unsigned flags = key_info[k].flags;

		/* what a program says beside the kernel's own ids is data */
		assert_int_equal(!!(flags & KEY_IS_UID),
			span_ends(name, "uid") && !span_starts(name, "msg_"));
		assert_int_equal(!!(flags & KEY_IS_GID), span_ends(name, "gid"));
		assert_int_equal(!!(flags & KEY_IS_SUBJ), span_starts(name, "subj_"));
		assert_int_equal(!!(flags & KEY_IS_OBJ), span_starts(name, "obj_"));
		assert_int_equal(!!(flags & KEY_IS_SOCKET), span_starts(name, "socket_"));
		assert_int_equal(!!(flags & KEY_HAS_DASH), memchr(name.at, '-', name.len) != NULL);
	}
	assert_string_equal(key_name(KEY_OLD_AUID).at, "old_auid");
	assert_string_equal(key_name(KEY_OLD_DASH_AUID).at, "old-auid");
	assert_int_equal(key_info[KEY_UUID].flags, KEY_IS_UID);
	assert_int_equal(key_info[KEY_MSG_UID].flags, 0);
	/* tools/tables/texts.txt */
	assert_int_equal(key_info[KEY_SUBJ].flags, KEY_IS_OUTSIDE);
	assert_int_equal(key_info[KEY_COMM].flags, KEY_IS_ENCODED | KEY_IS_OUTSIDE);
	assert_int_equal(key_info[KEY_ACCT].flags, KEY_IS_ENCODED);
	assert_int_equal(key_info[KEY_DATA].flags, 0); /* of two types only */
	/* Of one kind with its - and with _; exit is none: it may be a name. */
	assert_int_equal(key_info[KEY_VM_PID].flags, KEY_IS_NUMBER);
	assert_int_equal(key_info[KEY_VM_DASH_PID].flags, KEY_IS_NUMBER | KEY_HAS_DASH);
	assert_int_equal(key_info[KEY_SOCKET_PORT].flags, KEY_IS_NUMBER | KEY_IS_SOCKET);
	assert_int_equal(key_info[KEY_EXIT].flags, 0);
}

/* ---- record types ------------------------------------------------------------------------ */

static int type_number(const char *name)
{
	return record_type_number(name, strlen(name));
}

static void record_types_both_ways(void **state)
{
	unsigned named = 0;

	(void)state;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		struct span name = record_type_name((uint16_t)type);

		if (name.len == 0)
			continue;
		named++;
		assert_int_equal(record_type_number(name.at, name.len), type);
	}
	assert_true(named >= 230);
	assert_span(record_type_name(RECORD_SYSCALL), "SYSCALL");
	assert_int_equal(RECORD_SYSCALL, 1300);
	assert_span(record_type_name(1006), "LOGIN");
	assert_span(record_type_name(1334), "BPF");
	assert_span(record_type_name(1500), "APPARMOR");
	assert_span(record_type_name(2113), "ANOM_MK_EXEC");
	assert_span(record_type_name(2999), "LAST_USER_MSG2");
	assert_int_equal(type_number("EOE"), 1320);
}

static void record_types_without_a_name(void **state)
{
	(void)state;
	assert_none(record_type_name(0));
	assert_none(record_type_name(999));
	assert_none(record_type_name(1301));
	assert_none(record_type_name(1420));
	assert_none(record_type_name(3000));
	assert_none(record_type_name(UINT16_MAX));
	assert_int_equal(type_number("UNKNOWN[1300]"), 1300);
	assert_int_equal(type_number("UNKNOWN[1420]"), 1420);
	assert_int_equal(type_number("UNKNOWN[0]"), 0);
	assert_int_equal(type_number("UNKNOWN[65535]"), 65535);
	assert_int_equal(type_number("UNKNOWN[65536]"), -1);
	assert_int_equal(type_number("UNKNOWN[4294968596]"), -1); /* 2^32 + 1300 */
	assert_int_equal(type_number("UNKNOWN[]"), -1);
	assert_int_equal(type_number("UNKNOWN["), -1);
	assert_int_equal(type_number("UNKNOWN[1300"), -1);
	assert_int_equal(type_number("UNKNOWN[-1]"), -1);
	assert_int_equal(type_number("UNKNOWN[13x0]"), -1);
	assert_int_equal(type_number("UNKNOWN"), -1);
	assert_int_equal(type_number("syscall"), -1);
	assert_int_equal(type_number("SYSCAL"), -1);
	assert_int_equal(type_number("SYSCALLS"), -1);
	assert_int_equal(type_number(""), -1);
}

/* ---- architectures and system calls ------------------------------------------------------ */

static void architectures_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < arch_count; i++) {
		assert_int_equal(arches[i].len, strlen(arches[i].name));
		assert_ptr_equal(arch_find(arches[i].value), &arches[i]);
		assert_ptr_equal(arch_find_name(arches[i].name, arches[i].len), &arches[i]);
		if (arches[i].not_in_auditctl)
			assert_int_not_equal(arches[i].abi, ABI_NONE);
	}
	assert_string_equal(arch_find(0xc000003e)->name, "x86_64");
	assert_int_equal(arch_find(0xc0000015)->abi, ABI_PPC);
	assert_string_equal(arch_find(0xc0000015)->name, "ppc64le");
	assert_int_equal(arch_find(2)->abi, ABI_NONE);
	assert_true(arch_find(0xc00000f3)->not_in_auditctl);
	assert_false(arch_find(0xc00000b7)->not_in_auditctl);
	assert_null(arch_find(0));
	assert_null(arch_find(UINT32_MAX));
	assert_null(arch_find(0xc000003f));
	assert_null(arch_find_name("x86", 3));
	assert_null(arch_find_name("", 0));
}

static void each_number_of(enum abi abi, uint32_t first, uint32_t count)
{
	for (uint32_t n = first; n < first + count; n++) {
		uint16_t id = syscall_id(abi, n);
		struct span name = syscall_name(id);
		int number;

		if (id == SYSCALL_ID_NONE)
			continue;
		assert_int_equal(syscall_id_of_name(name.at, name.len), id);
		number = syscall_number(abi, name.at, name.len);
		assert_true(number >= 0);
		assert_int_equal(syscall_id(abi, (uint32_t)number), id);
	}
}

static void system_calls_both_ways(void **state)
{
	(void)state;
	for (int abi = ABI_NONE; abi < ABI_COUNT; abi++) {
		each_number_of((enum abi)abi, 0, 7000);
		each_number_of((enum abi)abi, X32_BIT, 1000);
	}
}

static void system_calls_of_each_abi(void **state)
{
	static const struct {
		enum abi abi;
		uint32_t number;
		const char *name;
	} known[] = {
		{ABI_X86_64, 0, "read"},
		{ABI_X86_64, 59, "execve"},
		{ABI_X86_64, 466, "removexattrat"},
		{ABI_X86_64, 471, "rseq_slice_yield"},
		{ABI_X32, X32_BIT, "read"},
		{ABI_X32, X32_BIT + 520, "execve"},
		{ABI_I386, 11, "execve"},
		{ABI_I386, 219, "madvise1"},
		{ABI_I386, 462, "mseal"},
		{ABI_AARCH64, 56, "openat"},
		{ABI_AARCH64, 221, "execve"},
		{ABI_ARM, 11, "execve"},
		{ABI_ARM, 397, "statx"},
		{ABI_PPC, 11, "execve"},
		{ABI_S390, 11, "execve"},
		{ABI_S390X, 11, "execve"},
		{ABI_MIPS_O32, 4011, "execve"},
		{ABI_MIPS_N64, 5057, "execve"},
		{ABI_MIPS_N32, 6057, "execve"},
		{ABI_RISCV32, 221, "execve"},
		{ABI_RISCV64, 221, "execve"},
		{ABI_LOONGARCH64, 221, "execve"},
	};
	bool tested[ABI_COUNT] = {[ABI_NONE] = true};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char *name = known[i].name;

		tested[known[i].abi] = true;
		assert_span(syscall_name(syscall_id(known[i].abi, known[i].number)), name);
		assert_int_equal(syscall_number(known[i].abi, name, strlen(name)), known[i].number);
	}
	for (int abi = 0; abi < ABI_COUNT; abi++)
		assert_true(tested[abi]);
	assert_int_equal(syscall_number(ABI_I386, "madvise", 7), 219); /* an alias */
}

static void system_calls_that_are_none(void **state)
{
	(void)state;
	for (int abi = -1; abi <= ABI_COUNT; abi++)
		assert_int_equal(syscall_id((enum abi)abi, UINT32_MAX), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id(ABI_NONE, 0), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id(ABI_COUNT, 0), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id(ABI_X86_64, 472), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id(ABI_X86_64, X32_BIT), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id(ABI_X32, 0), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id(ABI_X32, X32_BIT - 1), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id(ABI_MIPS_O32, 1), SYSCALL_ID_NONE);
	assert_none(syscall_name(SYSCALL_ID_NONE));
	assert_none(syscall_name(UINT16_MAX));
	assert_none(syscall_name((uint16_t)(syscall_names.count + 1)));
	assert_true(syscall_name(syscall_names.count).len > 0);
	assert_int_equal(syscall_id_of_name("", 0), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id_of_name("rea", 3), SYSCALL_ID_NONE);
	assert_int_equal(syscall_id_of_name("zzz", 3), SYSCALL_ID_NONE);
	assert_int_equal(syscall_number(ABI_AARCH64, "open", 4), -1);
	assert_int_equal(syscall_number(ABI_X86_64, "nonsense", 8), -1);
	assert_int_equal(syscall_number(ABI_NONE, "read", 4), -1);
	assert_int_equal(syscall_number(ABI_COUNT, "read", 4), -1);
}

/* ---- errno, signals, families ------------------------------------------------------------ */

static void errors_both_ways(void **state)
{
	unsigned named = 0;

	(void)state;
	for (unsigned n = 0; n < 5000; n++) {
		struct span name = errno_name(NUMBERING_GENERIC, n);

		named += name.len > 0;
		if (name.len)
			assert_int_equal(errno_number(NUMBERING_GENERIC, name.at, name.len), n);
	}
	assert_int_equal(named, 131);
	assert_span(errno_name(NUMBERING_GENERIC, 1), "EPERM");
	assert_span(errno_name(NUMBERING_GENERIC, 11), "EAGAIN");
	assert_span(errno_name(NUMBERING_GENERIC, 35), "EDEADLK");
	assert_span(errno_name(NUMBERING_GENERIC, 133), "EHWPOISON");
	assert_none(errno_name(NUMBERING_GENERIC, 0));
	assert_none(errno_name(NUMBERING_GENERIC, 41));
	assert_none(errno_name(NUMBERING_GENERIC, 58));
	assert_none(errno_name(NUMBERING_GENERIC, 134));
	assert_none(errno_name(NUMBERING_GENERIC, UINT_MAX));
	assert_int_equal(errno_number(NUMBERING_GENERIC, "EWOULDBLOCK", 11), 11);
	assert_int_equal(errno_number(NUMBERING_GENERIC, "EDEADLOCK", 9), 35);
	assert_int_equal(errno_number(NUMBERING_GENERIC, "ENOTHING", 8), -1);
	assert_int_equal(errno_number(NUMBERING_GENERIC, "", 0), -1);
}

/* arch/<machine>/include/uapi/asm/errno.h and signal.h of Linux 6.1 */
static void machines_that_number_otherwise(void **state)
{
	static const struct {
		enum numbering machine;
		unsigned number;
		const char *error;
	} errors[] = {
		{NUMBERING_MIPS, 13, "EACCES"},
		{NUMBERING_MIPS, 35, "ENOMSG"},
		{NUMBERING_MIPS, 45, "EDEADLK"},
		{NUMBERING_MIPS, 56, "EDEADLOCK"},
		{NUMBERING_MIPS, 61, "ENODATA"},
		{NUMBERING_MIPS, 89, "ENOSYS"},
		{NUMBERING_MIPS, 90, "ELOOP"},
		{NUMBERING_MIPS, 111, NULL},
		{NUMBERING_MIPS, 146, "ECONNREFUSED"},
		{NUMBERING_MIPS, 168, "EHWPOISON"},
		{NUMBERING_MIPS, 1133, "EDQUOT"},
		{NUMBERING_MIPS, 1132, NULL},
		{NUMBERING_ALPHA, 11, "EDEADLK"},
		{NUMBERING_ALPHA, 35, "EAGAIN"},
		{NUMBERING_ALPHA, 61, "ECONNREFUSED"},
		{NUMBERING_ALPHA, 139, "EHWPOISON"},
		{NUMBERING_SPARC, 11, "EAGAIN"},
		{NUMBERING_SPARC, 61, "ECONNREFUSED"},
		{NUMBERING_SPARC, 67, "EPROCLIM"},
		{NUMBERING_SPARC, 108, "EDEADLOCK"},
		{NUMBERING_SPARC, 135, "EHWPOISON"},
		{NUMBERING_PARISC, 38, "EL2NSYNC"},
		{NUMBERING_PARISC, 239, "ECONNREFUSED"},
		{NUMBERING_PARISC, 251, "ENOSYS"},
		{NUMBERING_PARISC, 257, "EHWPOISON"},
		{NUMBERING_PPC, 35, "EDEADLK"},
		{NUMBERING_PPC, 58, "EDEADLOCK"},
		{NUMBERING_PPC, 111, "ECONNREFUSED"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct span name = errno_name(errors[i].machine, errors[i].number);

		if (!errors[i].error) {
			assert_none(name);
			continue;
		}
		assert_span(name, errors[i].error);
		assert_int_equal(
			errno_number(errors[i].machine, name.at, name.len), errors[i].number);
	}
}

static void every_machines_numbers(void **state)
{
	(void)state;
	for (int m = NUMBERING_GENERIC; m <= NUMBERING_SPARC; m++) {
		unsigned named = 0;

		for (unsigned n = 0; n < 5000; n++) {
			struct span name = errno_name((enum numbering)m, n);

			named += name.len > 0;
			if (name.len)
				assert_int_equal(
					errno_number((enum numbering)m, name.at, name.len), n);
		}
		assert_in_range(named, 131, 135);
		assert_none(errno_name((enum numbering)m, UINT_MAX));
		assert_span(signal_name((enum numbering)m, 11), "SIGSEGV");
	}
	assert_int_equal(errno_number(NUMBERING_ALPHA, "EWOULDBLOCK", 11), 35);
	assert_int_equal(errno_number(NUMBERING_ALPHA, "EDEADLOCK", 9), 11);
	assert_int_equal(errno_number(NUMBERING_PPC, "EDEADLOCK", 9), 58);
	assert_int_equal(errno_number(NUMBERING_GENERIC, "EINIT", 5), -1);
	assert_int_equal(errno_number(NUMBERING_MIPS, "EINIT", 5), 141);
}

static void machines_with_other_signals(void **state)
{
	(void)state;
	assert_span(signal_name(NUMBERING_MIPS, 7), "SIGEMT");
	assert_span(signal_name(NUMBERING_MIPS, 10), "SIGBUS");
	assert_span(signal_name(NUMBERING_MIPS, 12), "SIGSYS");
	assert_span(signal_name(NUMBERING_MIPS, 31), "SIGXFSZ");
	assert_span(signal_name(NUMBERING_ALPHA, 12), "SIGSYS");
	assert_span(signal_name(NUMBERING_SPARC, 31), "SIGUSR2");
	assert_span(signal_name(NUMBERING_PARISC, 7), "SIGSTKFLT");
	assert_span(signal_name(NUMBERING_PARISC, 31), "SIGSYS");
	assert_span(signal_name(NUMBERING_PPC, 7), "SIGBUS");

	assert_int_equal(arch_find(0x40000008)->numbering, NUMBERING_MIPS); /* mipsel */
	assert_int_equal(arch_find(0xe0000008)->numbering, NUMBERING_MIPS); /* n32 */
	assert_int_equal(arch_find(0xc0000015)->numbering, NUMBERING_PPC);  /* ppc64le */
	assert_int_equal(arch_find(0xc0009026)->numbering, NUMBERING_ALPHA);
	assert_int_equal(arch_find(0xc000003e)->numbering, NUMBERING_GENERIC);
	assert_int_equal(machine_numbering("mips64"), NUMBERING_MIPS);
	assert_int_equal(machine_numbering("parisc64"), NUMBERING_PARISC);
	assert_int_equal(machine_numbering("armv7l"), NUMBERING_GENERIC);
	assert_int_equal(machine_numbering(NULL), NUMBERING_GENERIC);
}

static void generic_signals(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 31; n++)
		assert_true(span_starts(signal_name(NUMBERING_GENERIC, n), "SIG"));
	assert_span(signal_name(NUMBERING_GENERIC, 6), "SIGABRT");
	assert_span(signal_name(NUMBERING_GENERIC, 11), "SIGSEGV");
	assert_span(signal_name(NUMBERING_GENERIC, 17), "SIGCHLD");
	assert_span(signal_name(NUMBERING_GENERIC, 29), "SIGIO");
	assert_span(signal_name(NUMBERING_GENERIC, 31), "SIGSYS");
	assert_none(signal_name(NUMBERING_GENERIC, 0));
	assert_none(signal_name(NUMBERING_GENERIC, 32));
	assert_none(signal_name(NUMBERING_GENERIC, UINT_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_found),
		cmocka_unit_test(what_is_no_key_is_other),
		cmocka_unit_test(the_ends_of_a_key_are_not_the_key),
		cmocka_unit_test(key_flags_follow_from_the_name),
		cmocka_unit_test(record_types_both_ways),
		cmocka_unit_test(record_types_without_a_name),
		cmocka_unit_test(architectures_both_ways),
		cmocka_unit_test(system_calls_both_ways),
		cmocka_unit_test(system_calls_of_each_abi),
		cmocka_unit_test(system_calls_that_are_none),
		cmocka_unit_test(errors_both_ways),
		cmocka_unit_test(machines_that_number_otherwise),
		cmocka_unit_test(every_machines_numbers),
		cmocka_unit_test(machines_with_other_signals),
		cmocka_unit_test(generic_signals),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
