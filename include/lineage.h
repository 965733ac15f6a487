/*
 * lineage.h - who started whom: a fixed table of processes.
 *
 * A process gets into the table when the program starts (lineage_scan()), or when an event is of it
 * and it is not there: from its records, and from /proc as far as that still has it. execve, fork,
 * exit_group, setsid and setpgid events change what is known of it. It says nothing where it does
 * not know: a pid is used again by other processes, and the records of some calls never come.
 *
 * Is a process the one that an event is of? An entry is used for an event if its life covers the
 * time of the event, and one of these proves that its pid was not used again meanwhile:
 *   - /proc/PID/stat, read after the event, has the start time that the entry has;
 *   - the number was given to it so recently that the kernel cannot have come back to it: they are
 *     given in a circle (kernel/pid.c, idr_alloc_cyclic()), LIMIT_PID_NS each at least;
 *   - all forks and ends are audited (lineage_audited()), its own birth among them, no record is
 *     lost, and the event's ppid and exe are the entry's. (Processes that are older than the
 *     kernel's auditing have no records: audit_alloc() of kernel/auditsc.c.)
 * If it may be the same, but nothing proves it, nothing is said of it. Of a log there is no /proc:
 * ppid and exe must be the entry's.
 *
 * What is claimed and what is true:
 *   - `pid=` and `ppid=` are the kernel's, numbers of the first pid namespace. What clone returns
 *     and setpgid's arguments are numbers of the caller's namespace; and whoever traces a process
 *     (ptrace(2), seccomp(2)) writes there what it likes. So what fork returns is a claim: it
 *     counts if /proc has a child of that number that began then, or from the first record with
 *     this pid and that parent on; both if the parent's numbers are ours (`is_ours`): /proc says
 *     so, or, if the parent is gone, it is taken to be in the namespace of its own parent. A claim
 *     ends no entry but one that /proc does not have any more. What CLONE_PARENT makes is no claim.
 *   - `exit` ends a thread; exit_group's record has neither success nor exit, unless the call
 *     was refused (seccomp(2)).
 *   - A process that a signal ended has no record: /proc decides, or a claim.
 *   - clone3's flags are behind a pointer (it may have made a thread), on s390x clone's are a1.
 *   - The time of a record is that of the call's begin, by a clock that is as coarse as a jiffy.
 *
 * When the table is full, claims leave first, then processes that have ended, those first that lead
 * nobody, then the least recently used living one that has no living child and leads nobody. The
 * two of each state that were used last stay.
 *
 * All times are milliseconds: of a live source since the boot (CLOCK_BOOTTIME), so that they do not
 * move with the clock; of a log since 1970. Nothing here allocates; /proc is read relative to a
 * descriptor that lineage_init() opened, a few files for an event.
 */
#ifndef ECSAUDIT_LINEAGE_H
#define ECSAUDIT_LINEAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "counters.h"
#include "event.h"
#include "limits.h"
#include "span.h"

enum lineage_state {
	LINEAGE_FREE,
	LINEAGE_CLAIMED, /* a process says that it made this one */
	LINEAGE_ENDED,
	LINEAGE_LIVES,
	LINEAGE_STATES
};

/* process.entry_leader.entry_meta.type: how its session came in. */
enum lineage_entry_type {
	ENTRY_NONE, /* pid 1, threads of the kernel; not known */
	ENTRY_INIT,
	ENTRY_SSHD,
	ENTRY_TERMINAL,
	ENTRY_CONSOLE,
	ENTRY_CONTAINER,
	ENTRY_UNKNOWN,
};

enum lineage_runtime {
	RUNTIME_NONE, /* in no container that we know, or it is not known */
	RUNTIME_DOCKER,
	RUNTIME_CONTAINERD,
	RUNTIME_CRIO,
	RUNTIME_PODMAN,
	RUNTIME_OTHER, /* an id of 64 digits, and no word of whose it is */
	RUNTIME_LXC,   /* `container` is its name, with zeros behind it, instead of an id */
};

