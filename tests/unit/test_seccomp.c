/* link: seccomp.o fake_privileges.o fake_sys.o fake_files.o fake_sockets.o */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "fake_privileges.h"
#include "fake_sys.h"
#include "seccomp.h"

/* Longer than any architecture's list: mips begins at 4000, 5000 and 6000. */
#define NUMBERS 8192

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

static struct sock_filter program[LIMIT_SECCOMP_INSTRUCTIONS];
static unsigned program_len;
static unsigned steps; /* instructions of the last run */

static int setup(void **state)
{
	(void)state;
	fake_sys_reset();
	fake_privileges_reset();
	fake_privileges.no_new_privs = true;
	program_len = seccomp_program(program);
	return 0;
}

/* ---- the kernel's side: the instructions that seccomp(2) knows ----------------------------- */

static uint32_t load(const struct seccomp_data *d, uint32_t offset)
{
	uint32_t word;

	assert_true(offset % 4 == 0 && offset + 4 <= sizeof(*d));
	memcpy(&word, (const char *)d + offset, sizeof(word));
	return word;
}

static uint32_t run(const struct seccomp_data *d)
{
	uint32_t a = 0;

	steps = 0;
	for (unsigned pc = 0; pc < program_len; pc++) {
		const struct sock_filter *i = &program[pc];

		steps++;
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(d, i->k);
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			fail_msg("instruction %u: code %#x", pc, i->code);
		}
	}
	fail_msg("it runs off the end");
	return 0;
}

static struct seccomp_data of(uint32_t number)
{
	return (struct seccomp_data){.nr = (int)number, .arch = NATIVE};
}

static bool allowed(const struct seccomp_data *d)
{
	uint32_t result = run(d);

	assert_true(result == SECCOMP_RET_ALLOW || result == REFUSED);
	return result == SECCOMP_RET_ALLOW;
}

/* ---- what the table says ------------------------------------------------------------------- */

static bool listed(const struct seccomp_data *d)
{
	for (unsigned i = 0; i < seccomp_call_count; i++) {
		const struct seccomp_call *c = &seccomp_calls[i];
		const struct seccomp_test *t = &seccomp_tests[c->test];
		uint32_t argument;

		if (c->number != (uint32_t)d->nr)
			continue;
		if (c->test == 0)
			return true;
		argument = (uint32_t)d->args[t->argument];
		if (t->jump == BPF_JEQ ? argument == t->value : !(argument & t->value))
			return true;
	}
	return false;
}

/* Values that lie around each one that is tested for. */
static void compare(uint32_t number)
{
	static const uint64_t high[] = {0, UINT64_C(1) << 32, UINT64_C(0xffffffff00000000)};

	for (unsigned i = 0; i < seccomp_call_count; i++) {
		const struct seccomp_test *t = &seccomp_tests[seccomp_calls[i].test];

		for (unsigned bit = 0; bit <= 32; bit++) {
			struct seccomp_data d = of(number);

			d.args[t->argument] =
				(t->value ^ (bit < 32 ? 1u << bit : 0)) | high[bit % 3];
			assert_int_equal(allowed(&d), listed(&d));
			d.args[t->argument] = (bit < 32 ? 1u << bit : 0) | high[bit % 3];
			assert_int_equal(allowed(&d), listed(&d));
		}
	}
}

static void program_is_table(void **state)
{
	unsigned count = 0;

	(void)state;
	for (uint32_t number = 0; number < NUMBERS; number++) {
		struct seccomp_data d = of(number);

		memset(d.args, 0xff, sizeof(d.args));
		assert_int_equal(allowed(&d), listed(&d));
		count += allowed(&d);
	}
	print_message("# %u instructions, %u calls whatever their arguments\n", program_len, count);
	assert_true(count > 30 && count < 50);
	for (unsigned i = 0; i < seccomp_call_count; i++)
		compare(seccomp_calls[i].number);
	compare(__NR_execve);
}

/* The kernel takes no other: forward jumps that stay inside, and a return at the end. */
static void kernel_takes_it(void **state)
{
	(void)state;
	assert_true(program_len > 4 && program_len <= LIMIT_SECCOMP_INSTRUCTIONS);
	for (unsigned pc = 0; pc < program_len; pc++)
		if (BPF_CLASS(program[pc].code) == BPF_JMP) {
			assert_true(pc + 1 + program[pc].jt < program_len);
			assert_true(pc + 1 + program[pc].jf < program_len);
		}
	assert_int_equal(program[program_len - 1].code, BPF_RET | BPF_K);
	assert_int_equal(program[program_len - 1].k, REFUSED);
}

static void other_abis(void **state)
{
	(void)state;
	for (uint32_t number = 0; number < NUMBERS; number++) {
		struct seccomp_data d = of(number | 0x40000000); /* __X32_SYSCALL_BIT */

		assert_false(allowed(&d));
		d = of(number | 0x80000000);
		assert_false(allowed(&d));
		d = of(number);
		for (unsigned bit = 0; bit < 32; bit++) {
			d.arch = NATIVE ^ 1u << bit;
			assert_false(allowed(&d));
		}
		d.arch = AUDIT_ARCH_I386;
		assert_false(allowed(&d));
		d.arch = 0;
		assert_false(allowed(&d));
	}
}

