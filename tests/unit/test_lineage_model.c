/* link: support_lineage.o support_machine.o support_machine_pids.o support_machine_calls.o
 * support_machine_text.o support_core.o fake_proc.o fake_sys.o fake_files.o fake_sockets.o */
/*
 * The table of processes beside a simulated machine that knows what was really so. Whatever the
 * table says of an event's process and its relatives is right, or it says nothing.
 *
 * LINEAGE_EVENTS=n: so many events in all. LINEAGE_SEED=n: another machine. LINEAGE_MODE=name: this
 * mode alone. LINEAGE_SHOW=n: so many mistakes are printed; LINEAGE_FACT=name: of this fact alone.
 * LINEAGE_TRACE=pid: print its events.
 */
#include "lineage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "event.h"
#include "fake_proc.h"
#include "fake_sys.h"
#include "support_core.h"
#include "support_lineage.h"
#include "support_machine.h"

#define DEFAULT_EVENTS 200000u
#define NOBODY	       UINT32_MAX

enum fact {
	FACT_SELF,
	FACT_PARENT,
	FACT_SESSION,
	FACT_GROUP,
	FACT_ENTRY,
	FACT_CONTAINER,
	FACT_IMAGE,	   /* arguments of the process itself: it had them at some time */
	FACT_PARENT_IMAGE, /* and of its parent */
	FACTS
};

static const char *const fact_names[FACTS] = {
	"self", "parent", "session", "group", "entry", "container", "image", "parent's image"};

struct mode {
	const char *name;
	struct machine_setup machine;
	uint32_t capacity, events;
	bool is_audited;      /* all births, ends and sessions */
	bool is_hidden;	      /* hidepid */
	bool has_late_rules;  /* they are loaded after the scan */
	bool is_storm;	      /* pids come back too soon to tell their processes apart */
	uint32_t loss;	      /* of 100000 events, one begins a loss */
	uint32_t stall;	      /* of 1000 turns, so many come late */
	uint32_t clock_steps; /* of 100000 turns */
};

struct sum {
	uint64_t known, unknown, wrong, wrong_in_doubt;
};

static struct {
	const struct mode *mode;
	uint64_t seed;
	uint32_t events, lost;
	int64_t doubt_until_ns; /* events that began earlier may be wrong: records were lost */
	int64_t loss_known_ns;	/* when it will be known; 0: none is open */
	int64_t losing_until_ns;
	struct sum sums[FACTS];
	uint64_t early_containers, late_images, shown;
	int64_t first_doubt;
} run;

struct lineage table;
static struct counters counters;
static struct event event;
static struct reassembly joiner;
static struct record_workspace workspace;
static struct machine_event now;

/* Who each entry is of, as the machine knows it. */
static struct bound {
	lineage_ref ref;
	uint32_t process; /* NOBODY: a claim that is of nobody */
	int64_t start_ms;
	bool is_measured;
} bound[LIMIT_PROCESSES + 1];

/* ---- the agent ---- */

static void set_clocks(void)
{
	fake_sys_clocks(machine.now_ns - machine.suspended_ns, machine.now_ns,
		machine_realtime_ns(machine.now_ns));
}

static void on_read(void)
{
	machine_run(machine.now_ns + 2000 + machine_below(10000));
	set_clocks();
}

static uint32_t process_of_entry(const struct lineage_process *p)
{
	uint32_t found = p->is_measured ? machine_find(p->pid, p->start_ms) : 0;

	if (found)
		return found;
	if (p->pid == now.pid)
		return now.process;
	if (now.child && p->pid == machine_number(machine_process(now.child)))
		return now.child;
	return p->pid == now.ppid && now.parent ? now.parent : NOBODY;
}

/* A start that is measured later must be of the same process. */
static void bind_entries(void)
{
	for (uint32_t slot = 1; slot <= table.made; slot++) {
		const struct lineage_process *p = &table.processes[slot];
		struct bound *b = &bound[slot];

		if (p->state == LINEAGE_FREE)
			continue;
		if (b->ref == p->ref && b->start_ms == p->start_ms &&
			b->is_measured == p->is_measured)
			continue;
		if (b->ref == p->ref && b->process != NOBODY && p->is_measured &&
			machine_find(p->pid, p->start_ms) != b->process)
			b->process = NOBODY;
		else if (b->ref != p->ref || b->process == NOBODY)
			b->process = process_of_entry(p);
		b->ref = p->ref;
		b->start_ms = p->start_ms;
		b->is_measured = p->is_measured;
	}
}

