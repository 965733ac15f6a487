/* Fields of an event by name. */
#include "event.h"

const struct field *event_data(const struct event *e, enum key key)
{
	return e->data_seen[key] == e->generation ? e->data[e->data_at[key]] : NULL;
}

void event_remove_data(struct event *e, enum key key)
{
	if (event_data(e, key)) {
		e->data[e->data_at[key]] = NULL;
		e->data_seen[key] = 0;
	}
}

const struct field *event_value(const struct event *e, enum key key)
{
	const struct field *f = event_data(e, key);

	for (uint32_t i = 0; !f && i < e->id_count; i++)
		if (e->ids[i]->key == key)
			f = e->ids[i];
	return f;
}