/* Named one by one: what must never come onto the list. */
static void harmful_ones(void **state)
{
	static const uint16_t harmful[] = {__NR_execve, __NR_execveat, __NR_clone, __NR_clone3,
		__NR_mmap, __NR_brk, __NR_mremap, __NR_mprotect, __NR_remap_file_pages, __NR_shmat,
		__NR_memfd_create, __NR_socket, __NR_socketpair, __NR_bind, __NR_listen,
		__NR_setsockopt, __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev,
		__NR_kill, __NR_tkill, __NR_tgkill, __NR_prctl, __NR_seccomp, __NR_setuid,
		__NR_setresuid, __NR_capset, __NR_prlimit64, __NR_unshare, __NR_setns, __NR_mount,
		__NR_chroot, __NR_pivot_root, __NR_init_module, __NR_finit_module, __NR_kexec_load,
		__NR_reboot, __NR_bpf, __NR_perf_event_open, __NR_io_uring_setup, __NR_userfaultfd,
		__NR_openat2, __NR_renameat2, __NR_linkat, __NR_symlinkat, __NR_mknodat,
		__NR_fchmodat, __NR_fchownat, __NR_keyctl, __NR_rt_sigaction, __NR_rt_sigreturn,
		__NR_settimeofday, __NR_clock_settime, __NR_sethostname};

	(void)state;
	for (unsigned i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		struct seccomp_data d = of(harmful[i]);

		assert_false(allowed(&d));
	}
}

static bool opens(uint64_t flags)
{
	struct seccomp_data d = of(__NR_openat);

	d.args[2] = flags;
	return allowed(&d);
}

static void opening(void **state)
{
	static const int writing[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_ACCMODE,
		O_TMPFILE | O_RDWR, O_WRONLY | O_CREAT | O_EXCL, O_RDWR | O_APPEND};
	const int harmless = O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;

	(void)state;
	assert_true(opens(O_RDONLY));
	assert_true(opens(O_RDONLY | O_DIRECTORY));
	assert_true(opens((unsigned)harmless));
	for (unsigned i = 0; i < sizeof(writing) / sizeof(writing[0]); i++)
		assert_false(opens((unsigned)(writing[i] | harmless)));
	assert_false(opens(UINT64_C(0xffffffff00000000) | O_WRONLY));
}

static void memory_and_devices(void **state)
{
	struct seccomp_data advise = of(__NR_madvise), control = of(__NR_ioctl),
			    descriptor = of(__NR_fcntl);

	(void)state;
	for (uint64_t advice = 0; advice < 128; advice++) {
		advise.args[2] = advice;
		assert_int_equal(allowed(&advise), advice == MADV_DONTNEED);
	}
	control.args[1] = TIOCSTI;
	assert_false(allowed(&control));
	control.args[1] = TIOCOUTQ; /* SIOCOUTQ */
	assert_true(allowed(&control));
	for (uint64_t command = 0; command < 2048; command++) {
		descriptor.args[1] = command;
		assert_int_equal(allowed(&descriptor), command == F_SETFD);
	}
}

/* Those of each record; kernels before 5.11 run the program for every call. */
static void frequent_ones_first(void **state)
{
	static const uint16_t frequent[] = {__NR_recvmsg, __NR_sendto, __NR_ppoll};

	(void)state;
	for (unsigned i = 0; i < sizeof(frequent) / sizeof(frequent[0]); i++) {
		struct seccomp_data d = of(frequent[i]);

		assert_true(allowed(&d));
		print_message("# call %u: %u instructions\n", frequent[i], steps);
		assert_true(steps <= 9);
	}
}

/* ---- installing ------------------------------------------------------------------------------ */

static void assert_installed(unsigned flags)
{
	assert_int_equal(fake_privileges.filter_len, program_len);
	assert_int_equal(fake_privileges.filter_flags, flags);
	assert_memory_equal(fake_privileges.filter, program, program_len * sizeof(program[0]));
}

static void installs(void **state)
{
	(void)state;
	assert_int_equal(seccomp_install(), 0);
	assert_installed(4); /* SECCOMP_FILTER_FLAG_SPEC_ALLOW */
	assert_int_equal(fake_sys_calls(NULL), 1);
}

static void installs_on_old_kernels(void **state)
{
	static const int errors[] = {EINVAL, ENOSYS};

	for (unsigned i = 0; i < 2; i++) {
		setup(state);
		fake_sys_fail("seccomp", 1, errors[i]);
		assert_int_equal(seccomp_install(), 0);
		assert_installed(0);
	}
}

static void no_filters_in_this_kernel(void **state)
{
	(void)state;
	fake_sys_fail("seccomp", 1, ENOSYS);
	fake_sys_fail("prctl", 1, EINVAL);
	assert_int_equal(seccomp_install(), -ENOSYS);
	assert_int_equal(fake_privileges.filter_len, 0);
}

static void cannot_install(void **state)
{
	(void)state;
	fake_sys_fail("seccomp", 1, ENOMEM);
	assert_int_equal(seccomp_install(), -ENOMEM);
	fake_privileges.no_new_privs = false;
	fake_privileges.effective = 0;
	assert_int_equal(seccomp_install(), -EACCES);
	assert_int_equal(fake_privileges.filter_len, 0);
}

#define TEST(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(program_is_table),
		TEST(kernel_takes_it),
		TEST(other_abis),
		TEST(harmful_ones),
		TEST(opening),
		TEST(memory_and_devices),
		TEST(frequent_ones_first),
		TEST(installs),
		TEST(installs_on_old_kernels),
		TEST(no_filters_in_this_kernel),
		TEST(cannot_install),
	};

	return cmocka_run_group_tests_name("seccomp", tests, NULL, NULL);
}
