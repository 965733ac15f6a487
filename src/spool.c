#include "spool.h"

/* A message takes a word with its length and its bytes, rounded up to a word. Where the next
 * one does not fit before the end of the memory, a WRAP word says that it is at the start;
 * less than a word is never left there, sizes being multiples of one. */
#define WORD 4u
#define WRAP UINT32_MAX

static uint32_t load(const struct spool *s, uint32_t at)
{
	uint32_t word;

	memcpy(&word, s->base + at, WORD);
	return word;
}

static void store(struct spool *s, uint32_t at, uint32_t word)
{
	memcpy(s->base + at, &word, WORD);
}

static uint32_t footprint(uint32_t len)
{
	return WORD + ((len + WORD - 1) & ~(WORD - 1));
}

void spool_init(struct spool *s, void *memory, size_t size)
{
	if (size > UINT32_MAX / 2)
		size = UINT32_MAX / 2;
	*s = (struct spool){.base = memory, .size = (uint32_t)size & ~(WORD - 1)};
}

/* Where `need` bytes in one piece are free, or UINT32_MAX. An empty ring starts over. */
static uint32_t find_room(struct spool *s, uint32_t need)
{
	if (!s->count)
		s->head = s->tail = 0;
	if (!s->count || s->tail > s->head) {
		if (need <= s->size - s->tail)
			return s->tail;
		return need <= s->head ? 0 : UINT32_MAX;
	}
	/* Wrapped; head == tail is full. */
	return need <= s->head - s->tail ? s->tail : UINT32_MAX;
}

bool spool_push(struct spool *s, struct span message)
{
	uint32_t need, at;

	if (!message.len)
		return false;
	if (message.len > s->size || footprint(message.len) > s->size) {
		s->dropped++;
		return false;
	}
	need = footprint(message.len);
	while ((at = find_room(s, need)) == UINT32_MAX) {
		spool_pop(s);
		s->dropped++;
	}
	if (at != s->tail && s->tail < s->size)
		store(s, s->tail, WRAP);
	store(s, at, message.len);
	memcpy(s->base + at + WORD, message.at, message.len);
	s->tail = at + need;
	s->count++;
	s->bytes += message.len;
	return true;
}

/* Where the oldest message is, the ring not being empty. */
static uint32_t oldest(const struct spool *s)
{
	return s->head == s->size || load(s, s->head) == WRAP ? 0 : s->head;
}

struct span spool_peek(const struct spool *s)
{
	uint32_t at;

	if (!s->count)
		return SPAN_NONE;
	at = oldest(s);
	return (struct span){s->base + at + WORD, load(s, at)};
}

void spool_pop(struct spool *s)
{
	uint32_t at, len;

	if (!s->count)
		return;
	at = oldest(s);
	len = load(s, at);
	s->head = at + footprint(len);
	s->count--;
	s->bytes -= len;
}
