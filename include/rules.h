/*
 * rules.h - the language of audit rules: compiles one line into what the kernel takes.
 *
 * The language is auditctl's (auditctl(8), audit.rules(7)): rules -a -A -d with -S -F -C -k -p,
 * watches -w -W, and control lines. A rule becomes a struct audit_rule_data (linux/audit.h), byte
 * for byte what the kernel gives back after auditctl loaded the same rule: the 16 class bits at
 * the end of the mask are cleared, the flags hold the list alone, the strings are not padded.
 *
 * A line is refused where auditctl accepts something that cannot be meant: a number that does not
 * fit or has letters after it, a family by name, and what every kernel refuses (two paths,
 * uid=unset, < or > with names). `-F perm=` with an architecture keeps all system calls, as in
 * auditctl until 3.1: the kernel's own classes decide (kernel/auditsc.c, audit_match_perm()), and a
 * fixed list of calls would only narrow them.
 *
 * Nothing is allocated. Only the environment's functions read files.
 */
#ifndef ECSAUDIT_RULES_H
#define ECSAUDIT_RULES_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"
#include "span.h"

/* What a rule is compiled for. The functions get `arg`. */
struct rules_environment {
	/* As uname(2) names it ("x86_64", "armv7l"): decides what b64, b32 and the names of
	 * system calls without an architecture mean. */
	const char *machine;
	/* false: nobody has that name. NULL: names are refused. */
	bool (*find_user)(void *arg, const char *name, uint32_t *uid);
	bool (*find_group)(void *arg, const char *name, uint32_t *gid);
	/* Whether -w PATH watches a directory with all below it. NULL: never. */
	bool (*is_directory)(void *arg, const char *path);
	/* 0: the path exists. -errno: it does not, or we cannot tell. NULL: each exists. */
	int (*check_path)(void *arg, const char *path);
	void *arg;
};

enum rules_kind {
	RULES_NOTHING, /* a blank line or a comment */
	RULES_ADD,     /* -a, -A, -w: rules_line.rule */
	RULES_DELETE,  /* -d, -W: rules_line.rule */
	RULES_CONTROL, /* rules_line.control */
	RULES_MISTAKE, /* rules_line.mistake */
};

/* Which members of a struct rules_control a line sets. */
enum rules_control_set {
	RULES_DELETE_ALL = 1 << 0,	    /* -D [-k KEY] */
	RULES_ENABLED = 1 << 1,		    /* -e */
	RULES_FAILURE = 1 << 2,		    /* -f */
	RULES_RATE_LIMIT = 1 << 3,	    /* -r */
	RULES_BACKLOG_LIMIT = 1 << 4,	    /* -b */
	RULES_BACKLOG_WAIT_TIME = 1 << 5,   /* --backlog_wait_time */
	RULES_IGNORE = 1 << 6,		    /* -i: carry on after a mistake, succeed */
	RULES_CONTINUE = 1 << 7,	    /* -c: carry on after a mistake, fail at the end */
	RULES_TRIM = 1 << 8,		    /* -t */
	RULES_EQUIVALENT = 1 << 9,	    /* -q MOUNT,SUBTREE */
	RULES_READ_FILE = 1 << 10,	    /* -R FILE */
	RULES_LOGINUID_IMMUTABLE = 1 << 11, /* --loginuid-immutable */
	RULES_RESET_LOST = 1 << 12,	    /* --reset-lost */
	RULES_RESET_WAIT_TIME = 1 << 13,    /* --reset_backlog_wait_time_actual */
};

/* The strings are valid until the struct rules_line is used again. */
struct rules_control {
	unsigned set;		    /* enum rules_control_set */
	uint32_t enabled;	    /* 0, 1, 2: locked until the next boot */
	uint32_t failure;	    /* AUDIT_FAIL_* */
	uint32_t rate_limit;	    /* records a second, 0: none */
	uint32_t backlog_limit;	    /* records */
	uint32_t backlog_wait_time; /* jiffies */
	const char *key;	    /* of -D: only rules with this key; NULL: all */
	const char *mount;	    /* of -q */
	const char *subtree;	    /* of -q: makes part of what is watched on `mount` */
	const char *file;	    /* of -R */
};

/* struct audit_rule_data with room for its strings; the same bytes (asserted). */
struct rules_data {
	uint32_t flags;	 /* AUDIT_FILTER_* */
	uint32_t action; /* AUDIT_NEVER, AUDIT_ALWAYS */
	uint32_t field_count;
	uint32_t mask[AUDIT_BITMASK_SIZE]; /* a bit for each system call */
	uint32_t fields[AUDIT_MAX_FIELDS];
	uint32_t values[AUDIT_MAX_FIELDS];
	uint32_t fieldflags[AUDIT_MAX_FIELDS]; /* the operators */
	uint32_t buflen;
	char buf[LIMIT_RULE_BYTES - sizeof(struct audit_rule_data)];
};

/* A compiled line. Large: keep it static. One is enough. */
struct rules_line {
	enum rules_kind kind;
	bool prepend; /* -A: to the front of its list; AUDIT_FILTER_PREPEND when sending */
	struct rules_data rule;
	struct rules_control control;
	/* One line: what is wrong, and what would be right. */
	char mistake[LIMIT_RULE_MESSAGE_BYTES];
	/* The line is valid, but may not do what was meant; "" otherwise. */
	char warning[LIMIT_RULE_MESSAGE_BYTES];
	char words[LIMIT_RULE_LINE_BYTES + 1];
};

/* Bytes of a compiled rule: the struct and its strings. Call rules_explain_copy() first if the
 * kernel sent it: with a size_t of 32 bits a wrong length would wrap. */
static inline size_t rules_size(const struct rules_data *rule)
{
	return offsetof(struct rules_data, buf) + rule->buflen;
}

/* Compile one line, without its newline. Overwrites all of *out. */
enum rules_kind rules_compile(
	const struct rules_environment *env, struct span line, struct rules_line *out);

#endif
