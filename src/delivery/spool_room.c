#include "spool_room.h"

/* Blocks that are reserved for each severity. */
static uint32_t reserve(const struct spool *s)
{
	return (s->blocks - s->flown) / SPOOL_RESERVES;
}

/* Blocks of the severities from `i` up to `end` that are in no reserve. */
static uint32_t above_reserves(const struct spool *s, unsigned i, unsigned end)
{
	const uint32_t own = reserve(s);
	uint32_t room = 0;

	for (; i < end; i++)
		room += s->evictable[i] > own ? s->evictable[i] - own : 0;
	return room;
}

bool spool_can_make_room(const struct spool *s, uint32_t need, unsigned severity, bool *by_severity)
{
	/* With DROP_NEWEST the new message is the one to drop among those of its severity. */
	const bool oldest = s->drop == DROP_OLDEST;
	/* It would be within its reserve, maybe after older ones of its severity are evicted. */
	const bool has_right = need + (oldest ? 0 : s->evictable[severity]) <= reserve(s);
	uint32_t room = s->free + above_reserves(s, severity + 1, SPOOL_SEVERITIES);

	room += oldest ? s->evictable[severity] : 0;
	room += has_right ? above_reserves(s, 0, severity) : 0;
	if (room >= need)
		return true;
	*by_severity = has_right || need > reserve(s);
	room = s->free;
	for (unsigned i = severity + !oldest; i < SPOOL_SEVERITIES; i++)
		room += s->evictable[i];
	return *by_severity && room >= need;
}

unsigned spool_victim(const struct spool *s, uint32_t need, unsigned severity, bool by_severity)
{
	const uint32_t own = by_severity ? 0 : reserve(s);
	const bool has_right = s->evictable[severity] + need <= own;

	for (unsigned i = SPOOL_SEVERITIES; i-- > 0;) {
		if (s->evictable[i] > own &&
			(by_severity || (i != severity && (i > severity || has_right))))
			return i;
	}
	return severity;
}