static uint32_t bound_of(const struct lineage_process *p)
{
	return bound[p - table.processes].process;
}

/* ---- is it right? ---- */

static void show(enum fact fact, const struct lineage_process *got, const char *what)
{
	const struct lineage_process *p = got;
	const struct machine_process *is;

	const char *only = getenv("LINEAGE_FACT"), *most = getenv("LINEAGE_SHOW");

	if (run.shown >= 400 || (only && strcmp(only, fact_names[fact]) != 0))
		return;
	if (run.shown++ >= (most ? strtoul(most, NULL, 10) : 0))
		return;
	is = p && bound_of(p) != NOBODY ? machine_process(bound_of(p)) : NULL;
	print_message(
		"# %s: %s %s: event %u call %u at %lld..%lld us (now %lld) of process %u pid %u "
		"ppid %u(parent %u); before s=%u g=%u c=%u e=%u after s=%u g=%u c=%u e=%u "
		"exit=%lld child %u\n",
		run.mode->name, fact_names[fact], what, now.number, now.call,
		(long long)now.begin_ns / 1000, (long long)now.end_ns / 1000,
		(long long)machine.now_ns / 1000, now.process, now.pid, now.ppid, now.parent,
		now.before.session, now.before.group, now.before.container, now.before.entry,
		now.after.session, now.after.group, now.after.container, now.after.entry,
		(long long)now.result, now.child);
	if (p)
		print_message("#   entry: slot %u pid %u ppid %u sid %u pgid %u start %lld%s end "
			      "%lld state "
			      "%u; is process %d (start %lld end %lld us parent %u)\n",
			(unsigned)(p - table.processes), p->pid, p->ppid, p->sid, p->pgid,
			(long long)p->start_ms, p->is_measured ? "" : "?",
			p->end_ms == INT64_MAX ? -1LL : (long long)p->end_ms, p->state,
			(int)bound_of(p), is ? (long long)is->start_ns / 1000 : 0,
			is ? (long long)is->end_ns / 1000 : 0, is ? is->parent : 0);
}

static void judge(enum fact fact, bool is_known, bool is_right, const struct lineage_process *p)
{
	struct sum *sum = &run.sums[fact];

	if (!is_known) {
		sum->unknown++;
	} else if (is_right) {
		sum->known++;
	} else {
		sum->known++;
		if (now.begin_ns <= run.doubt_until_ns) {
			sum->wrong_in_doubt++;
		} else {
			sum->wrong++;
			show(fact, p, "wrong");
		}
	}
}

static void judge_process(
	enum fact fact, const struct lineage_process *p, uint32_t before, uint32_t after)
{
	const uint32_t is = p ? bound_of(p) : 0;

	if (!before && !after && !p)
		return; /* it has none */
	judge(fact, p, p && (is == before || is == after) && is != 0, p);
}

static bool is_container(const struct lineage_process *p, uint32_t container)
{
	uint8_t id[32];

	if (container == 0)
		return false;
	machine_container_bytes(container, id);
	return (p->runtime == RUNTIME_LXC) == machine_is_lxc(container) &&
	       memcmp(p->container, id, sizeof(id)) == 0;
}

static void judge_container(const struct lineage_process *p)
{
	if (p->runtime == RUNTIME_NONE) {
		run.sums[FACT_CONTAINER].unknown += now.after.container > 0;
		return;
	}
	/* It entered it after this event. */
	if (!now.after.container && is_container(p, machine_process(now.process)->container)) {
		run.early_containers++;
		return;
	}
	judge(FACT_CONTAINER, true,
		is_container(p, now.before.container) || is_container(p, now.after.container), p);
}

