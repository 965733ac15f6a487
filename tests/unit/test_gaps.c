/* link: gaps.o */
#include "gaps.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define WINDOW LIMIT_GAPS_WINDOW

static struct counters counters;
static struct gaps_journal journal;
static struct gaps gaps;

static int setup(void **state)
{
	(void)state;
	memset(&counters, 0, sizeof(counters));
	memset(&journal, 0, sizeof(journal));
	gaps_init(&gaps, &counters, &journal, NULL);
	return 0;
}

static void from_to(uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i != last + 1; i++)
		gaps_serial(&gaps, i);
}

static void assert_counts(uint64_t missing, uint64_t late, uint32_t open)
{
	assert_int_equal(counters.serials_missing, missing);
	assert_int_equal(counters.serials_late, late);
	assert_int_equal(gaps.open, open);
}

/* ---- one by one ----------------------------------------------------------------------------- */

static void nothing_before_the_first(void **state)
{
	(void)state;
	gaps_settle(&gaps);
	gaps_flush(&gaps);
	from_to(500, 600);
	gaps_serial(&gaps, 499);
	gaps_serial(&gaps, 1);
	assert_counts(0, 0, 0);
	gaps_flush(&gaps);
	assert_counts(0, 0, 0);
}

static void repeated_and_out_of_order(void **state)
{
	static const uint32_t serials[] = {10, 10, 12, 10, 11, 12, 14, 13, 11, 14};

	(void)state;
	for (unsigned i = 0; i < sizeof(serials) / sizeof(serials[0]); i++)
		gaps_serial(&gaps, serials[i]);
	assert_counts(0, 0, 0);
}

static void open_till_it_leaves_the_window(void **state)
{
	(void)state;
	from_to(1, 10);
	gaps_serial(&gaps, 12);
	assert_counts(0, 0, 1);
	from_to(13, 10 + WINDOW);
	assert_counts(0, 0, 1);
	gaps_serial(&gaps, 11 + WINDOW);
	assert_counts(1, 0, 0);
	gaps_serial(&gaps, 11); /* behind the window */
	assert_counts(1, 1, 0);
	gaps_serial(&gaps, 12 + WINDOW);
	assert_counts(1, 1, 0);
}

static void settled_by_time(void **state)
{
	(void)state;
	from_to(1, 10);
	gaps_serial(&gaps, 13);
	gaps_settle(&gaps); /* so long it is here */
	gaps_serial(&gaps, 15);
	assert_counts(0, 0, 3);
	gaps_settle(&gaps);
	assert_counts(2, 0, 1);
	gaps_serial(&gaps, 12);
	gaps_serial(&gaps, 13);
	gaps_serial(&gaps, 12);
	assert_counts(2, 1, 1);
	gaps_serial(&gaps, 14);
	assert_counts(2, 1, 0);
	gaps_settle(&gaps);
	gaps_settle(&gaps);
	from_to(16, 3 * WINDOW); /* 11 leaves: it was counted */
	assert_counts(2, 1, 0);
}

static void flush_gives_all_up(void **state)
{
	(void)state;
	gaps_serial(&gaps, 1);
	gaps_serial(&gaps, 1001);
	assert_counts(0, 0, 999);
	gaps_flush(&gaps);
	assert_counts(999, 0, 0);
	gaps_serial(&gaps, 500);
	gaps_flush(&gaps);
	assert_counts(999, 1, 0);
}

static void across_the_wrap(void **state)
{
	(void)state;
	from_to(UINT32_MAX - 5, 5);
	gaps_serial(&gaps, 8);
	gaps_serial(&gaps, UINT32_MAX);
	gaps_serial(&gaps, 0);
	assert_counts(0, 0, 2);
	gaps_serial(&gaps, 6);
	gaps_flush(&gaps);
	assert_counts(1, 0, 0);
}

static void serial_0_first(void **state)
{
	(void)state;
	from_to(0, 5);
	assert_true(gaps.now->started);
	assert_counts(0, 0, 0);
}

static void far_ahead(void **state)
{
	(void)state;
	from_to(1, 10);
	gaps_serial(&gaps, 12);
	gaps_serial(&gaps, 12 + 1000000);
	assert_counts(1 + 1000000 - WINDOW, 0, WINDOW - 1);
	gaps_serial(&gaps, 12 + 1000000 - WINDOW); /* was counted already */
	assert_counts(1 + 1000000 - WINDOW, 1, WINDOW - 1);
	gaps_serial(&gaps, 12 + 1000000 - WINDOW + 1);
	assert_counts(1 + 1000000 - WINDOW, 1, WINDOW - 2);
	gaps_flush(&gaps);
	assert_counts(999999, 1, 0);
	gaps_serial(&gaps, 12 + 1000000 + (uint32_t)INT32_MAX);
	gaps_flush(&gaps);
	assert_counts(999999 + (uint64_t)INT32_MAX - 1, 1, 0);
}

static void exactly_a_window_ahead(void **state)
{
	(void)state;
	gaps_serial(&gaps, 7);
	gaps_serial(&gaps, 7 + WINDOW);
	assert_counts(0, 0, WINDOW - 1);
	gaps_serial(&gaps, 8);
	gaps_serial(&gaps, 7 + WINDOW - 1);
	assert_counts(0, 0, WINDOW - 3);
	gaps_serial(&gaps, 7 + 2 * WINDOW + 1);
	gaps_flush(&gaps);
	assert_counts(WINDOW - 3 + WINDOW, 0, 0);
}

