#include "event_loss.h"

#include "decode.h"
#include "tables.h"

/* Whether the event has lost this part. It has not if several events before lacked it, too: then a
 * rule excludes it. */
static bool lacks(struct event *e, enum event_part part, bool has)
{
	if (has)
		e->expected[part] = LIMIT_EVENTS_WITHOUT;
	else if (e->expected[part] > 0)
		e->expected[part]--;
	else
		return false;
	return !has;
}

static bool has_met(const struct event *e, uint16_t type)
{
	for (uint32_t i = 0; i < e->met_count; i++)
		if (e->met[i] == type)
			return true;
	return false;
}

/* `items` counts names, and each has a PATH (audit_log_exit(), kernel/auditsc.c), but for the
 * directory of a message queue, which is hidden. */
static bool lacks_path(struct event *e, struct span call)
{
	const struct field *items = event_data(e, KEY_ITEMS);
	uint64_t count;

	if (!items || !decode_uint(field_value(items), &count) || count == 0 ||
		span_starts(call, "mq_"))
		return false;
	if (e->path_records > 0 && e->path_records < count)
		return true;
	return lacks(e, EVENT_PATH, e->path_records >= count);
}

/* The kernel writes SYSCALL first, then the rest at once, PROCTITLE last (and EOE, which says
 * nothing). A log may begin or end anywhere, and may have only some of the records. */
void event_find_loss(struct event *e, const struct raw_record *subject, bool is_log)
{
	const bool has_call = subject && subject->type == RECORD_SYSCALL;
	const struct field *call = event_data(e, KEY_SYSCALL);
	struct span name = call ? field_value(call) : SPAN("");
	bool incomplete = false;

	if (has_call) {
		(void)lacks(e, EVENT_CALL, true);
		incomplete = lacks_path(e, name);
		if (!is_log && span_starts(name, "execve") && span_is(e->result, "success"))
			incomplete |= lacks(e, EVENT_EXECVE, e->execve.argc.at != NULL);
		if (!is_log)
			incomplete |= lacks(e, EVENT_TITLE, has_met(e, RECORD_PROCTITLE));
	} else if (!has_met(e, RECORD_URINGOP) &&
		   (e->path_records > 0 || e->execve.piece_count > 0 || has_met(e, RECORD_CWD) ||
			   has_met(e, RECORD_PROCTITLE))) {
		incomplete = lacks(e, EVENT_CALL, false);
	}
	e->incomplete = incomplete;
}