/* The number in its arguments; 0: none. */
static uint32_t image_of(const struct lineage_process *p)
{
	const struct span args = lineage_args(p);
	char text[LIMIT_LINEAGE_TEXT_BYTES + 1];
	const char *at;

	memcpy(text, args.at, args.len);
	text[args.len] = '\0';
	at = strstr(text, "\"-i\",\"");
	return at ? (uint32_t)strtoul(at + 6, NULL, 10) : 0;
}

/* Or had it from its parent when it began. */
static bool had_image(uint32_t process, uint32_t image)
{
	return image == machine_process(process)->first_image ||
	       machine.images[image].maker == process;
}

static void judge_images(const struct lineage_facts *facts)
{
	uint32_t image;

	if (facts->self) {
		image = image_of(facts->self);
		judge(FACT_IMAGE, image > 0, had_image(now.process, image), facts->self);
		run.late_images +=
			image > 0 && image != now.before.image && image != now.after.image;
	}
	if (facts->parent && bound_of(facts->parent) == now.parent) {
		image = image_of(facts->parent);
		judge(FACT_PARENT_IMAGE, image > 0, had_image(now.parent, image), facts->parent);
		run.late_images += image > 0 && image != now.parent_image;
	}
}

static void check_facts(const struct lineage_facts *facts)
{
	judge_process(FACT_SELF, facts->self, now.process, now.process);
	judge_process(FACT_PARENT, facts->parent, now.parent, now.parent);
	judge_process(FACT_SESSION, facts->session, now.before.session, now.after.session);
	judge_process(FACT_GROUP, facts->group, now.before.group, now.after.group);
	judge_process(FACT_ENTRY, facts->entry, now.before.entry, now.after.entry);
	if (facts->self)
		judge_container(facts->self);
	judge_images(facts);
}

/* ---- a run ---- */

static void on_event(void *context, const struct raw_event *raw)
{
	const char *trace = getenv("LINEAGE_TRACE");
	struct lineage_facts facts;

	(void)context;
	arena_reset(workspace.scratch);
	if (trace) {
		const uint32_t pid = (uint32_t)strtoul(trace, NULL, 10);
		const uint32_t child = now.child ? machine_number(machine_process(now.child)) : 0;

		if (now.pid == pid || child == pid || (uint32_t)now.result == pid)
			print_message("# event %u at %lld..%lld (now %lld): process %u pid %u ppid "
				      "%u call %u a0=%llx a1=%llx exit %lld%s child %u pid %u "
				      "session %u group %u container %u entry %u exe %s\n",
				now.number, (long long)now.begin_ns / 1000,
				(long long)now.end_ns / 1000, (long long)machine.now_ns / 1000,
				now.process, now.pid, now.ppid, now.call,
				(unsigned long long)now.a[0], (unsigned long long)now.a[1],
				(long long)now.result, now.has_no_result ? "-" : "", now.child,
				child, now.after.session, now.after.group, now.after.container,
				now.after.entry,
				machine_names[machine.images[now.after.image].name]);
	}
	event_join(&event, &joiner, raw, &workspace);
	if (run.mode->capacity <= 64)
		note_table();
	lineage_event(&table, &event, SPAN_NONE, &facts);
	if (run.mode->capacity <= 64)
		check_leaving();
	bind_entries();
	check_facts(&facts);
}

static void push(uint16_t type, const char *text)
{
	reassembly_push(&joiner, type, span_of(text), 0);
}

static bool is_lost(void)
{
	const struct mode *m = run.mode;

	if (m->loss && random_below(&run.seed, 100000) < m->loss) {
		run.losing_until_ns = machine.now_ns + random_below(&run.seed, 2000000);
		if (!run.loss_known_ns)
			run.loss_known_ns =
				machine.now_ns + 10000000 + random_below(&run.seed, 300000000);
	}
	return machine.now_ns < run.losing_until_ns && random_below(&run.seed, 100) < 60;
}

static void turn(void)
{
	uint32_t count = 0;

	set_clocks();
	lineage_turn(&table);
	if (run.loss_known_ns && machine.now_ns >= run.loss_known_ns &&
		machine.now_ns > run.losing_until_ns) {
		lineage_lost(&table);
		run.loss_known_ns = 0;
		run.doubt_until_ns = machine.now_ns;
	}
	while (count++ < 256 && machine_next_event(&now)) {
		if (is_lost()) {
			run.lost++;
			run.doubt_until_ns = INT64_MAX;
			continue;
		}
		machine_records(&now, push);
		run.events++;
		if (run.mode->capacity <= 64 || run.events % 256 == 0)
			check_table();
		machine_run(machine.now_ns + 5000);
	}
}

