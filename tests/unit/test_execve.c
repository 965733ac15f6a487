/* link: execve.o decode.o sockaddr_text.o support_core.o */
#include "execve.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_core.h"

static struct execve x;

static int start(void **state)
{
	(void)state;
	execve_reset(&x);
	return 0;
}

static void add(const char *body)
{
	execve_add(&x, exact(body));
}

/* The arguments, joined by '|'. */
static void expect(const char *joined)
{
	char text[4096];
	size_t len = 0;

	execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
	for (uint32_t i = 0; i < x.arg_count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i ? "|" : "",
			(int)x.args[i].len, x.args[i].at);
	assert_bytes_at((struct span){text, (uint32_t)len}, joined, strlen(joined), joined, 0);
}

static void one_record(void **state)
{
	(void)state;
	add(": argc=3 a0=\"ls\" a1=\"-l\" a2=2F746D702F61206220");
	expect("ls|-l|/tmp/a b ");
	assert_int_equal(x.arg_count, 3);
	assert_text(x.argc, "3");
	assert_false(x.incomplete);
	assert_false(x.exhausted);
}

static void quoted_is_never_hex(void **state)
{
	(void)state;
	add(": argc=5 a0=\"4142\" a1=4142 a2=\"\" a3=\"  x \" a4=4z");
	expect("4142|AB||x|4z");
	assert_false(x.incomplete);
}

static void an_argument_ends_at_its_nul(void **state)
{
	(void)state;
	add(": argc=2 a0=61006263 a1=00");
	expect("a|");
}

static void pieces_over_records(void **state)
{
	(void)state;
	add(": argc=3 a0=\"cat\" a1_len=12 a1[0]=616263");
	add(": a1[1]=646566");
	add(": a1[2]=\"ghi\"");
	add(": a2=\"end\"");
	expect("cat|abcdefghi|end");
	assert_false(x.incomplete);
}

static void pieces_in_any_order(void **state)
{
	(void)state;
	add(": a2=\"end\" a1[2]=\"three\"");
	add(": a1[1]=\"two\"");
	add(": argc=3 a0=\"cat\" a1_len=12 a1[0]=\"one\"");
	expect("cat|onetwothree|end");
	assert_false(x.incomplete);
}

static void pieces_of_several_arguments_mixed(void **state)
{
	(void)state;
	add(": a1[1]=\"B\" a2[0]=\"c\" a0[2]=\"3\"");
	add(": a2_len=2 a1_len=2 a0_len=3 a0[1]=\"2\" a2[1]=\"C\"");
	add(": argc=3 a1[0]=\"b\" a0[0]=\"1\"");
	expect("123|bB|cC");
	assert_false(x.incomplete);
	assert_null(x.lost.at);
}

