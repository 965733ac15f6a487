/* link: */
/*
 * What a journal tells after a kill, and whatever else its bytes are. The source itself is here, so
 * that each of its stores into the journal can be the last one.
 */
static void stored(void);
#define GAPS_STORED() stored()
#include "../../src/record/gaps.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define WINDOW	LIMIT_GAPS_WINDOW
#define SERIALS (1u << 21)

static const char boot[GAPS_BOOT_ID_BYTES] = "6a9b9c1e-0f4e-4d5c-8f0a-5f4c2d1b7e93";
static const char other_boot[GAPS_BOOT_ID_BYTES] = "6a9b9c1e-0f4e-4d5c-8f0a-5f4c2d1b7e94";

static struct gaps_journal journal, image;
static struct counters counters;
static struct gaps gaps;

static uint64_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % sides;
}

/* ---- which serials were handed on, one by one ---------------------------------------------- */

static struct {
	uint32_t offset; /* serial of handed[0] */
	uint32_t first, highest;
	uint32_t count; /* of those handed on */
	bool handed[SERIALS];
} model;

static void hand_on(uint32_t at)
{
	if (at < model.first)
		return;
	if (at > model.highest)
		model.highest = at;
	model.count += !model.handed[at];
	model.handed[at] = true;
}

static uint32_t never_handed_on(void)
{
	return model.highest - model.first + 1 - model.count;
}

/* ---- the next process ---------------------------------------------------------------------- */

static bool watching, looking, busy;
static uint32_t looks, doubts, stores;

/* What it tells when it has handed on the next event. */
static int64_t told_by_next(void)
{
	struct counters c = {0};
	struct gaps g;

	looking = true;
	memcpy(&image, &journal, sizeof(image));
	gaps_init(&g, &c, &image, boot);
	assert_true(g.open <= WINDOW);
	gaps_serial(&g, model.offset + model.highest + 1);
	gaps_flush(&g);
	assert_int_equal(g.open, 0);
	looking = false;
	return (int64_t)(c.serials_missing - c.serials_late);
}

static void look(uint32_t killed)
{
	int64_t more = told_by_next() - never_handed_on();

	if (more < 0 || more > killed + busy)
		fail_msg("%lld too many, killed %u times", (long long)more, killed);
	doubts += more > killed;
	looks++;
}

static jmp_buf killed;
static uint32_t until_kill, kills;

static void stored(void)
{
	atomic_signal_fence(memory_order_seq_cst);
	if (looking)
		return;
	if (until_kill > 0 && --until_kill == 0)
		longjmp(killed, 1);
	/* A gap as wide as the window has a store for each. */
	if (watching && (++stores < 40 || dice(1000) == 0))
		look(kills);
}

static int setup(void **state)
{
	(void)state;
	watching = busy = false;
	until_kill = kills = 0;
	memset(&model, 0, sizeof(model));
	memset(&counters, 0, sizeof(counters));
	memset(&journal, 0xa5, sizeof(journal));
	gaps_init(&gaps, &counters, &journal, boot);
	return 0;
}

static void both(uint32_t at)
{
	stores = 0;
	hand_on(at);
	busy = true;
	gaps_serial(&gaps, model.offset + at);
	busy = false;
	look(kills);
}

/* ---- lives --------------------------------------------------------------------------------- */

static void random_step(uint32_t far)
{
	uint32_t next = model.highest + 1, back;

	switch (dice(16)) {
	case 0:
		both(next + dice(9));
		break;
	case 1:
	case 2:
		back = dice(dice(4) ? 20 : WINDOW - 1);
		if (back < model.highest)
			both(model.highest - back);
		break;
	case 3:
		if (dice(12) == 0)
			gaps_settle(&gaps);
		break;
	case 4:
		gaps_reported(&gaps, &(struct gaps_reported){counters.serials_missing,
					     counters.serials_late, 2, 5, 3});
		break;
	case 5:
		if (dice(12) == 0)
			both(next + dice(far));
		break;
	default:
		both(next);
	}
}

/* Nothing of it is left but the journal. What was in hand is not handed on again. */
static void kill_and_go_on(void)
{
	memset(&gaps, 0xa5, sizeof(gaps));
	memset(&counters, 0, sizeof(counters));
	gaps_init(&gaps, &counters, &journal, boot);
	look(kills);
}

static void killed_after_each_store(void **state)
{
	static const uint32_t far[] = {10, WINDOW - 1, WINDOW + 2, 4 * WINDOW};
	static const uint32_t offsets[] = {0, UINT32_MAX - 300, INT32_MAX - 20};

	(void)state;
	looks = doubts = 0;
	for (unsigned life = 0; life < 12; life++) {
		setup(NULL);
		seed = life;
		model.offset = offsets[life % 3];
		model.first = model.highest = 10;
		watching = true;
		both(10);
		for (unsigned i = 0; i < 400 && model.highest < SERIALS - 4 * WINDOW - 2; i++) {
			random_step(far[life % 4]);
			if (dice(50) == 0)
				kill_and_go_on();
		}
		watching = false;
		gaps_flush(&gaps);
		assert_int_equal(
			counters.serials_missing - counters.serials_late, never_handed_on());
	}
	print_message("# killed at %u moments, one event in doubt at %u of them\n", looks, doubts);
	assert_true(looks > 10000 && doubts > 1000);
}

/* Killed for good in the middle of it, again and again: each leaves one in doubt at most, and none
 * is forgotten. */
