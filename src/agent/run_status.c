#include "run.h"

#include <string.h>

#include "json_scan.h"
#include "metric.h"
#include "sys.h"
#include "text.h"
#include "config_read.h"

static bool is_away(enum delivery_choice choice)
{
	return choice != CHOICE_WELL && choice != CHOICE_OWED;
}

bool run_is_away(const struct run *r)
{
	return is_away(r->agent->delivery.choice);
}

static void put_trouble(struct text *t, const struct run *r, const struct delivery_status *d)
{
	const struct rules_counts *n = &r->locked_rules;
	const struct audit_source *l = &r->source;
	const struct {
		unsigned count;
		const char *words;
	} troubles[] = {
		{rules_state(&r->rules).refused, "rules refused"},
		{n->missing, "rules missing"},
		{n->unwanted, "rules too many"},
		{n->disordered || r->guard.gave_up, "the rules were changed"},
		{r->guard.enabled == 0, "auditing is switched off"},
		{!l->ac.multicast && l->registered_pid != l->ac.pid,
			"the kernel sends the records to another process"},
	};

	if (is_away(d->choice)) {
		text_puts(t, r->agent->delivery.names[DELIVERY_PRIMARY]);
		text_puts(t, " takes nothing");
		text_puts(t, *d->error ? ": " : "");
		text_puts(t, d->error);
	}
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
		if (troubles[i].count == 0)
			continue;
		text_puts(t, t->used ? "; " : "");
		text_puts(t, troubles[i].words);
		if (i > 2)
			continue;
		text_puts(t, ": ");
		text_number(t, troubles[i].count);
	}
}

/* ---- all of it --------------------------------------------------------------------------- */

/* A path may have any bytes and be long, and a line may be cut within a character. */
static void put(struct text *t, const char *name, const char *value)
{
	const size_t len = strnlen(value, 512);
	struct json_error e;

	text_puts(t, t->used > 1 ? ",\"" : "\"");
	text_puts(t, name);
	text_puts(t, "\":");
	text_json(t, value, json_utf8(value, len, &e) ? len : e.at);
}

struct span run_status(void *context)
{
	struct run *r = context;
	const struct rules_state rules = rules_state(&r->rules);
	struct delivery_status d;
	char line[512];
	struct text t, trouble;

	/* Between two events the message buffer is free. */
	text_init(&t, r->agent->message, LIMIT_STATUS_BYTES);
	text_init(&trouble, line, sizeof(line));
	delivery_get_status(&r->agent->delivery, &d);
	put_trouble(&trouble, r, &d);
	text_puts(&t, "{");
	put(&t, "trouble", line);
	put(&t, "output", d.target);
	put(&t, "output_state", d.name);
	put(&t, "output_error", d.error);
	metric_number(&t, "rules_loaded", rules.loaded + r->locked_rules.equal);
	metric_number(&t, "rules_refused", rules.refused);
	metric_number(&t, "rules_waiting", rules.waiting);
	if (*r->rules.lineage_hidden)
		put(&t, "lineage_hidden", r->rules.lineage_hidden);
	put(&t, "last_error", r->last_error);
	if (*r->last_error)
		metric_number(
			&t, "last_error_ago_ms", (uint64_t)(sys_monotonic_ms() - r->last_error_ms));
	put(&t, "version", ECSAUDIT_VERSION);
	metric_number(&t, "pid", (uint64_t)sys_getpid());
	if (r->agent->config.has_file)
		put(&t, "config", r->request.file ? r->request.file : CONFIG_DEFAULT_FILE);
	ledger_write(&r->ledger, &t);
	text_puts(&t, "}\n");
	return (struct span){t.at, (uint32_t)t.used};
}