/* audit_log_execve_info() counts what it writes: two digits for a byte in hex. */
static void the_length_shows_what_is_lost(void **state)
{
	static const struct {
		const char *body, *args;
		bool lost;
	} cases[] = {
		{": argc=1 a0_len=8 a0[0]=6162 a0[1]=6364", "abcd", false},
		{": argc=1 a0_len=9 a0[0]=6162 a0[1]=6364", "abcd", true},
		{": argc=1 a0_len=4 a0[0]=\"ab\" a0[1]=\"cd\"", "abcd", false},
		{": argc=1 a0_len=5 a0[0]=\"ab\" a0[1]=\"cd\"", "abcd", true},
		{": argc=1 a0_len=3 a0[0]=\"ab\" a0[1]=\"cd\"", "abcd", false},
		{": argc=1 a0_len=4 a0[0]=\" a \" a0[1]=\"b\"", "ab", false},
		{": argc=1 a0_len=x a0[0]=\"a\"", "a", false},
		{": argc=1 a0_len=18446744073709551614 a0[0]=6162", "ab", false},
		{": argc=1 a0[0]=\"a\" a0_len=2", "a", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		execve_reset(&x);
		add(cases[i].body);
		expect(cases[i].args);
		assert_int_equal(x.lost.at != NULL, cases[i].lost);
		assert_false(x.incomplete);
	}

	execve_reset(&x);
	add(": argc=13 a11=\"k\" a12_len=4 a12[0]=6162 a10_len=2"); /* the first that has lost */
	expect("k|ab");
	assert_text(x.lost, "a10");
	assert_true(x.incomplete);

	execve_reset(&x);
	add(": argc=1 a0_len=4"); /* all of it */
	expect("");
	assert_int_equal(x.arg_count, 0);
	assert_text(x.lost, "a0");
	assert_true(x.incomplete);
}

/* A byte sequence may be cut between two pieces. */
static void a_nul_ends_all_pieces(void **state)
{
	(void)state;
	add(": argc=1 a0[0]=6100 a0[1]=62");
	expect("a");
}

static void a_repeated_piece_replaces(void **state)
{
	(void)state;
	add(": argc=2 a0=\"old\" a1[0]=\"x\" a1[1]=\"y\"");
	add(": a0=\"new\" a1[0]=\"z\"");
	expect("new|zy");
	assert_int_equal(x.piece_count, 3);

	execve_reset(&x);
	add(": argc=3 a0=\"a\" a0=\"b\" a2=\"c\" a1=\"d\" a2=\"e\" a1=\"f\" a1=\"g\"");
	expect("b|g|e");
	assert_int_equal(x.piece_count, 3);
}

static void what_is_missing(void **state)
{
	(void)state;
	add(": argc=4 a0=\"a\" a1=\"b\" a3=\"d\""); /* in the middle */
	expect("a|b|d");
	assert_true(x.incomplete);

	execve_reset(&x);
	add(": argc=3 a0=\"a\" a1=\"b\""); /* at the end */
	expect("a|b");
	assert_true(x.incomplete);

	execve_reset(&x);
	add(": argc=2 a1=\"b\""); /* at the beginning */
	expect("b");
	assert_true(x.incomplete);

	execve_reset(&x);
	add(": argc=1 a0[0]=\"a\" a0[2]=\"c\""); /* a piece */
	expect("ac");
	assert_text(x.lost, "a0");
	assert_false(x.incomplete);

	execve_reset(&x);
	add(": argc=1 a0[1]=\"b\""); /* the first piece */
	expect("b");
	assert_text(x.lost, "a0");

	execve_reset(&x);
	add(": argc=2"); /* all */
	expect("");
	assert_int_equal(x.arg_count, 0);
	assert_true(x.incomplete);
}

static void more_than_argc(void **state)
{
	(void)state;
	add(": argc=1 a0=\"a\" a1=\"b\" a999999999=\"c\"");
	expect("a");
	assert_false(x.incomplete);
}

static void argc_is_no_number(void **state)
{
	static const char *const bodies[] = {": a0=\"a\"", ": argc=x a0=\"a\"", ": argc= a0=\"a\"",
		": argc=-1 a0=\"a\"", ": argc=99999999999999999999 a0=\"a\""};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		execve_reset(&x);
		add(bodies[i]);
		expect("");
		assert_int_equal(x.arg_count, 0);
	}
}

static void argc_zero(void **state)
{
	(void)state;
	add(": argc=0");
	expect("");
	assert_false(x.incomplete);
}

static void names_that_are_no_piece(void **state)
{
	(void)state;
	add(": argc=1 a=1 aa=2 a0x=3 a0[=4 a0[]=5 a0[0=6 a0[0]]=7 b0=8 a0_le=9 a0_leng=9 a_len=9 "
	    "a0_len[0]=9 A0=10 [0]=11 =12 "
	    "a0[x]=13 a-1=14 a0000000001=15");
	expect("");
	assert_int_equal(x.piece_count, 0);
}