/* What its name says, for entry_meta.type. */
#define NAME_IS_SSHD	 1u /* dropbear, too */
#define NAME_IS_LOGIN	 2u
#define NAME_IS_RUNTIME	 4u /* what starts containers */
#define NAME_IS_NO_ENTRY 8u /* what only prepares one */

#define LINEAGE_NEVER	    (INT64_MIN / 2) /* before all times */
#define LINEAGE_NO_TTY	    UINT32_MAX
#define LINEAGE_TTY_UNKNOWN 0u
#define LINEAGE_NO_UID	    UINT32_MAX

/* The name of an entry: its slot, and a number that changes with each use and comes round after
 * half a million of them. 0: none. */
typedef uint32_t lineage_ref;

struct lineage_process {
	lineage_ref ref;
	uint32_t pid, ppid;
	uint32_t sid, pgid;		    /* 0: not known */
	uint32_t host;			    /* of a log: a hash of the host's name; else 0 */
	lineage_ref parent, session, group; /* 0: not known */
	lineage_ref entry;		    /* the entry leader; may be itself */
	int64_t start_ms, end_ms;	    /* end_ms: INT64_MAX while it lives */
	int64_t sure_ms;		    /* from then on, or earlier, its pid was its own */
	int64_t session_ms, group_ms;	    /* since when its session, group and entry leader are */
	int64_t entry_ms;		    /* what they are; before it is not known */
	int64_t image_ms;		    /* since when its image is what it is */
	int64_t known_ms;		    /* /proc said then that it is itself */
	int64_t seen_ms;		    /* the last event that was surely its own */
	uint32_t losses, foreign, unproven; /* of the table, when it was last surely itself */
	uint32_t exe_hash;		    /* 0: not known */
	uint32_t uid;			    /* effective; LINEAGE_NO_UID */
	uint32_t tty;			    /* 12 bits major, 20 minor; LINEAGE_TTY_UNKNOWN: one of
					     * unknown number; LINEAGE_NO_TTY: none, or not known */
	uint32_t arg_count;		    /* all of them; 0: not known */
	uint16_t newer, older;		    /* in the list of its state, by use */
	uint16_t next;			    /* of the same bucket */
	uint16_t children;		    /* living ones */
	uint16_t followers; /* living ones in a session, group or entry that it leads */
	uint8_t state;	    /* enum lineage_state */
	uint8_t entry_type; /* enum lineage_entry_type */
	uint8_t runtime;    /* enum lineage_runtime */
	uint8_t name;	    /* NAME_IS_* */
	bool has_tty;	    /* `tty` is known, whether there is one or not */
	bool is_ours;	    /* the numbers that its calls return are those of the first namespace */
	bool has_birth;	    /* what it has of its parent is settled: its fork was seen */
	bool is_late;	    /* an earlier entry may be of it, too: of its birth nothing follows */
	bool has_threads;   /* or may have some */
	bool has_exited;    /* exit_group ended it */
	bool is_foreign;    /* it is in another pid namespace */
	bool is_measured;   /* start_ms is of /proc, else of a record */
	bool is_told;	    /* its parent's fork had a record, and the parent is still the same */
	bool has_forked;    /* a record of a fork of its own came: its forks are audited */
	uint8_t names_len, directory_len, id_len;
	uint16_t args_len;
	uint8_t container[32]; /* id, or name */
	char id[36];	       /* the end of its entity id, see lineage_id.h */
	char start[24];	       /* start_ms as a time stamp */
	/* As JSON, escaped once: "executable":"/bin/sh","name":"sh" without the first where it is
	 * not known; "working_directory":"/"; "args":["sh","-c"]. Arguments are whole: those from
	 * the first on that does not fit are left out, and arg_count is greater than what is there.
	 */
	char text[LIMIT_LINEAGE_TEXT_BYTES];
};

/* The process of an event and its relatives, NULL where not known. They are valid until the next
 * lineage_event(). `parent` is the process of the event's ppid. */
struct lineage_facts {
	const struct lineage_process *self, *parent, *session, *group, *entry;
};