static void begin(const struct mode *mode)
{
	const struct lineage_setup setup = {.capacity = mode->capacity, .counters = &counters};

	memset(&table, 0, sizeof(table));
	memset(&counters, 0, sizeof(counters));
	memset(&bound, 0, sizeof(bound));
	run.mode = mode;
	run.seed = mode->machine.seed + 1;
	fake_sys_reset();
	machine_start(&mode->machine);
	machine_mount_proc();
	machine_on_read = NULL;
	machine_proc_is_hidden = false;
	machine_proc_is_root = true;
	machine_run(machine.now_ns + (int64_t)mode->machine.step_ns * 3000);
	set_clocks();
	machine_on_read = on_read;
	lineage_init(&table, &setup);
	if (!mode->has_late_rules)
		machine_load_rules();
	machine_judge_entries();
	lineage_scan(&table);
	now = (struct machine_event){.pid = 0};
	bind_entries();
	if (mode->has_late_rules) {
		machine_run(machine.now_ns + 30000000);
		machine_load_rules();
	}
	lineage_audited(&table, mode->is_audited);
	machine_proc_is_root = false;
	machine_proc_is_hidden = mode->is_hidden;
	lineage_check_proc(&table);
}

static void report(void)
{
	print_message(
		"# %s: %u events, %u lost, %u processes, %u containers; early containers %llu, "
		"arguments of another time %llu; evicted %llu reused %llu\n",
		run.mode->name, run.events, run.lost, machine.process_count, machine.containers,
		(unsigned long long)run.early_containers, (unsigned long long)run.late_images,
		(unsigned long long)counters.lineage_evicted,
		(unsigned long long)counters.lineage_reused);
	for (unsigned i = 0; i < FACTS; i++) {
		const struct sum *s = &run.sums[i];

		print_message("#   %-14s wrong %llu, in doubt %llu, known %llu, unknown %.2f %%\n",
			fact_names[i], (unsigned long long)s->wrong,
			(unsigned long long)s->wrong_in_doubt, (unsigned long long)s->known,
			100.0 * (double)s->unknown / (double)(s->known + s->unknown + 1));
	}
}

static void run_mode(const struct mode *mode, uint32_t events)
{
	memset(&run, 0, sizeof(run));
	begin(mode);
	while (run.events < events) {
		const bool is_late = random_below(&run.seed, 1000) < mode->stall;

		machine_run(machine.now_ns + 20000 +
			    random_below(&run.seed, is_late ? 300000000 : 2000000));
		turn();
	}
	check_table();
	report();
}

/* Rules that a user has, without those that make the table sure. */
static bool is_exec_or_other(const struct machine_event *e)
{
	return e->call == CALL_EXECVE || e->call == CALL_EXECVEAT || e->call == CALL_OPENAT ||
	       e->call == CALL_CONNECT;
}

/* Pids come back after half a second. */
#define MACHINE	     .pid_max = 2000, .live = 300, .step_ns = 60000, .fork_ns = 2000
#define MACHINE_SLOW .pid_max = 700, .live = 80, .step_ns = 1500000, .fork_ns = 2000
/* They come back after 5 to 20 ms: no clock can tell them. */
#define MACHINE_STORM .pid_max = 400, .live = 60, .step_ns = 40000, .fork_ns = 2000