static void odd_ends(void **state)
{
	static const char *const bodies[] = {"", " ", ":", "a0", "a0=", "argc=1 a0=\"",
		"argc=1 a0=\"x", "argc=1 a0=\"x\"", "argc=1 a0=\"x\"y", "argc", "= = =", "\""};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		execve_reset(&x);
		add(bodies[i]); /* the sanitizer watches */
		execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
	}
	execve_reset(&x);
	add(": argc=1 a0=\"never closed");
	expect("never closed");
	execve_reset(&x);
	add(": argc=2\ta0=\"a\"\n\ra1=\"b\"\f");
	expect("a|b");
}

static void as_many_arguments_as_there_may_be(void **state)
{
	(void)state;
	execve_add(&x, exact_format(": argc=%u", LIMIT_EVENT_ARGS));
	for (unsigned i = 0; i < LIMIT_EVENT_ARGS; i++)
		execve_add(&x, exact_format(": a%u=\"%u\"", i, i));
	execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
	assert_int_equal(x.arg_count, LIMIT_EVENT_ARGS);
	assert_false(x.exhausted);
	assert_false(x.incomplete);
	assert_text(x.args[LIMIT_EVENT_ARGS - 1], "1023");
}

static void one_argument_more(void **state)
{
	(void)state;
	execve_add(&x, exact_format(": argc=%u", LIMIT_EVENT_ARGS + 1));
	for (unsigned i = 0; i <= LIMIT_EVENT_ARGS; i++)
		execve_add(&x, exact_format(": a%u=\"%u\"", i, i));
	execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
	assert_int_equal(x.arg_count, LIMIT_EVENT_ARGS);
	assert_true(x.exhausted);
	assert_text(x.argc, "1025");
}

/* Behind the limit nothing is decoded; the piece that reaches it is whole. */
static void as_many_bytes_as_there_may_be(void **state)
{
	static char hex[2 * 1000 + 1];

	(void)state;
	memset(hex, '4', sizeof(hex) - 1);
	for (unsigned pieces = 16; pieces <= 18; pieces++) {
		execve_reset(&x);
		execve_add(&x, exact_format(": argc=2 a1=41"));
		for (unsigned i = 0; i < pieces; i++)
			execve_add(&x, exact_format(": a0[%u]=%s", i, hex));
		execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
		assert_int_equal(x.args[0].len, (pieces < 17 ? pieces : 17) * 1000);
		assert_int_equal(x.arg_count, pieces < 17 ? 2 : 1);
		assert_int_equal(x.exhausted, pieces >= 17);
	}
}

static void one_piece_more(void **state)
{
	(void)state;
	add(": argc=1");
	for (unsigned i = 0; i <= LIMIT_EVENT_PIECES; i++)
		execve_add(&x, exact_format(": a0[%u]=\"%c\"", i, 'a' + i % 26));
	assert_int_equal(x.piece_count, LIMIT_EVENT_PIECES);
	assert_true(x.exhausted);
	execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
	assert_int_equal(x.arg_count, 1);
	assert_int_equal(x.args[0].len, LIMIT_EVENT_PIECES);
	assert_memory_equal(x.args[0].at, "abcdefghijklmnopqrstuvwxyzab", 28);
}

/* Backwards, the worst order for whoever puts each piece in its place at once. */
static void as_many_as_there_may_be_backwards(void **state)
{
	(void)state;
	for (unsigned i = LIMIT_EVENT_PIECES; i-- > 0;)
		execve_add(&x, exact_format(": a0[%u]=\"%c\"", i, 'a' + i % 26));
	add(": argc=1");
	execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
	assert_int_equal(x.arg_count, 1);
	assert_false(x.exhausted);
	assert_null(x.lost.at);
	assert_int_equal(x.args[0].len, LIMIT_EVENT_PIECES);
	for (unsigned i = 0; i < LIMIT_EVENT_PIECES; i++)
		assert_int_equal(x.args[0].at[i], 'a' + i % 26);
}

