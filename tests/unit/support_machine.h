/*
 * support_machine.h - a simulated machine: processes in nested pid namespaces, their system calls,
 * and the audit events of these, with what was really so.
 *
 * Time is nanoseconds since the boot. A call begins, takes effect, has its record written and ends;
 * others run meanwhile. A pid is taken as kernel/pid.c does, in a circle that begins again at 300,
 * and stays taken while a thread, a session or a group has it.
 *
 * A process has a number (`id`) that is never used again; 0 is none.
 */
#ifndef ECSAUDIT_SUPPORT_MACHINE_H
#define ECSAUDIT_SUPPORT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MACHINE_LEVELS = 4, /* of nested pid namespaces */
	MACHINE_LANES = 4,  /* threads of a process */
	MACHINE_SPACES = 48,
	MACHINE_PIDS = 2048,
	MACHINE_ITEMS = 8192,
};

#define MACHINE_BOOT_S INT64_C(1700000000) /* since 1970 */

/* Numbers of x86_64. */
enum machine_call {
	CALL_CONNECT = 42,
	CALL_CLONE = 56,
	CALL_FORK = 57,
	CALL_VFORK = 58,
	CALL_EXECVE = 59,
	CALL_EXIT = 60,
	CALL_SETPGID = 109,
	CALL_SETSID = 112,
	CALL_EXIT_GROUP = 231,
	CALL_OPENAT = 257,
	CALL_EXECVEAT = 322,
	CALL_CLONE3 = 435,
};

/* struct pid of the kernel: a number in each namespace from its own to the first. */
struct machine_pid {
	uint32_t uses; /* a thread, and each process that has it as its session or group */
	uint32_t owner, thread_of; /* processes; 0: it is no thread's */
	uint32_t serial;
	int64_t start_ns;
	uint8_t level;
	uint8_t space[MACHINE_LEVELS];
	uint16_t number[MACHINE_LEVELS];
};

enum machine_state {
	PROCESS_LIVES,
	PROCESS_ZOMBIE,
	PROCESS_GONE
};

struct machine_process {
	uint32_t id, parent, first_image, image, container, uid, entry;
	struct machine_pid *pid, *session, *group;  /* NULL: 0, as the kernel's threads have */
	struct machine_pid *threads[MACHINE_LANES]; /* [0] is `pid` */
	uint32_t older;				    /* the process that had this pid before */
	int64_t start_ns, end_ns;
	int64_t ended_ns;  /* its last call */
	uint32_t place;	   /* among those that live */
	uint32_t vfork_of; /* who waits for it */
	uint32_t vfork_item;
	uint8_t busy;  /* a bit for each thread that is in a call */
	uint8_t space; /* pid namespace of its children */
	uint8_t state; /* enum machine_state */
	int8_t tty;    /* number of a pts; -1: none */
	bool is_kernel, is_subreaper, has_executed, is_reaped_at_once;
	bool leader_ended; /* other threads live */
	bool is_ending;	   /* exit_group, or killed */
	bool is_executing; /* waits for its other threads */
	bool is_liar;	   /* traced: its forks return what the tracer likes */
	bool is_agent;
	uint32_t executing; /* the call of this thread */
};

/* What is said of a process at one moment, ids of processes. */
struct machine_truth {
	uint32_t session, group, container, image, entry;
};

struct machine_event {
	uint32_t number; /* 1, 2, ... */
	int64_t begin_ns, end_ns, deliver_ns;
	uint32_t process, parent, child;
	uint32_t pid, ppid, uid;
	struct machine_truth before, after;
	uint16_t call;
	int8_t tty;
	uint8_t lane;
	bool is_ok, has_no_result, is_unaudited;
	int64_t result; /* as the caller sees it */
	uint64_t a[4];
	uint32_t image; /* execve: the new one */
	uint32_t parent_image;
	int64_t realtime_ms;
};

struct machine_setup {
	uint64_t seed;
	uint32_t pid_max, live; /* about so many processes live */
	uint32_t step_ns;	/* the mean from one action to the next */
	uint32_t fork_ns;	/* the least that a new pid takes */
	uint32_t liars;		/* of 100 processes */
	bool is_plain;		/* one pid namespace, and no threads */
	bool has_threads_out;	/* clone() of a thread is not audited */
	bool is_v1;		/* cgroups */
	/* NULL, or asked for each event: is it recorded, would the rules take it? */
	bool (*is_audited)(const struct machine_event *e);
};

struct machine_image {
	uint32_t maker; /* process */
	uint8_t name;	/* of machine_names[] */
};

enum machine_happening {
	HAPPENS_STEP,
	HAPPENS_EFFECT,
	HAPPENS_RECORD,
	HAPPENS_END,
	HAPPENS_DEATH,
	HAPPENS_REAP
};

