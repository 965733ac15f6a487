/*
 * config.h - the values of all options: plain data that every room may read.
 *
 * config_read.h fills it. A struct config owns all its strings: they lie in `pool`, none points
 * into the file's text or the parser's tree. It is large; keep it static.
 */
#ifndef ECSAUDIT_CONFIG_H
#define ECSAUDIT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "limits.h"
#include "os_facts.h"

enum config_layout {
	LAYOUT_AUDITBEAT,
	LAYOUT_INTEGRATION
};
enum config_socket {
	SOCKET_AUTO,
	SOCKET_UNICAST,
	SOCKET_MULTICAST
};
enum config_failure {
	FAILURE_SILENT,
	FAILURE_LOG,
	FAILURE_PANIC
}; /* AUDIT_FAIL_*, audit.h */
enum config_backpressure {
	BACKPRESSURE_AUTO,
	BACKPRESSURE_USERSPACE,
	BACKPRESSURE_NONE,
};
enum config_format {
	FORMAT_RFC5424,
	FORMAT_RFC3164,
	FORMAT_JSON
};

enum config_framing {
	FRAMING_AUTO, /* octet with FORMAT_RFC5424, else newline */
	FRAMING_OCTET,
	FRAMING_NEWLINE
};
/* Which message is dropped when the spool is full; also names an end of its list, see spool.h. */
enum config_drop {
	DROP_OLDEST,
	DROP_NEWEST
};

/* A part of the text of the option `fields`. */
struct config_part {
	uint32_t at, len;
};

/* agent.* of documents; "" where not configured. */
struct config_agent {
	const char *id;
	const char *name; /* "": the host's name */
	const char *type; /* "ecsaudit" */
};

struct config {
	enum config_layout layout; /* layout: auditbeat */
	bool resolve_ids;	   /* true */
	bool include_raw_message;  /* false */
	bool include_warnings;	   /* false */
	bool include_message;	   /* false */
	const char *passwd_file;   /* /etc/passwd */
	const char *group_file;	   /* /etc/group */

	enum config_socket socket_type;			/* auto */
	bool immutable;					/* false */
	enum config_failure failure_mode;		/* silent */
	uint32_t backlog_limit;				/* 8192 records */
	uint32_t rate_limit;				/* 0 records/s: none */
	uint32_t backlog_wait_ms;			/* while the kernel's queue is full; 8 */
	enum config_backpressure backpressure_strategy; /* auto */
	const char *audit_rules; /* text, lines separated by \n; a JSON array of
				  * lines is accepted too. "" */
	const char *audit_rule_files[LIMIT_RULE_FILES]; /* paths or globs */
	unsigned audit_rule_file_count;
	bool ignore_errors; /* false */

	uint32_t max_in_flight; /* reassembler.max_in_flight: 512 events */
	uint32_t timeout_ms;	/* reassembler.timeout: 2s */

	uint32_t lineage_processes; /* lineage.processes: 1024; 0: none is followed */
	bool lineage_rules;	    /* lineage.rules: false; config_has_lineage_rules() */

	uint32_t watch_interval_ms; /* watch.interval: 60s; 0: the rules are not watched */
	bool watch_restore;	    /* true: changed rules are put back */

	const char *output;	     /* udp://HOST:PORT, tcp://HOST:PORT, unix://PATH, stdout, null;
				      * "": parse writes to stdout */
	const char *output_fallback; /* udp, tcp or unix; "": none */
	uint32_t fallback_after_ms;  /* output_fallback_after: 10s */
	enum config_format format;   /* rfc5424 */
	enum config_framing framing; /* auto; only of TCP */
	uint32_t max_datagram_bytes; /* 8000 */
	uint32_t spool_bytes;	     /* 262144 */
	const char *spool_file;	     /* "": memory */
	enum config_drop spool_drop; /* oldest */

	const char *user; /* to run as after start: NAME, UID, either with :GID; "": no change */
	bool seccomp;	  /* true: allow only the system calls that are needed after start */

	uint32_t metrics_interval_ms; /* metrics.interval: 60s; 0: only at a loss and at the end */
	const char *status_socket;    /* /run/ecsaudit.sock; "": none */

	const char *hostname;  /* host.name and syslog HOSTNAME; "": the kernel's */
	const char *host_id;   /* host.id; "": /etc/machine-id or state_file */
	const char *namespace; /* data_stream.namespace: default */
	struct config_agent agent;
	const char *state_file; /* keeps an id where there is no machine-id */
	const char *tags[LIMIT_TAGS];
	unsigned tag_count;
	const char *fields; /* constant fields, as JSON text of one object without its braces:
			     * `"labels":{"site":"x"}`; "" if none. Dotted names were nested. */
	/* Its members outside of `host`, those of `host` outside of `os`, and those of `os`. */
	struct config_part fields_root, fields_host, fields_os;
	unsigned fields_facts; /* those of host.os that `fields` sets: bits 1 << enum os_fact */

	const char *pid_file;	      /* "" */
	uint32_t ready_fd;	      /* 0: none */
	const char *watchdog_device;  /* "" */
	uint32_t watchdog_timeout_ms; /* 60s */

	bool has_file; /* config_read() has read a file into it */

	char pool[LIMIT_CONFIG_STRINGS_BYTES];
	size_t pool_used;
};

/* The rules that the table of processes needs are wanted: there is a table to feed. */
static inline bool config_has_lineage_rules(const struct config *c)
{
	return c->lineage_rules && c->lineage_processes > 0;
}

/* A message is one line without "ecsaudit: " and without a newline. */
struct config_error {
	char text[512];
	int number; /* errno, if config_read() could not open the file; 0 for all else */
};

#endif