/* What was there before the arena is full stays. */
static void without_room(void **state)
{
	char memory[8];
	struct arena a = {.base = memory, .size = sizeof(memory)};

	(void)state;
	add(": argc=3 a0=\"a\" a1=41424344 a2[0]=\"one\" a2[1]=\"two\"");
	execve_finish(&x, LIMIT_EVENT_WORK, &a);
	assert_int_equal(x.arg_count, 3);
	assert_text(x.args[0], "a");
	assert_text(x.args[1], "ABCD");
	assert_true(x.exhausted);
	assert_true(a.exhausted);
}

/* Random arguments, in random pieces, over random records, in random order, come out whole. */
static void any_vector_comes_out_whole(void **state)
{
	uint64_t seed = 9;

	(void)state;
	for (int round = 0; round < 300; round++) {
		enum {
			ARGS = 40,
			PIECES = 200
		};
		static char args[ARGS][256];
		static char pieces[PIECES][400];
		size_t arg_len[ARGS];
		unsigned argc = 1 + random_below(&seed, ARGS);
		unsigned count = 0;

		execve_reset(&x);
		for (unsigned i = 0; i < argc; i++) {
			unsigned parts = 1 + random_below(&seed, 4);

			arg_len[i] = 0;
			for (unsigned part = 0; part < parts; part++) {
				unsigned n = 1 + random_below(&seed, 60);
				bool odd = random_below(&seed, 2);
				char *p = pieces[count++];

				p += sprintf(p, parts > 1 ? "a%u[%u]=" : "a%u=", i, part);
				p += sprintf(p, odd ? "" : "\"");
				for (unsigned j = 0; j < n; j++) {
					char c = odd ? (char)(1 + random_below(&seed, 255))
						     : (char)('a' + random_below(&seed, 26));

					args[i][arg_len[i]++] = c;
					p += sprintf(p, odd ? "%02X" : "%c", (unsigned char)c);
				}
				sprintf(p, odd ? "" : "\"");
			}
		}
		for (unsigned i = count; i > 1; i--) {
			unsigned j = random_below(&seed, i);
			char swap[sizeof(pieces[0])];

			memcpy(swap, pieces[i - 1], sizeof(swap));
			memcpy(pieces[i - 1], pieces[j], sizeof(swap));
			memcpy(pieces[j], swap, sizeof(swap));
		}
		for (unsigned i = 0; i < count; i += 2)
			execve_add(&x, exact_format(": %s %s", pieces[i],
					       i + 1 < count ? pieces[i + 1] : ""));
		execve_add(&x, exact_format(": argc=%u", argc));
		execve_finish(&x, LIMIT_EVENT_WORK, scratch_arena());
		assert_int_equal(x.arg_count, argc);
		assert_false(x.incomplete);
		for (unsigned i = 0; i < argc; i++)
			assert_bytes_at(x.args[i], args[i], arg_len[i], __FILE__, __LINE__);
		exact_free(NULL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, exact_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_record),
		TEST(quoted_is_never_hex),
		TEST(an_argument_ends_at_its_nul),
		TEST(pieces_over_records),
		TEST(pieces_in_any_order),
		TEST(pieces_of_several_arguments_mixed),
		TEST(the_length_shows_what_is_lost),
		TEST(a_nul_ends_all_pieces),
		TEST(a_repeated_piece_replaces),
		TEST(what_is_missing),
		TEST(more_than_argc),
		TEST(argc_is_no_number),
		TEST(argc_zero),
		TEST(names_that_are_no_piece),
		TEST(odd_ends),
		TEST(as_many_arguments_as_there_may_be),
		TEST(one_argument_more),
		TEST(as_many_bytes_as_there_may_be),
		TEST(one_piece_more),
		TEST(as_many_as_there_may_be_backwards),
		TEST(without_room),
		TEST(any_vector_comes_out_whole),
	};

	return cmocka_run_group_tests_name("execve", tests, NULL, NULL);
}
