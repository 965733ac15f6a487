#include "run.h"

#include <string.h>

#include "json_scan.h"
#include "metric.h"
#include "sys.h"
#include "text.h"

/* ---- the output -------------------------------------------------------------------------- */

struct collector {
	bool away;
	const char *state, *target; /* where messages go now */
	const char *error;	    /* "": none */
};

static struct collector look_at_output(const struct delivery *d)
{
	const struct output *primary = &d->outputs[DELIVERY_PRIMARY];
	const bool fallback = d->active == DELIVERY_FALLBACK;
	const bool away = d->told || fallback;

	return (struct collector){
		.away = away,
		.state = fallback ? "fallback"
			 : away	  ? "away"
				  : "well",
		.target = d->names[d->active],
		.error = away && primary->error ? strerror(primary->error) : "",
	};
}

bool run_is_away(const struct run *r)
{
	return look_at_output(&r->agent->delivery).away;
}

/* ---- what is not as it should be --------------------------------------------------------- */

static void put_trouble(struct text *t, const struct run *r, const struct collector *c)
{
	const struct rules_counts *n = &r->in_force;
	const struct live *l = &r->live;
	const struct {
		unsigned count;
		const char *words;
	} troubles[] = {
		{n->refused, "rules refused"},
		{n->missing, "rules missing"},
		{n->unwanted, "rules too many"},
		{n->disordered || r->guard.has_told, "the rules were changed"},
		{r->guard.enabled == 0, "auditing is switched off"},
		{!l->ac.multicast && l->last_pid != l->ac.pid,
			"the kernel sends the records to another process"},
	};

	if (c->away) {
		text_puts(t, r->agent->delivery.names[DELIVERY_PRIMARY]);
		text_puts(t, " takes nothing");
		text_puts(t, *c->error ? ": " : "");
		text_puts(t, c->error);
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
	const struct collector c = look_at_output(&r->agent->delivery);
	char line[512];
	struct text t, trouble;

	/* Between two events: nobody has a message in it. */
	text_init(&t, r->agent->message, LIMIT_STATUS_BYTES);
	text_init(&trouble, line, sizeof(line));
	put_trouble(&trouble, r, &c);
	text_puts(&t, "{");
	put(&t, "trouble", line);
	put(&t, "output", c.target);
	put(&t, "output_state", c.state);
	put(&t, "output_error", c.error);
	metric_number(&t, "rules_loaded", r->in_force.loaded);
	metric_number(&t, "rules_refused", r->in_force.refused);
	put(&t, "last_error", r->last_error);
	if (*r->last_error)
		metric_number(
			&t, "last_error_ago_ms", (uint64_t)(sys_monotonic_ms() - r->last_error_ms));
	put(&t, "version", ECSAUDIT_VERSION);
	metric_number(&t, "pid", (uint64_t)sys_getpid());
	if (r->agent->config.has_file)
		put(&t, "config",
			r->arguments.config_file ? r->arguments.config_file : CONFIG_DEFAULT_FILE);
	ledger_write(&r->ledger, &t);
	text_puts(&t, "}\n");
	return (struct span){t.at, (uint32_t)t.used};
}