static void the_count_starts_over(void **state)
{
	(void)state;
	from_to(50000000, 50000010);
	gaps_serial(&gaps, 50000012);
	gaps_serial(&gaps, 1);
	assert_counts(1, 0, 0);
	from_to(2, 100);
	gaps_serial(&gaps, 102);
	gaps_flush(&gaps);
	assert_counts(2, 0, 0);
	gaps_serial(&gaps, 50000013); /* a gap again */
	gaps_flush(&gaps);
	assert_counts(2 + 50000013 - 102 - 1, 0, 0);
	gaps_serial(&gaps, 50000013 - (1 << 24) + 1);
	assert_counts(2 + 50000013 - 102 - 1, 1, 0);
}

/* Ticks are only counted while something is open: long ago, the mark is anywhere. */
static void an_old_mark(void **state)
{
	(void)state;
	for (uint32_t behind = 0; behind < 32; behind++) {
		setup(NULL);
		gaps_serial(&gaps, 1);
		gaps_settle(&gaps);
		gaps.now->highest = gaps.now->settled = behind << 27;
		gaps_serial(&gaps, (behind << 27) + 2);
		gaps_settle(&gaps);
		gaps_settle(&gaps);
		gaps_settle(&gaps);
		assert_counts(1, 0, 0);
	}
}

/* ---- against a model: every serial has its own state ---------------------------------------- */

#define SPAN_OF_MODEL (1u << 23)

enum {
	ABSENT,
	CAME,
	GIVEN_UP
};

static struct {
	uint8_t state[SPAN_OF_MODEL];
	uint32_t offset; /* serial of state[0] */
	uint32_t begin, highest, mark;
	uint64_t missing, late;
	bool started;
} model;

static void model_give_up(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i <= to; i++)
		if (model.state[i] == ABSENT) {
			model.state[i] = GIVEN_UP;
			model.missing++;
		}
}

static void model_record(uint32_t at)
{
	uint32_t old = model.highest;

	if (!model.started) {
		model.started = true;
		memset(model.state, CAME, at + 1);
		model.begin = model.highest = model.mark = at;
	} else if (at > old) {
		model.highest = at;
		if (at >= WINDOW) /* from the old one on: before it all is settled */
			model_give_up(old >= WINDOW ? old - WINDOW : 0, at - WINDOW);
		model.state[at] = CAME;
	} else if (old - at >= WINDOW) {
		model.late++;
	} else if (model.state[at] == GIVEN_UP) {
		model.late++;
		model.state[at] = CAME;
	} else {
		model.state[at] = CAME;
	}
}

static void model_settle(void)
{
	uint32_t from = model.highest > WINDOW ? model.highest - WINDOW : 0;

	model_give_up(from, model.mark);
	model.mark = model.highest;
}

static uint32_t model_open(void)
{
	uint32_t from = model.highest > WINDOW ? model.highest - WINDOW : 0, n = 0;

	for (uint32_t i = from; i <= model.highest; i++)
		n += model.state[i] == ABSENT;
	return n;
}

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)(seed >> 4) * sides) >> 28);
}

static void both(uint32_t at)
{
	gaps_serial(&gaps, model.offset + at);
	model_record(at);
}

static void compare(void)
{
	assert_int_equal(counters.serials_missing, model.missing);
	assert_int_equal(counters.serials_late, model.late);
	assert_int_equal(gaps.now->highest, model.offset + model.highest);
}

/* How a kernel under some load may behave: mostly the next serial, records repeated, some out of
 * order, some much too late, some lost, sometimes many. */
static void random_stream(unsigned steps, uint32_t far)
{
	uint32_t next = 70000, back;

	both(next);
	for (unsigned i = 0; i < steps && next < SPAN_OF_MODEL - far - 2; i++) {
		switch (dice(20)) {
		case 0: /* some are left out, and may come later */
			next += 1 + dice(8);
			both(next);
			break;
		case 1:
			both(next);
			both(next);
			break;
		case 2:
		case 3:
			back = dice(dice(10) ? 20 : dice(10) ? 9000 : 2 * WINDOW);
			both(next - (back < next - 1 ? back : next - 1));
			break;
		case 4:
			if (dice(20000) == 0)
				next += dice(far);
			if (dice(2000) == 0) {
				gaps_settle(&gaps);
				model_settle();
				compare();
				assert_int_equal(gaps.open, model_open());
			}
			break;
		default:
			both(++next);
		}
	}
	compare();
	assert_int_equal(gaps.open, model_open());
	gaps_flush(&gaps);
	model_give_up(0, model.highest);
	compare();
	assert_int_equal(gaps.open, 0);
}

static void random_streams(void **state)
{
	static const uint32_t offsets[] = {
		0, 1000, UINT32_MAX - 80000, UINT32_MAX - 3000000, INT32_MAX - 1000000};
	static const uint32_t far[] = {10, WINDOW - 1, WINDOW + 2, 40 * WINDOW};
	uint64_t missing = 0, late = 0, steps = 0;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		setup(NULL);
		memset(&model, 0, sizeof(model));
		model.offset = offsets[i % 5];
		seed = i;
		random_stream(1000000, far[i / 5]);
		missing += model.missing;
		late += model.late;
		steps += 1000000;
	}
	print_message("# %llu steps, %llu missing, %llu late\n", (unsigned long long)steps,
		(unsigned long long)missing, (unsigned long long)late);
	assert_true(missing > 1000000 && late > 10000 && missing > late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(nothing_before_the_first),
		TEST(repeated_and_out_of_order),
		TEST(open_till_it_leaves_the_window),
		TEST(settled_by_time),
		TEST(flush_gives_all_up),
		TEST(across_the_wrap),
		TEST(serial_0_first),
		TEST(far_ahead),
		TEST(exactly_a_window_ahead),
		TEST(the_count_starts_over),
		TEST(an_old_mark),
		TEST(random_streams),
	};

	return cmocka_run_group_tests_name("gaps", tests, NULL, NULL);
}