static const struct mode modes[] = {
	{.name = "all", .machine = {MACHINE}, .capacity = 1024, .is_audited = true, .stall = 20},
	{.name = "late",
		.machine = {MACHINE, .is_v1 = true, .has_threads_out = true},
		.capacity = 1024,
		.is_audited = true,
		.stall = 20,
		.has_late_rules = true},
	{.name = "slow",
		.machine = {MACHINE_SLOW},
		.capacity = 1024,
		.is_audited = true,
		.stall = 5},
	{.name = "plain",
		.machine = {MACHINE, .is_plain = true},
		.capacity = 1024,
		.is_audited = true,
		.stall = 20},
	{.name = "small table",
		.machine = {MACHINE},
		.capacity = 64,
		.is_audited = true,
		.stall = 20},
	{.name = "hidepid",
		.machine = {MACHINE},
		.capacity = 1024,
		.is_audited = true,
		.is_hidden = true,
		.stall = 20},
	{.name = "liars",
		.machine = {MACHINE, .liars = 15},
		.capacity = 1024,
		.is_audited = true,
		.stall = 20},
	{.name = "not audited",
		.machine = {MACHINE, .is_audited = is_exec_or_other},
		.capacity = 1024,
		.stall = 20},
	{.name = "not audited, slow",
		.machine = {MACHINE_SLOW, .is_audited = is_exec_or_other},
		.capacity = 1024,
		.stall = 5},
	{.name = "not audited, hidepid",
		.machine = {MACHINE, .is_audited = is_exec_or_other},
		.capacity = 1024,
		.stall = 20,
		.is_hidden = true},
	{.name = "loss",
		.machine = {MACHINE},
		.capacity = 1024,
		.is_audited = true,
		.stall = 20,
		.loss = 20},
	{.name = "loss, slow",
		.machine = {MACHINE_SLOW},
		.capacity = 1024,
		.is_audited = true,
		.stall = 5,
		.loss = 20},
	{.name = "storm",
		.machine = {MACHINE_STORM},
		.capacity = 1024,
		.is_audited = true,
		.stall = 20,
		.is_storm = true},
	{.name = "storm, not audited",
		.machine = {MACHINE_STORM, .is_audited = is_exec_or_other},
		.capacity = 1024,
		.stall = 20,
		.is_storm = true},
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

/*
 * Of so many events, one may be wrong about this. Never about parent, session and container. Who it
 * is itself, and its arguments, where two processes of one number, parent and program began within
 * the ticks of the clocks. A group is that of later where /proc tells it: a shell sets it right
 * after the fork. And what leads an entry is a definition, which looks at the parent of now: both
 * are counted.
 */
static uint64_t one_of(enum fact fact)
{
	if (fact == FACT_GROUP || fact == FACT_ENTRY)
		return 0;
	if (run.mode->is_storm)
		return 100;
	return fact == FACT_SELF || fact == FACT_IMAGE ? 10000 : UINT64_MAX;
}

static void says_what_is_so(void **state)
{
	struct mode mode = modes[*(const size_t *)*state];

	mode.machine.seed = number_of("LINEAGE_SEED", 1);
	run_mode(&mode, (uint32_t)(number_of("LINEAGE_EVENTS", DEFAULT_EVENTS) / MODES));
	for (unsigned i = 0; i < FACTS; i++) {
		const uint64_t of = one_of((enum fact)i);

		if (of == 0)
			continue;
		assert_true(run.sums[i].wrong <= run.events / of);
		assert_true(run.sums[i].wrong_in_doubt <= run.events / 10000);
	}
}

static int end(void **state)
{
	(void)state;
	machine_on_read = NULL;
	machine_end();
	fake_sys_reset();
	return 0;
}

static void on_joined(void *context, const struct raw_event *raw)
{
	on_event(context, raw);
}

int main(void)
{
	static struct CMUnitTest tests[MODES];
	static size_t states[MODES];
	const char *only = getenv("LINEAGE_MODE");
	size_t count = 0;

	record_workspace_init(&workspace, scratch_arena());
	event_init(&event);
	reassembly_init(&joiner, 2, 1000000, &counters, on_joined, NULL);
	print_message("# LINEAGE_SEED=%llu\n", (unsigned long long)number_of("LINEAGE_SEED", 1));
	for (size_t i = 0; i < MODES; i++) {
		if (only && strcmp(only, modes[i].name) != 0)
			continue;
		states[count] = i;
		tests[count] = (struct CMUnitTest){
			modes[i].name, says_what_is_so, NULL, end, &states[count]};
		count++;
	}
	return _cmocka_run_group_tests("lineage_model", tests, count, NULL, NULL);
}