struct machine_item {
	int64_t at_ns;
	uint32_t order; /* of two of one time */
	uint32_t event; /* in `calls` */
	uint32_t process;
	uint8_t kind; /* enum machine_happening */
};

struct machine_space { /* a pid namespace */
	uint8_t parent, level;
	bool is_used, is_dead;
	uint32_t init, cursor, holders;
	struct machine_pid *numbers[MACHINE_PIDS];
};

struct machine {
	struct machine_setup setup;
	uint64_t seed;
	int64_t now_ns, realtime_offset_ns, suspended_ns;
	int64_t rules_ns; /* calls that began earlier have no record */
	struct machine_space spaces[MACHINE_SPACES];
	struct machine_process *processes; /* by id */
	uint32_t process_count, process_room;
	struct machine_image *images;
	uint32_t image_count, image_room;
	uint32_t containers, events, orders;
	uint32_t live_count, live[MACHINE_PIDS];
	uint32_t item_count;
	struct machine_item items[MACHINE_ITEMS];
	uint32_t calls_free;
	struct machine_event calls[MACHINE_ITEMS];
	uint32_t call_next[MACHINE_ITEMS];
	uint32_t pending_count; /* events on their way to the agent: a heap by deliver_ns */
	uint32_t pending_room;
	struct machine_event *pending;
	int64_t delivered_ns[MACHINE_PIDS]; /* of a pid: the last of its events */
	uint32_t last_owner[MACHINE_PIDS];  /* of a number of the first namespace */
};

extern struct machine machine;

#define MACHINE_NAMES 14
extern const char *const machine_names[MACHINE_NAMES]; /* paths */

void machine_start(const struct machine_setup *setup);
void machine_end(void);
void machine_run(int64_t until_ns);
/* The next event that has arrived. */
bool machine_next_event(struct machine_event *e);
/* Calls that begin from now on are audited. */
void machine_load_rules(void);

static inline struct machine_process *machine_process(uint32_t id)
{
	return &machine.processes[id];
}

/* Of a process at this moment. */
struct machine_truth machine_truth(const struct machine_process *p);
static inline uint32_t machine_number(const struct machine_process *p)
{
	return p->pid->number[0];
}
/* The process that had this pid and began in this tick of 10 ms; 0: none. */
/* What leads the entry of each process is judged by what is so now, as an agent does that starts.
 */
void machine_judge_entries(void);
uint32_t machine_find(uint32_t pid, int64_t start_ms);

int64_t machine_realtime_ns(int64_t at_ns);

/* The records of an event, a call for each; the last is EOE. */
void machine_records(const struct machine_event *e, void (*push)(uint16_t type, const char *text));
/* The 64 digits of a container; LXC: 0. */
void machine_container_bytes(uint32_t container, uint8_t id[32]);
bool machine_is_lxc(uint32_t container);

/* fake_proc.h's; `is_hidden`: hidepid=2, `is_root`: may read the executables of others. */
extern bool machine_proc_is_hidden, machine_proc_is_root;
/* Called before each read: others run meanwhile. */
extern void (*machine_on_read)(void);
void machine_mount_proc(void);

/* ---- for its parts ---- */

uint32_t machine_below(uint32_t limit);
bool machine_chance(uint32_t of_100);
/* NULL: no number is free, or the namespace has ended. */
struct machine_pid *pid_take(uint8_t space, uint32_t owner);
void pid_use(struct machine_pid *pid);
void pid_leave(struct machine_pid *pid);
/* Its number as a process in `space` sees it; 0: not at all. */
uint32_t pid_number(const struct machine_pid *pid, const struct machine_pid *viewer);
uint8_t space_make(uint8_t parent); /* 0: there is no more */
void pids_reset(void);

void schedule(uint8_t kind, int64_t at_ns, uint32_t process, uint32_t event);
uint32_t call_take(void);
void call_leave(uint32_t call);
/* A child of `p`, or a thread of it (`lane`); 0: not possible. */
uint32_t process_fork(struct machine_process *p, uint8_t space, bool to_parent);
int process_thread(struct machine_process *p);
void process_execute(struct machine_process *p, uint32_t image);
void process_leave_thread(struct machine_process *p, unsigned lane);
void process_wake_vfork(struct machine_process *p);
/* Its vforks wait no longer. */
void process_interrupt(struct machine_process *p);
void process_kill(struct machine_process *p);
void process_die(struct machine_process *p);
void process_reap(struct machine_process *p);
void process_set_session(struct machine_process *p);
/* Its entry leader, as Elastic's agents define it; asked for when it is made, at execve, at setsid.
 */
void process_judge_entry(struct machine_process *p);
uint32_t image_make(uint32_t maker, uint8_t name);
uint32_t process_helper(uint32_t parent, bool is_kernel);

/* machine_calls: what happens. */
void machine_act(void);
void call_effect(uint32_t call);
void call_record(uint32_t call);
void call_end(uint32_t call);

#endif