static void one_after_the_other(void **state)
{
	(void)state;
	seed = 3;
	model.first = model.highest = 10;
	both(10);
	for (unsigned n = 0; n < 300; n++) {
		until_kill = 1 + dice(400);
		if (setjmp(killed) == 0)
			for (;;)
				random_step(30);
		busy = false;
		kills++;
		kill_and_go_on();
	}
	print_message("# up to %u, %u never handed on\n", model.highest, never_handed_on());
	assert_true(model.highest > 10000 && never_handed_on() > 1000);
}

/* ---- whose it is --------------------------------------------------------------------------- */

static void next_process(const char *boot_id)
{
	memset(&counters, 0, sizeof(counters));
	gaps_init(&gaps, &counters, &journal, boot_id);
}

static void some_life(void)
{
	for (uint32_t i = 100; i < 200; i += 2)
		gaps_serial(&gaps, i);
	gaps_settle(&gaps);
	gaps_settle(&gaps);
	assert_int_equal(counters.serials_missing, 49);
	gaps_serial(&gaps, 203);
	gaps_reported(&gaps, &(struct gaps_reported){40, 0, 5, 77, 12});
	assert_int_equal(gaps.now->unreported, 5);
	gaps_unreported(&gaps, 6);
}

static void goes_on(void **state)
{
	(void)state;
	some_life();
	next_process(boot);
	assert_int_equal(counters.serials_missing, 49);
	assert_int_equal(gaps.open, 4);
	assert_int_equal(gaps.now->reported_missing, 40);
	assert_int_equal(gaps.now->reported_ms, 77);
	assert_int_equal(gaps.now->kernel_lost, 12);
	assert_int_equal(gaps.now->unreported, 6);
	gaps_settle(&gaps); /* the kernel may have them: they get their time */
	assert_int_equal(gaps.open, 4);
	gaps_serial(&gaps, 202);
	gaps_serial(&gaps, 101);
	gaps_serial(&gaps, 206);
	gaps_settle(&gaps);
	assert_int_equal(counters.serials_missing, 52);
	assert_int_equal(counters.serials_late, 1);
	assert_int_equal(gaps.open, 2);
}

static void assert_begins(void)
{
	assert_int_equal(counters.serials_missing + counters.serials_late + gaps.open, 0);
	gaps_serial(&gaps, 5000);
	gaps_flush(&gaps);
	assert_int_equal(counters.serials_missing, 0);
}

static void another_boot(void **state)
{
	(void)state;
	some_life();
	next_process(other_boot);
	assert_begins();
	next_process(other_boot);
	gaps_serial(&gaps, 5002);
	gaps_flush(&gaps);
	assert_int_equal(counters.serials_missing, 1);
}

static void an_unknown_boot(void **state)
{
	static const char none[GAPS_BOOT_ID_BYTES];

	(void)state;
	next_process(none);
	some_life();
	next_process(none);
	assert_begins();
	next_process(boot);
	assert_begins();
}

static void another_format(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct gaps_state *s;

		setup(NULL);
		some_life();
		s = gaps.now;
		switch (i) {
		case 0:
			journal.magic++;
			break;
		case 1:
			journal.current = 2;
			break;
		case 2:
			s->started = 3;
			break;
		case 3:
			s->settled = s->highest + 1;
			break;
		case 4:
			s->settled = s->highest - WINDOW - 1;
			break;
		case 5:
			s->reported_missing = s->missing + 1;
			break;
		case 6:
			s->reported_late = s->late + 1;
			break;
		case 7:
			journal.boot_id[GAPS_BOOT_ID_BYTES - 1] = 'x';
			break;
		}
		next_process(boot);
		assert_begins();
	}
}

/* The first of a boot, killed before its first record, or with all that it has in its hands. */
static void killed_at_once(void **state)
{
	(void)state;
	gaps_await(&gaps, true);
	next_process(boot);
	assert_int_equal(counters.serials_missing, 0);
	gaps_await(&gaps, true);
	gaps_serial(&gaps, 8);
	gaps_flush(&gaps);
	assert_int_equal(counters.serials_missing, 7);

	setup(NULL);
	gaps_await(&gaps, true);
	gaps_received(&gaps, 6);
	gaps_received(&gaps, 7);
	next_process(boot);
	gaps_serial(&gaps, 8);
	gaps_flush(&gaps);
	assert_int_equal(counters.serials_missing, 2);
	gaps_received(&gaps, 20);
	gaps_flush(&gaps);
	assert_int_equal(counters.serials_missing, 2); /* it may still come */
}

/* Another listener has the records of before. */
static void asked_for_nothing(void **state)
{
	(void)state;
	gaps_await(&gaps, true);
	gaps_await(&gaps, false);
	next_process(boot);
	assert_begins();
	gaps_await(&gaps, false); /* not once it counts */
	next_process(boot);
	gaps_serial(&gaps, 5002);
	gaps_flush(&gaps);
	assert_int_equal(counters.serials_missing, 1);
}

static void without_a_file(void **state)
{
	(void)state;
	memset(&journal, 0, sizeof(journal));
	next_process(NULL);
	some_life();
	assert_int_equal(journal.magic, 0); /* it is nobody's */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(killed_after_each_store),
		TEST(one_after_the_other),
		TEST(goes_on),
		TEST(another_boot),
		TEST(an_unknown_boot),
		TEST(another_format),
		TEST(killed_at_once),
		TEST(asked_for_nothing),
		TEST(without_a_file),
	};

	return cmocka_run_group_tests_name("gaps_kill", tests, NULL, NULL);
}
