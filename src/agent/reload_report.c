#include "reload_report.h"

#include <string.h>
#include "error_text.h"
#include "text.h"
#include "config_read.h"

void reload_print(void *ctx, const char *line)
{
	struct reload *r = ctx;

	r->with.print(r->with.ctx, line);
}

/* r->line, to the user and to the collector. `names` is a list of options. */
static void send_report(struct reload *r, bool failed, struct span names)
{
	const struct report report = {
		.time_ms = report_now_ms(),
		.action = SPAN("reloaded-configuration"),
		.message = span_of(r->line),
		.failed = failed,
		.fact_count = names.len > 0,
		.facts = {{"options", names}},
	};

	reload_print(r, r->line);
	if (failed && r->with.failed)
		r->with.failed(r->with.ctx, r->line);
	agent_report(r->with.agent, &report);
	if (r->with.busy && !r->is_requested)
		r->with.busy(r->with.ctx, false);
	/* From the first of the large members to the end of the struct. */
	agent_give_back((char *)&r->identity, (char *)(r + 1));
}

void reload_report_kept(struct reload *r)
{
	struct text t;

	text_init(&t, r->line, sizeof(r->line));
	text_puts(&t, "configuration not reloaded, the old one stays: ");
	text_puts(&t, r->mistakes);
	send_report(r, true, SPAN_NONE);
}

void reload_add_mistake(struct reload *r, const char *mistake)
{
	const size_t used = strlen(r->mistakes);

	if (used > 0 && used + strlen(mistake) + 3 > sizeof(r->mistakes)) {
		reload_print(r, mistake);
		return;
	}
	text_format(
		r->mistakes + used, sizeof(r->mistakes) - used, "%s%s", used ? "; " : "", mistake);
}

bool reload_check(struct reload *r, bool good)
{
	if (!good)
		reload_add_mistake(r, r->e.text);
	return good;
}

/* "; WHAT: option, option" */
static void put_options(struct text *t, const char *what, uint64_t set)
{
	if (!set)
		return;
	text_puts(t, what);
	config_print_names(t, set);
}

void reload_report_done(struct reload *r, bool rules, int error)
{
	const struct rules_change_counts *c = &r->change.counts;
	struct span names;
	char counts[96];
	struct text t;

	text_init(&t, r->line, sizeof(r->line));
	text_puts(&t, "configuration reloaded; changed: ");
	names = (struct span){t.at + t.used, 0};
	config_print_names(&t, r->changed);
	names.len = (uint32_t)(t.at + t.used - names.at);
	/* No option changed, but a rule file may have. */
	if (names.len == 0 && rules && c->added + c->deleted + c->moved > 0)
		text_puts(&t, c->added + c->deleted > 0 ? "the rules" : "the order of the rules");
	else if (names.len == 0)
		text_puts(&t, "nothing");
	put_options(&t, "; only a restart changes: ", r->fixed);
	put_options(&t, "; locked until the next boot: ", r->locked);
	if (rules) {
		text_format(counts, sizeof(counts),
			"; rules: %u added, %u deleted, %u moved, %u refused", c->added, c->deleted,
			c->moved, c->refused);
		text_puts(&t, counts);
		if (r->with.rules->waiting.count > 0) {
			text_puts(&t, ", ");
			text_number(&t, r->with.rules->waiting.count);
			text_puts(&t, " waiting");
		}
	} else if (r->had_rules) {
		text_puts(&t, "; the rules that are loaded stay");
	}
	if (rules && r->rules_drifted)
		text_puts(&t, "; somebody else had changed them");
	if (error < 0) {
		text_puts(&t, "; the rules are not all as they should be: ");
		text_puts(&t, error_text(error));
	}
	send_report(r, error < 0 || (rules && c->refused > 0), names);
}

bool reload_set_error(struct reload *r, const char *what, int error)
{
	text_format(r->e.text, sizeof(r->e.text), "%s: %s", what, error_text(error));
	return false;
}
