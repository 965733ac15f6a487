/* link: text.o */
/*
 * The first byte is how the journal is used, the rest what it holds, but for the magic and the
 * boot, which no fuzzer finds. Whatever it is, the next serials are told as they are.
 */
/* The source itself, for the magic; text.o, as with no name at all above it would be all of the
 * program. */
#include "../../src/record/gaps.c"

#include <stdlib.h>

static const char boot[GAPS_BOOT_ID_BYTES] = "6a9b9c1e-0f4e-4d5c-8f0a-5f4c2d1b7e93";
static struct gaps_journal journal;
static struct counters counters;
static struct gaps gaps;

static void must(int truth)
{
	if (!truth)
		abort();
}

/* Nothing is open that the journal does not say. */
static void check(void)
{
	uint32_t open = 0;

	must(gaps.now->highest - gaps.now->settled <= LIMIT_GAPS_WINDOW);
	for (uint32_t i = gaps.now->settled; i != gaps.now->highest; i++)
		open += is_absent(&gaps, i + 1);
	must(open == gaps.open);
	must(counters.serials_missing == gaps.now->missing);
	must(counters.serials_late == gaps.now->late);
}

static void next_process(void)
{
	memset(&counters, 0, sizeof(counters));
	gaps_init(&gaps, &counters, &journal, boot);
	check();
}

/* Three serials from `to` on, of which the second never comes. */
static void hand_on(uint32_t to)
{
	uint64_t before;

	gaps_serial(&gaps, to);
	check();
	gaps_flush(&gaps);
	before = counters.serials_missing;
	must(gaps.open == 0);
	if (ahead(gaps.now->highest, to) != 0)
		return;
	gaps_serial(&gaps, to + 2);
	must(gaps.open == 1);
	next_process();
	must(gaps.open == 1);
	gaps_flush(&gaps);
	must(counters.serials_missing == before + 1);
	check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t how;

	if (size == 0)
		return 0;
	how = data[0];
	size = size - 1 < sizeof(journal) ? size - 1 : sizeof(journal);
	memset(&journal, how & 1 ? 0xff : 0, sizeof(journal));
	memcpy(&journal, data + 1, size);
	journal.magic = MAGIC;
	memcpy(journal.boot_id, boot, sizeof(boot));
	if (how & 2)
		journal.current &= 1;
	if (how & 4) {
		struct gaps_state *s = &journal.states[journal.current & 1];

		s->started = 1;
		s->reported_missing = s->reported_late = 0;
		if (how & 8)
			s->settled = s->highest - s->settled % (LIMIT_GAPS_WINDOW + 2);
	}
	next_process();
	if (how & 16)
		gaps_settle(&gaps);
	hand_on(gaps.now->highest + 1);
	hand_on(gaps.now->highest - (how >> 5) * 9973u);
	hand_on(gaps.now->highest + (how >> 5) * 40000u);
	hand_on((uint32_t)how << 24);
	return 0;
}
