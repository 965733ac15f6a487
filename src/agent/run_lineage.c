#include "run.h"

#include "metric.h"

/* What the guard knows of the kernel's rules: they are ours, and nobody has changed them since. */
static bool has_our_rules(const struct guard *g)
{
	return !g->config_change_seen && !g->rules_due && !g->is_restoring && !g->gave_up &&
	       g->enabled != 0;
}

/* Every fork, exec, end and setsid has a record. */
static bool is_audited(const struct run *r)
{
	const struct rules_loader *l = &r->rules;

	return config_has_lineage_rules(&r->agent->config) && !r->source.ac.multicast &&
	       l->counts.lineage > 0 && l->refused == 0 && !*l->lineage_hidden &&
	       !(l->counts.locked && l->counts.missing > 0) && !r->reload.is_changing_rules &&
	       has_our_rules(&r->guard);
}

void run_lineage_turn(struct run *r)
{
	struct lineage *l = &r->agent->lineage;
	const uint64_t loss = metric_loss(&r->agent->counters);

	lineage_audited(l, is_audited(r));
	if (loss != r->lineage_loss)
		lineage_lost(l);
	r->lineage_loss = loss;
}
