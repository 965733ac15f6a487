#include "lineage_rules.h"

/* Returns whether it was there. */
static bool remove_key(struct event *e)
{
	const uint32_t before = e->tag_count;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < before; i++)
		if (!span_is(e->tags[i], LINEAGE_KEY))
			e->tags[kept++] = e->tags[i];
	e->tag_count = kept;
	return kept < before;
}

/* What each call that the rules are for has. reassembly.h keeps no EOE. */
static bool is_usual(uint16_t type)
{
	return type == RECORD_SYSCALL || type == RECORD_EXECVE || type == RECORD_CWD ||
	       type == RECORD_PATH || type == RECORD_PROCTITLE;
}

bool lineage_takes(struct event *e, const struct reassembly *r, const struct raw_event *raw)
{
	if (!remove_key(e) || e->tag_count > 0 || e->repeated_count > 0)
		return false;
	if (!e->has_syscall || raw->left_out)
		return false;
	for (const struct raw_record *it = reassembly_record(r, raw->first); it;
		it = reassembly_record(r, it->next))
		if (!is_usual(it->type))
			return false;
	return true;
}
