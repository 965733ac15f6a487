#include "support_lineage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void check_list(enum lineage_state state, uint32_t *in_all)
{
	uint16_t newer = 0;
	uint32_t count = 0;

	for (uint16_t slot = table.first[state]; slot; slot = table.processes[slot].older) {
		const struct lineage_process *p = &table.processes[slot];

		assert_true(slot <= table.made && ++count <= table.made);
		assert_int_equal(p->state, state);
		assert_int_equal(p->newer, newer);
		newer = slot;
	}
	assert_int_equal(table.last[state], newer);
	*in_all += count;
}

static const struct lineage_process *checked(lineage_ref ref)
{
	return ref ? lineage_get(&table, ref) : NULL;
}

static void count_one(uint16_t *counts, lineage_ref ref, const struct lineage_process *but)
{
	const struct lineage_process *p = checked(ref);

	if (p && p != but)
		counts[p - table.processes]++;
}

void check_table(void)
{
	static uint16_t children[LIMIT_PROCESSES + 1], followers[LIMIT_PROCESSES + 1];
	uint32_t listed = 0, hashed = 0;

	memset(children, 0, sizeof(children));
	memset(followers, 0, sizeof(followers));
	for (unsigned state = 0; state < LINEAGE_STATES; state++)
		check_list((enum lineage_state)state, &listed);
	assert_int_equal(listed, table.made);
	for (unsigned i = 0; i < LIMIT_PROCESS_BUCKETS; i++)
		for (uint16_t slot = table.buckets[i]; slot; slot = table.processes[slot].next) {
			assert_true(++hashed <= table.made);
			assert_true(table.processes[slot].state != LINEAGE_FREE);
		}
	for (uint32_t slot = 1; slot <= table.made; slot++) {
		const struct lineage_process *p = &table.processes[slot];

		hashed += p->state == LINEAGE_FREE;
		if (p->state != LINEAGE_LIVES)
			continue;
		count_one(children, p->parent, NULL);
		count_one(followers, p->session, p);
		count_one(followers, p->group, p);
		count_one(followers, p->entry, p);
	}
	assert_int_equal(hashed, table.made);
	for (uint32_t slot = 1; slot <= table.made; slot++) {
		if (table.processes[slot].state == LINEAGE_FREE)
			continue;
		assert_int_equal(table.processes[slot].children, children[slot]);
		assert_int_equal(table.processes[slot].followers, followers[slot]);
	}
}

/* ---- who leaves ---- */

static struct {
	lineage_ref ref;
	uint8_t state;
	uint16_t followers;
} before[LIMIT_PROCESSES + 1];
static uint32_t before_count;
static uint64_t evicted_before;

void note_table(void)
{
	before_count = table.made;
	evicted_before = table.counters->lineage_evicted;
	for (uint32_t slot = 1; slot <= before_count; slot++) {
		const struct lineage_process *p = &table.processes[slot];

		before[slot].ref = p->ref;
		before[slot].state = p->state;
		before[slot].followers = p->followers;
	}
}

static uint32_t still_there(enum lineage_state state, bool leads)
{
	uint32_t count = 0;

	for (uint32_t slot = 1; slot <= before_count; slot++)
		count += before[slot].state == state && (before[slot].followers > 0) == leads &&
			 table.processes[slot].ref == before[slot].ref &&
			 table.processes[slot].state == state;
	return count;
}

/* One that lives leaves if there is no other alone; of those that have ended, one that leads
 * somebody if there is no other. (What ended in this event came too late. The two of a state that
 * were used last stay: somebody may have a pointer to them.) */
void check_leaving(void)
{
	if (table.counters->lineage_evicted > evicted_before) {
		assert_true(still_there(LINEAGE_CLAIMED, false) <= 2);
		assert_true(
			still_there(LINEAGE_ENDED, false) + still_there(LINEAGE_ENDED, true) <= 2);
	}
	for (uint32_t slot = 1; slot <= before_count; slot++)
		if (before[slot].state == LINEAGE_ENDED && before[slot].followers > 0 &&
			!lineage_get(&table, before[slot].ref))
			assert_true(still_there(LINEAGE_CLAIMED, false) <= 2);
}
