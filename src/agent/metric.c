#include "metric.h"

#include "document_layout.h"

/* What stands in every document, and what in this one. */
#define STREAM_OF_EVENTS "\"data_stream\":{\"type\":\"logs\",\"dataset\":\"auditd_manager.auditd\""
#define STREAM_OF_OURS	 "\"data_stream\":{\"type\":\"metrics\",\"dataset\":\"ecsaudit.ledger\""

/* Both structs are arrays of numbers; their names follow each other in the same order. */
#define NAME(name)  #name "\0"
#define COUNT(type) (sizeof(struct type) / sizeof(uint64_t))
#define INDEX(name) (offsetof(struct counters, name) / sizeof(uint64_t))

static const char counter_names[] = COUNTERS(NAME);
static const char gauge_names[] = GAUGES(NAME);

/* The counters that are losses, and the words for each, in the same order. */
#define LOSS(name, words)  INDEX(name),
#define WORDS(name, words) words "\0"

static const uint8_t losses[] = {LOSS_COUNTERS(LOSS)};
static const char loss_words[] = LOSS_COUNTERS(WORDS);

#define LOSSES sizeof(losses)

_Static_assert(COUNT(counters) <= UINT8_MAX, "a byte holds their place");

static uint64_t value_of(const struct counters *c, size_t index)
{
	return ((const uint64_t *)c)[index];
}

uint64_t metric_loss(const struct counters *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LOSSES; i++)
		sum += value_of(c, losses[i]);
	return sum;
}

static bool is_loss(size_t index)
{
	for (size_t i = 0; i < LOSSES; i++)
		if (losses[i] == index)
			return true;
	return false;
}

/* ---- as JSON --------------------------------------------------------------------------- */

__attribute__((noinline)) void metric_number(struct text *t, const char *name, uint64_t value)
{
	if (t->used > 0 && t->at[t->used - 1] != '{')
		text_puts(t, ",");
	text_puts(t, "\"");
	text_puts(t, name);
	text_puts(t, "\":");
	text_number(t, value);
}

/* The numbers, less those of `before` unless that is NULL. Without a number there is no group. */
static void put_group(struct text *t, const char *group, const char *name, size_t count,
	const uint64_t *values, const uint64_t *before, enum metric_detail detail)
{
	const size_t start = t->used;
	size_t first;

	text_puts(t, ",\"");
	text_puts(t, group);
	text_puts(t, "\":{");
	first = t->used;
	for (size_t i = 0; i < count; i++, name += strlen(name) + 1) {
		uint64_t value = values[i] - (before ? before[i] : 0);

		if ((value > 0 || detail == METRIC_ALL) && (detail != METRIC_LOSS || is_loss(i)))
			metric_number(t, name, value);
	}
	if (t->used == first)
		t->used = start;
	else
		text_puts(t, "}");
}

void metric_write(struct text *t, const struct metric *m, enum metric_detail detail)
{
	const uint64_t *now = (const uint64_t *)m->now;
	const uint64_t total = metric_loss(m->now);

	metric_number(t, "uptime_ms", (uint64_t)m->uptime_ms);
	metric_number(t, "interval_ms", (uint64_t)m->interval_ms);
	metric_number(t, "loss", total - metric_loss(m->before));
	metric_number(t, "loss_total", total);
	if (detail != METRIC_LOSS)
		put_group(t, "now", gauge_names, COUNT(gauges), (const uint64_t *)m->gauges, NULL,
			detail);
	put_group(t, "total", counter_names, COUNT(counters), now, NULL, detail);
	if (detail == METRIC_ALL)
		put_group(t, "interval", counter_names, COUNT(counters), now,
			(const uint64_t *)m->before, METRIC_NOT_ZERO);
}

/* ---- as a document --------------------------------------------------------------------- */

/* "3 records lost by the kernel, 1 event missing as a whole in the last 12 s". The words begin with
 * a noun that ends in s: the singular leaves it out. */
static void put_message(struct text *t, const struct metric *m)
{
	const char *words = loss_words;

	for (size_t i = 0; i < LOSSES; i++, words += strlen(words) + 1) {
		size_t noun = strcspn(words, " ");
		uint64_t lost = value_of(m->now, losses[i]) - value_of(m->before, losses[i]);

		if (lost == 0)
			continue;
		text_puts(t, t->used ? ", " : "");
		text_number(t, lost);
		text_puts(t, " ");
		text_bytes(t, words, lost == 1 ? noun - 1 : noun);
		text_puts(t, words + noun);
	}
	text_puts(t, " in the last ");
	text_number(t, (uint64_t)(m->interval_ms + 999) / 1000);
	text_puts(t, " s");
}

static struct span message_of(struct document *d, const struct metric *m)
{
	const size_t size = LOSSES * 64 + 64; /* a number, words, and the time */
	char *memory = arena_take(d->arena, size);
	struct text t;

	if (!memory)
		return SPAN_NONE;
	text_init(&t, memory, size);
	put_message(&t, m);
	return (struct span){t.at, (uint32_t)t.used};
}

/* The constant members, with our data stream. A user's text cannot look like the member, since
 * quotes within texts are escaped. */
static struct span in_our_stream(struct document *d, struct span all)
{
	const struct span ours = SPAN(STREAM_OF_OURS);
	const uint32_t len = sizeof(STREAM_OF_EVENTS) - 1;
	const char *at = text_find(all.at, all.len, STREAM_OF_EVENTS);
	struct span parts[3];

	if (!at)
		return all;
	parts[0] = (struct span){all.at, (uint32_t)(at - all.at)};
	parts[1] = ours;
	parts[2] = (struct span){at + len, all.len - parts[0].len - len};
	return document_join(d->arena, parts, 3);
}

cJSON *metric_build(
	struct document *d, const struct metric *m, struct span members, int64_t time_ms)
{
	const bool lost = metric_loss(m->now) != metric_loss(m->before);
	cJSON *root = json_object(d->arena);
	cJSON *event = json_object(d->arena), *own = json_object(d->arena);
	struct span time =
		timestamp_format(&d->timestamp, time_ms / 1000, (uint32_t)(time_ms % 1000));

	json_add_text(d->arena, root, "@timestamp", time);
	if (lost)
		json_add_text(d->arena, root, "message", message_of(d, m));
	json_add_members(d->arena, event,
		SPAN("\"kind\":\"metric\",\"module\":\"ecsaudit\",\"dataset\":\"ecsaudit."
		     "ledger\""));
	json_add_text(
		d->arena, event, "action", lost ? SPAN("noticed-loss") : SPAN("reported-metrics"));
	json_add(root, "event", event);
	json_add_members(d->arena, own, members);
	json_add(root, "ecsaudit", own);
	document_add_tags(d, NULL, root);
	json_add_members(d->arena, root,
		in_our_stream(d, (struct span){d->members, (uint32_t)d->members_len}));
	d->hints.essential =
		in_our_stream(d, (struct span){d->essential, (uint32_t)d->essential_len});
	return root;
}