struct lineage_setup {
	uint32_t capacity; /* at most LIMIT_PROCESSES; 0: nothing is followed */
	bool is_log;
	struct counters *counters;
	int64_t boot_s; /* when the machine booted, seconds since 1970, as an earlier agent
			 * of this boot saw it; 0: ask */
};

struct lineage {
	uint32_t capacity;
	bool is_log;
	bool is_audited;   /* lineage_audited() */
	int proc;	   /* descriptor of /proc; -1: there is none, or not of our pid namespace */
	int64_t offset_ms; /* from a record's time to ours */
	int64_t boot_s;
	int64_t reuse_ms;   /* a pid comes back no earlier than this after it was given */
	int64_t dropped_ms; /* events until then may be of processes that left the table alive,
			     * or be lost */
	uint32_t reads;	    /* of unknown processes, this turn */
	uint32_t losses;    /* how often records were lost */
	uint32_t foreign;  /* how often a process forked of which we cannot tell its children's pids
			    */
	uint32_t unproven; /* how often one of which it is not known whether we can */
	uint32_t number;   /* of the last entry that was made */
	uint32_t made;	   /* slots that were ever used */
	uint32_t prefix_len; /* of entity ids; of a log: of its last host */
	uint32_t coded_len;
	char prefix[LIMIT_ENTITY_PREFIX_BYTES];
	char coded[LIMIT_ENTITY_ID_BYTES]; /* the prefix in base64, as far as it is whole */
	struct counters *counters;
	uint16_t calls[10]; /* ids of system calls: lineage_calls.c */
	uint16_t first[LINEAGE_STATES], last[LINEAGE_STATES];  /* newest and oldest; 0: none */
	uint16_t buckets[LIMIT_PROCESS_BUCKETS];	       /* slot, 0: none */
	struct lineage_process processes[LIMIT_PROCESSES + 1]; /* slot 0 is not used */
};

/* Zeroed before. */
void lineage_init(struct lineage *l, const struct lineage_setup *setup) __attribute__((cold));

/* Harmless if it is closed. */
void lineage_close(struct lineage *l) __attribute__((cold));

/* Live: fill the table from /proc. It needs the privileges with which the program was started to
 * read the executables of others. */
void lineage_scan(struct lineage *l) __attribute__((cold));

/* Live: the privileges are dropped. If other users' processes are hidden now (hidepid, proc(5)),
 * /proc is not used any more. */
void lineage_check_proc(struct lineage *l) __attribute__((cold));

/* Live: once a turn, before its events. */
void lineage_turn(struct lineage *l);

/* Records are known to be lost, or the clock was set: what followed from records alone is in doubt.
 */
void lineage_lost(struct lineage *l);

/* Whether every fork, exec, end and setsid of the machine is audited from now on. */
void lineage_audited(struct lineage *l, bool all);

/* The event happened: change the table, and find the relatives of its process. `host` is the name
 * that a log's record is of; empty: none. */
void lineage_event(
	struct lineage *l, const struct event *e, struct span host, struct lineage_facts *facts);

/* The whole entity id, standard base64 of
 *   live:     NAMESPACE__BOOT__PID__START: inode of the pid namespace, boot id, seconds since 1970
 *   of a log: __HOST__PID__START
 * `to` has LIMIT_ENTITY_ID_BYTES. Returns the length. */
uint32_t lineage_entity_id(
	struct lineage *l, const struct lineage_process *p, struct span host, char *to);

/* The entry of a ref; NULL: it has left. */
const struct lineage_process *lineage_get(const struct lineage *l, lineage_ref ref);

static inline bool lineage_is_interactive(const struct lineage_process *p)
{
	return p->tty != LINEAGE_NO_TTY;
}

static inline struct span lineage_names(const struct lineage_process *p)
{
	return (struct span){p->text, p->names_len};
}

static inline struct span lineage_directory(const struct lineage_process *p)
{
	return (struct span){p->text + p->names_len, p->directory_len};
}

static inline struct span lineage_args(const struct lineage_process *p)
{
	return (struct span){p->text + p->names_len + p->directory_len, p->args_len};
}

#endif
