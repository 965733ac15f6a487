/*
 * limits.h - every capacity of the program, each with the reason for its number.
 *
 * Nothing grows after start-up: a table that is full drops or evicts and counts it.
 * The file shares its name with the C library's <limits.h>; include it as
 * "limits.h" (the compiler gets -iquote include, never -I).
 */
#ifndef ECSAUDIT_LIMITS_H
#define ECSAUDIT_LIMITS_H

/* One record. The kernel's own bound is MAX_AUDIT_MESSAGE_LENGTH 8970 (linux/audit.h); the
 * rest leaves room for the "type=... msg=" of a log line and an enriched tail. */
#define LIMIT_RECORD_BYTES 12288u

/* Blanks and NULs that are taken off a record's end, or off what auditd appended: programs send a
 * NUL and a newline. */
#define LIMIT_TRIMMED_BYTES 16u

/* One event, all its records; a module load had 347. What exceeds this is dropped, counted, and the
 * document says that it is truncated. An execve may carry 2 MiB of arguments in some 280 records:
 * these leave room for what tells of its file. In hex they take twice LIMIT_EVENT_ARGS_BYTES, and
 * have names. */
#define LIMIT_EVENT_BYTES	 (160u * 1024u)
#define LIMIT_EVENT_EXECVE_BYTES (96u * 1024u)
#define LIMIT_EVENT_RECORDS	 360u
/* Bytes of an event's records that are read, EXECVE not counted: enough for the 340 PATH records of
 * a module load, or for a rename whose six PATHs and working directory have PATH_MAX bytes, in hex.
 */
#define LIMIT_EVENT_READ_BYTES (48u * 1024u)

/* An event costs two million instructions at most, from its records to its message. Writing the
 * largest datagram takes up to 0.9 million, when each byte is escaped; so much is left for the
 * rest. What its parts take is added up by these numbers, which are near what tests/cost measures;
 * what goes beyond is left out. Of a module load with 340 PATH records, in a log, 136 fill it.
 * Reading the lines of a log is counted too, as far as half of this. */
#define LIMIT_EVENT_WORK   1100000u
#define COST_LINE	   600u	   /* a record of a log, found and copied, */
#define COST_LINE_BYTE	   2u	   /* each byte of it, */
#define COST_APPENDED	   12u	   /* and each of what auditd appended to it: enriched.h */
#define COST_NAMES	   100000u /* these, once for an event that has some */
#define COST_BYTE	   9u	   /* of a record that is split */
#define COST_FIELD	   290u	   /* from the record into the document */
#define COST_NAME	   900u	   /* looked up, since it is not the one that is expected */
#define COST_REPEATED	   3500u   /* a record of auditd.repeated, beside its fields */
#define COST_ADDRESS	   1500u   /* a socket's, decoded */
#define COST_PIECE	   180u	   /* of an argument, */
#define COST_PIECE_BYTE	   3u
#define COST_ARGUMENT	   700u /* which is decoded and goes into the document, */
#define COST_ARGUMENT_BYTE 15u

/* Fields of one event: a SYSCALL has 27, a PATH 15, one EXECVE record up to ~1500 arguments
 * ("a0= " and four characters): 115 PATH records of the module load with 340. */
#define LIMIT_EVENT_FIELDS 1792u
/* Names and words of an event that are looked up, because they did not come in the order of earlier
 * records. A repeated name counts again. */
#define LIMIT_EVENT_NAMES 768u
/* Pieces of arguments, of which long ones have several. */
#define LIMIT_EVENT_PIECES 2048u
/* Unknown names in one bucket. LIMIT_EVENT_FIELDS of them in 256 buckets are 7 each; far more in
 * one are an attack on the time of a look-up. */
#define LIMIT_BUCKET_FIELDS 24u
/* Names compared because one of a document has a '-', which layout `integration` writes as '_': a
 * record with 30 fields takes 450. */
#define LIMIT_NAMES_COMPARED 16384u
/* PATH records of one event: a rename has 4 to 5, a module load that fills debugfs and sysfs
 * was recorded with 340. With the fields that they mostly have, LIMIT_EVENT_FIELDS take fewer. */
#define LIMIT_EVENT_PATHS 256u
/* Records of types that an earlier record of the event has, too (auditd.repeated): SELinux checks a
 * dozen permissions in a rename at most, a load of nftables' rules tells of each table. */
#define LIMIT_EVENT_REPEATED 128u
/* Permissions in an SELinux record: a class has 32 at most, of up to 24 characters. */
#define LIMIT_PERMISSIONS_BYTES 1024

/* Slots for the first field of the last record of each type, by the type's lowest bits: the
 * kernel's common types (1300 to 1363) get different slots. A power of two. */
#define LIMIT_FIRST_KEYS 64u
/* Types of records in one event; the kernel mixes up to eight. */
#define LIMIT_EVENT_TYPES 32u
/* Arguments of one execve that become process.args; the rest is counted in args_count only. */
#define LIMIT_EVENT_ARGS 1024u
/* Bytes of all of these. The rest is not decoded, and the document is marked as truncated. Decoding
 * and measuring all of a long argument costs more than everything else that is done for its event.
 * The default message, DEFAULT_DATAGRAM_BYTES, has room for half as much. */
#define LIMIT_EVENT_ARGS_BYTES (16u * 1024u)
/* Rule keys of one event: AUDIT_MAX_KEY_LEN is 256 bytes, several keys are joined by 0x01. */
#define LIMIT_EVENT_TAGS 32u
/* Fields of the subject that end in uid or gid (a SYSCALL record has nine), and its SELinux
 * label's parts (five). Room for records of user programs that bring their own. */
#define LIMIT_EVENT_IDS	    32u
#define LIMIT_EVENT_SELINUX 16u
/* event.category and event.type: a record type's and its system call's values together. */
#define LIMIT_ECS_VALUES 12u
/* If an event lacks PATH or PROCTITLE, the record was lost. If so many events in a row lack it, a
 * rule excludes the type (never,exclude). */
#define LIMIT_EVENTS_WITHOUT 32u
/* Warnings kept for one event; more would tell nothing new. */
#define LIMIT_EVENT_WARNINGS 16u

/* The audit rules that feed them: three lines of at most 150 bytes for each of two architectures.
 */
#define LIMIT_LINEAGE_RULES_BYTES 1024u
/* The user's rules that take calls from them, named in a line: two or three, with their calls. */
#define LIMIT_LINEAGE_HIDDEN_BYTES 512u
/* Of each of these rules: one with ten calls and three fields. */
#define LIMIT_LINEAGE_RULE_SHOWN 160u

/* What a log is read through: several of the longest lines, so that read(2) is called seldom. */
#define LIMIT_LOG_BUFFER_BYTES (128u * 1024u)

/* The names of record types that were met, in slots by a hash: the same dozen comes over and over.
 * A power of two. */
#define LIMIT_LOG_NAMES 64u
/* Reads of a recorded log between two looks at the signals; 8 MiB take some 0.1 s. */
#define LIMIT_READS_PER_TURN 64
/* How often a followed file is checked: soon enough for a person who watches, and four checks a
 * second are cheap. */
#define LIMIT_FOLLOW_MS 250

/* Events in the reassembly table. Auditbeat has 50 and splits events under load; with 512 none
 * was split in 90 000 events of a two-processor storm (a first record came 324 serials late). */
#define LIMIT_EVENTS_IN_FLIGHT	 4096u
#define DEFAULT_EVENTS_IN_FLIGHT 512u
/* How long an event without an end holds back all that come later. Its records are written by one
 * processor, one behind the other, and are milliseconds apart, or its process was interrupted; an
 * event that lacks its end for longer has none, or waits in its system call. */
#define LIMIT_EVENT_HOLD_MS 50
/* A turn of the loop takes milliseconds. If one comes so late, our process was stopped. */
#define LIMIT_EVENT_LATE_MS 500
/* The records of all pending events lie in blocks. An ordinary event takes 2 KiB, so 512 of
 * them fill the arena; pages that were never used cost no memory. */
#define LIMIT_ARENA_BYTES (1024u * 1024u)
#define ARENA_BLOCK_BYTES 256u

/* Decoded strings and the document tree of one event. A cJSON node is 64 bytes; an event has
 * ~100 of them, one with LIMIT_EVENT_FIELDS fields some 9000. */
#define LIMIT_SCRATCH_BYTES (1024u * 1024u)
/* How much used memory a region keeps. The rest is returned after a rare huge event (an execve with
 * 128 KiB of arguments), or a crowd of events that had to wait. Ordinary events use less. */
#define LIMIT_KEPT_BYTES (64u * 1024u)
/* One document as text, with its syslog header. Without a datagram budget (stdout) a document
 * holds the raw records and what was parsed from them; beyond this it is shortened. */
#define LIMIT_DOCUMENT_BYTES (1024u * 1024u)
/* The members that are the same in every document, the user's constant fields among them. The
 * longest labels are six times as long when they are all control characters. */
#define LIMIT_DOCUMENT_MEMBERS_BYTES 24576u
/* The constant members that stay even in the shortest document: data_stream, with a namespace of at
 * most the length that Elasticsearch allows; host.os.type; host.id, a UUID unless it is configured,
 * and host.name, each as long as Linux allows a name to be (__NEW_UTS_LEN, linux/utsname.h). */
#define LIMIT_DOCUMENT_ESSENTIAL_BYTES 512u
#define LIMIT_NAMESPACE_BYTES	       100u
#define LIMIT_ESSENTIAL_HOST_BYTES     64u
/* NAME_MAX of linux/limits.h: of a component that is longer there is no file. */
#define LIMIT_FILE_NAME_BYTES 255u
/* process.command_line: LIMIT_EVENT_ARGS_BYTES with a blank behind each of LIMIT_EVENT_ARGS. The
 * last of the arguments may go beyond that, by one piece of a record. */
#define LIMIT_COMMAND_LINE_BYTES (17u * 1024u)
/* /etc/os-release: 200 to 700 bytes with the distributions; a value: "Debian GNU/Linux". */
#define LIMIT_OS_RELEASE_BYTES 4096u
#define LIMIT_OS_FACT_BYTES    95u
/* Kept free of the scratch arena for the parts of a document that are few and short: some 300 nodes
 * of 64 bytes, 96 tags among them. The rest (arguments, data, paths, raw records) may fill up the
 * arena; who did it is told nevertheless. */
#define LIMIT_DOCUMENT_RESERVE_BYTES (32u * 1024u)
/* Depth of a document: auditd.paths[n].key is 4, a constant field of the user's a few more. */
#define LIMIT_DOCUMENT_DEPTH 32u

/* A datagram: RFC 5426 section 3.2, the largest UDP payload over IPv4; the default is what
 * rsyslog takes without being told (8 KiB: ecsaudit.json(5), COLLECTORS). The least one takes each
 * document behind the longest header, shortened as far as it goes. */
#define LIMIT_DATAGRAM_BYTES   65507u
#define DEFAULT_DATAGRAM_BYTES 8000u
#define MIN_DATAGRAM_BYTES     1400u

/* Messages that could not be sent yet. The memory is static: more is a disk's work. */
#define DEFAULT_SPOOL_BYTES (256u * 1024u)
#define LIMIT_SPOOL_BYTES   (4u * 1024u * 1024u)
/* The longest of them, and the longest that is sent out of the spool: a datagram, or what
 * stdout's buffer holds. */
#define LIMIT_MESSAGE_BYTES (64u * 1024u)
/* Messages that were sent and may have to be sent again. They have half of the spool, with the
 * largest 2 MiB: so many of 2 KB. */
#define LIMIT_IN_FLIGHT 1024u
/* Messages sent out of the spool before the loop looks at its other sources; 2 us each. */
#define LIMIT_SENDS_PER_TURN 256u
/* Nothing tells a UDP sender that the receiver's buffer is full. Its default is 208 KiB (net.core,
 * rmem_default), some 50 messages of 2 KB as the kernel counts them; so what has waited leaves in
 * bursts of fewer, 16 000 messages a second. */
#define LIMIT_UDP_BURST	   32u
#define LIMIT_UDP_PAUSE_MS 2
/* Reads in one turn of what a collector sends, which should be nothing: 4 KiB. */
#define LIMIT_UNREAD_READS 8
/* RFC 1035 section 3.1: 255 octets as labels with their lengths are 253 characters of text. */
#define LIMIT_HOST_NAME_BYTES 253u
/* Documents on their way to stdout, written in pieces of this size. */
#define LIMIT_STDOUT_BYTES (64u * 1024u)

/* Users and groups read from passwd and group; an appliance has a few dozen. A pool holds each
 * name (the longest that useradd accepts is 32 bytes) and each id as text. */
#define LIMIT_IDENTITIES	  2048u
#define LIMIT_IDENTITY_POOL_BYTES (LIMIT_IDENTITIES * 24u)
/* Slots of a hash: a power of two, and at least twice LIMIT_IDENTITIES, so that chains stay short.
 */
#define LIMIT_IDENTITY_SLOTS 4096u
/* Name, password and id stand at the start of a line; nothing behind them is needed, and a group's
 * members may take any length. A password hash has some 120 bytes. */
#define LIMIT_IDENTITY_LINE_BYTES 1024u
/* How often the files are checked: a new user has a name a second later. */
#define LIMIT_IDENTITY_CHECK_MS 1000u
/* Reading takes place between two records: 16 MiB of a group's members take some 20 ms. */
#define LIMIT_IDENTITY_FILE_BYTES (16u * 1024u * 1024u)

/* The text that auditd appends to a record with log_format = ENRICHED: some 25 names of users and
 * groups of up to 32 bytes, a system call's name, a socket address. A longer one is not used. */
#define LIMIT_ENRICHED_BYTES 4096u
/* One field of these: NAME="VALUE", a user's name of LOGIN_NAME_MAX (256, linux/limits.h) bytes. So
 * far from the end of a record its last '=' is looked for. */
#define LIMIT_ENRICHED_FIELD_BYTES 512u
/* Where no separator tells their border, they are looked for in the last bytes of a record: 25
 * fields of 40 bytes, and room for a long one. */
#define LIMIT_ENRICHED_LOOK_BYTES 2048u

/* Users and groups of one event: its subject has nine ids, a file two, a group seldom more. */
#define LIMIT_ENRICHED_NAMES 32u

/* Fields that auditd appends to a record: 11 to a system call, two to a path; the longest name has
 * 9 bytes. And of an event, fields of its records and appended ones that are looked at: a system
 * call and 30 paths. Further paths seldom have another owner. */
#define LIMIT_ENRICHED_ITEMS	   16u
#define LIMIT_ENRICHED_NAME_BYTES  16
#define LIMIT_ENRICHED_FIELDS	   512u
#define LIMIT_ENRICHED_EVENT_ITEMS 128u

/* A name of the table of architectures has at most 11. */
#define LIMIT_ARCHITECTURE_BYTES 32u

/* RFC 5424 section 6: the longest header fields. */
#define LIMIT_HOSTNAME_BYTES 255u
#define LIMIT_APP_NAME_BYTES 48u
#define LIMIT_MSGID_BYTES    32u

/* Addresses of a collector that are tried; servers of resolv.conf(5) (its MAXNS); a line of
 * /etc/hosts, a host with its aliases; and how much of that file is read between two records. Files
 * that block advertisements have 5 MB: a name behind the first 256 KiB is asked for by DNS. */
#define LIMIT_RESOLVED_ADDRESSES  8u
#define LIMIT_RESOLVER_SERVERS	  3u
#define LIMIT_RESOLVER_LINE_BYTES 512u
#define LIMIT_RESOLVER_FILE_BYTES (256u * 1024u)

/* How long to wait for an answer (RFC 1035 section 4.2.1: 2 to 5 s), and how often to ask each
 * server (resolv.conf(5): twice). Then a pause, which doubles each time from the shortest to the
 * longest: a network that comes up is noticed soon, and servers that are away get little traffic.
 */
#define LIMIT_RESOLVER_TRY_MS	2000u
#define LIMIT_RESOLVER_ROUNDS	2u
#define MIN_RESOLVER_PAUSE_MS	2000u
#define LIMIT_RESOLVER_PAUSE_MS 60000u
/* Datagrams read in a turn: two answers, and some that are no answer to us. */
#define LIMIT_RESOLVER_ANSWERS 16u
/* Before a question, so many old datagrams are read and thrown away. A socket's buffer
 * (net.core.rmem_default, 208 KiB) holds fewer, as the kernel counts at least 512 bytes for each.
 * If there are more, somebody floods the socket, and nothing is asked. */
#define LIMIT_RESOLVER_STALE 1024u
/* The shortest and the longest time for which an answer is used, whatever its time to live is. */
#define MIN_RESOLVER_FRESH_S   30u
#define LIMIT_RESOLVER_FRESH_S 3600u
/* How long an address may accept nothing before the next one of the name is tried: enough for three
 * attempts at one that refuses. */
#define LIMIT_RESOLVER_PATIENCE_MS 5000

/* The configuration file, its cJSON tree, and the strings kept from it. */
#define LIMIT_CONFIG_BYTES	(256u * 1024u)
#define LIMIT_CONFIG_TREE_BYTES (1024u * 1024u)
#define LIMIT_PATH_BYTES	4096u
#define LIMIT_TAGS		64u
#define LIMIT_RULE_FILES	64u
/* A set of options is 64 bits; no name, with its groups, is as long as this. */
#define LIMIT_OPTIONS		64u
#define LIMIT_OPTION_NAME_BYTES 64u
/* A longer value is cut in a message, so that a line of 80 has room for both. */
#define LIMIT_SHOWN_BYTES 48u
/* For a longer name no similar one is suggested: it bounds a row of the comparison. */
#define LIMIT_NEAREST_BYTES 48u
/* Names and tags of the configuration. Each is in every datagram, and Elasticsearch's ignore_above
 * drops much longer ones. */
#define LIMIT_LABEL_BYTES 255u
/* -o on one command line: more than there are options. */
#define LIMIT_SETTINGS 64u
/* All strings of the configuration, the rules' text among them (CIS has 10 KiB of rules). */
#define LIMIT_CONFIG_STRINGS_BYTES (128u * 1024u)
/* Constant fields: every document carries them whole or not at all, so they may take half of the
 * default datagram. Their nesting must fit into LIMIT_DOCUMENT_DEPTH with room to spare. */
#define LIMIT_FIELDS	       256u
#define LIMIT_FIELDS_DEPTH     16u
#define LIMIT_FIELD_NAME_BYTES 128u
#define LIMIT_FIELDS_BYTES     4096u

/* Longest wait for the kernel's answer to a request. It answers at once, unless it makes the caller
 * sleep for backlog_wait_time (kernel/audit.c, audit_receive()). */
#define LIMIT_NETLINK_WAIT_MS 5000
/* Receive buffer of a netlink socket: the default of 208 KiB holds some 90 records; a burst of
 * two processors makes 22 000 records a second, and the loop may be busy for 100 ms. The
 * kernel doubles the number for its own bookkeeping, and takes memory only for what waits. */
#define LIMIT_NETLINK_BUFFER_BYTES (4 * 1024 * 1024)
/* Datagrams read while one answer is awaited: a listing has one a rule, and 8192 rules are
 * ten times the largest rule set known; records may come between on the data socket. */
#define LIMIT_NETLINK_ANSWERS 65536u
/* How often an interrupted send is tried again; the signals that we handle are blocked. */
#define LIMIT_NETLINK_RETRIES 16u
/* Largest request: a rule, LIMIT_RULE_BYTES. */
#define LIMIT_NETLINK_REQUEST_BYTES 8952u
/* Datagrams read before the loop looks at its other sources. At 2 us a record, 256 take less
 * than a clock tick. */
#define LIMIT_RECORDS_PER_TURN 256u
/* A receive that fails for lack of memory is tried so often in a row. Then the socket is paused,
 * since poll() keeps reporting it as readable. The buffer above holds a burst for 150 ms. */
#define LIMIT_NETLINK_FAILURES 4u
#define LIMIT_NETLINK_PAUSE_MS 20
/* How often the kernel's audit status is checked while running. */
#define LIMIT_STATUS_CHECK_MS 15000
/* The longest backlog_wait_time. A process waits for each of its records, and our own requests wait
 * as long. A call with ten records waits ten times that: more than a second a record is an outage.
 */
#define LIMIT_BACKLOG_WAIT_MS 1000
/* While the spool fills and the output is slow, records stay in the kernel's queue. Then so many
 * are read at a time: as many as a burst sends (LIMIT_UDP_BURST). LIMIT_HOLD_MS is the longest
 * pause: the watchdog needs progress, and an output that accepts one message in that time does not
 * catch up. */
#define LIMIT_HELD_RECORDS 32u
#define LIMIT_HOLD_MS	   100
/* An exit must take less than 2 s. These are deadlines from its beginning, so waits do not add up:
 * reading what the kernel has; reading the rest after the registration ended; restoring the
 * kernel's settings, which may have to wait until its backlog shrinks; sending. The rest of the 2 s
 * is for the work itself, on a slow and busy machine. */
#define LIMIT_STOP_DRAIN_MS   400
#define LIMIT_STOP_READ_MS    700
#define LIMIT_STOP_RESTORE_MS 1200
#define LIMIT_STOP_MS	      1600
/* Pauses within: while the kernel moves its queue to the socket; after we unregistered, when
 * kauditd may be in the middle of sending (kernel/audit.c, kauditd_thread()) and goes on till its
 * queue is empty; while its backlog shrinks. */
#define LIMIT_STOP_DRAIN_PAUSE_MS   5
#define LIMIT_STOP_LAST_PAUSE_MS    20
#define LIMIT_STOP_RESTORE_PAUSE_MS 50
/* Records a second that the kernel may make when the user-space strategy works without
 * backlog_wait_time; Auditbeat's number. */
#define DEFAULT_USERSPACE_RATE_LIMIT 5000u

/* Serials that may still come: a power of two, since each has a bit. A late record was behind at
 * most three queues of backlog_limit records (kernel/audit.c: audit_queue, the retry and the hold
 * queue), 24 576 with 8192, and a serial has one record at least; 6 700 were seen after a
 * stalled reader. So a backlog_limit up to 21 845 fits. */
#define LIMIT_GAPS_WINDOW 65536u
/* How long a missing serial is waited for: one to two times this, or double the time that an event
 * may wait for its end, if that is more. Records that are late without a stall are late by
 * milliseconds; those that come later still are counted again, as late. */
#define LIMIT_GAPS_SETTLE_MS 5000
/* At most one metric document because of a loss in this time. A loss lasts for a while, and more
 * documents would add to the load that caused it. */
#define LIMIT_METRIC_PAUSE_MS 5000
/* All counters as JSON, each twice: room for 80 of them, with names of 32 and numbers of 20 bytes.
 */
#define LIMIT_METRIC_BYTES 10240u
/* The same, and texts of 2.5 KB about the agent, of which each byte may become six. */
#define LIMIT_STATUS_BYTES (LIMIT_METRIC_BYTES + 19456u)
/* How long `status` waits for the running agent, which answers within a turn of its loop. */
#define LIMIT_STATUS_WAIT_MS 2000
/* After a connection that could not be accepted (no descriptor was free): without a pause the
 * loop would do nothing but try. */
#define LIMIT_STATUS_PAUSE_MS 1000

/* The loop: two netlink sockets, signals, output, a metrics socket, a watchdog, and as many to
 * spare; timers for reassembly, status, metrics, output, identity, watchdog and some to spare. */
#define LIMIT_LOOP_SOURCES 16u
#define LIMIT_LOOP_TIMERS  16u

/* How long "ready" waits for a systemd whose queue is full: at boot it has much to do. */
#define LIMIT_NOTIFY_WAIT_MS 1000
/* The agent that has locked the pid file may remove it after we opened it. Then we open the next
 * one. This does not happen more than a few times in a row. */
#define LIMIT_PID_FILE_TRIES 5u
/* Feedings within a watchdog's timeout: one may come late. */
#define LIMIT_WATCHDOG_FEEDINGS 3
/* How often we try to stop a watchdog at the end, since it would reset the host. A short failure of
 * the driver passes; a lasting one must not delay the end. */
#define LIMIT_WATCHDOG_TRIES 3u

/* The filter of system calls: its table has some 70 entries of two or five instructions. */
#define LIMIT_SECCOMP_INSTRUCTIONS 512u
/* Descriptors that may be opened after start, beside those that poll() is asked about: a directory
 * of rules and a file in it, /proc/PID/comm, clients of the status socket; and some to spare. */
#define LIMIT_SPARE_DESCRIPTORS 16u

/* Rules. A line: a compiled rule has at most 8 KiB of strings, and naming all ~480 system calls
 * of an architecture takes 6 KiB; escapes may double what is short. */
#define LIMIT_RULE_LINE_BYTES 16384u
/* A compiled rule: MAX_AUDIT_MESSAGE_LENGTH 8970 (linux/audit.h) without the netlink header,
 * in whole 8 bytes. 1040 of them are struct audit_rule_data, the rest its strings. */
#define LIMIT_RULE_BYTES 8952u
/* One message about a line: two or three words of it are quoted, each cut at 80 bytes. */
#define LIMIT_RULE_MESSAGE_BYTES 512u
/* A rule printed: up to 2032 system calls as numbers (10 KiB), 64 fields with a number (2 KiB), and
 * LIMIT_RULE_BYTES of text that quotes at most double. */
#define LIMIT_RULE_TEXT_BYTES 32768u
/* A rule as JSON: its tree has a node of 64 bytes for each system call, and four for each field.
 * Its text has the rule, of which each byte may become six, its bytes in hex, and its parts once
 * more. */
#define LIMIT_RULE_TREE_BYTES (192u * 1024u)
#define LIMIT_RULE_JSON_BYTES (256u * 1024u)
/* One rule file; the longest known (STIG with all its comments) has 40 KiB. */
#define LIMIT_RULE_FILE_BYTES (256u * 1024u)
/* Rounds to delete all of the kernel's rules; each takes LIMIT_RULES_KEPT of them, and 32 are
 * enough for 50 000. */
#define LIMIT_RULE_PURGE_ROUNDS 32u
/* A list of rules in the kernel's form: the loaded ones, which are compared with the kernel's and
 * put back if somebody changes them. Room for some 1800 of 1.1 KiB; more cannot be watched. Pages
 * that were never used cost no memory. */
#define LIMIT_WATCH_BYTES (2u * 1024u * 1024u)
/* How many rules fit there: the smallest has 1040 bytes and its length. */
#define LIMIT_RULES_KEPT 2048u

/* Rules out of place that are deleted in one turn while others are put back; the kernel takes some
 * 25 ms for each (it waits for RCU). */
#define LIMIT_WATCH_DELETES 4u
/* At most one repair in this time, so that two agents cannot fight over the rules. */
#define LIMIT_GUARD_PAUSE_MS 5000
/* After a CONFIG_CHANGE the rules are checked at this interval, since more changes may follow,
 * until two checks find the same rules, but at most so often: auditctl deletes a hundred in 2.5 s.
 */
#define LIMIT_GUARD_SOON_MS 200
#define LIMIT_GUARD_LOOKS   15u
/* Questions in a row without an answer, before this is reported. */
#define LIMIT_GUARD_UNANSWERED 3u
/* Facts in a report of the agent: a report of restored rules has three. */
#define LIMIT_REPORT_FACTS 8u

/* Rules added in one turn of a reload, which a deletion ends; the kernel takes some 0.1 ms for
 * each. */
#define LIMIT_RELOAD_ADDS 8u
/* Turns in a row in which a reload waits because records keep coming: 64 turns read 16 384. */
#define LIMIT_RELOAD_YIELDS 64u
/* How long a reload waits for the guard, and for answers of the kernel, before it begins; and how
 * often it checks. */
#define LIMIT_RELOAD_WAIT_MS 60000
#define LIMIT_RELOAD_LOOK_MS 50
/* How long an end waits for the rest of the rules; it has to be over within 2 s. */
#define LIMIT_RELOAD_END_MS 500
/* Mistakes in the report of a reload; two of the longest have 512 bytes each. */
#define LIMIT_RELOAD_MISTAKES_BYTES 960u
/* How often a change of the rules is planned anew after it failed. */
#define LIMIT_RELOAD_TRIES 3u

/* Processes that are followed (lineage.h), 500 bytes each. A router runs 40 to 100, a server some
 * hundreds; those that end stay while there is room, since their children may outlive them. */
#define LIMIT_PROCESSES	      2048u
#define DEFAULT_PROCESSES     1024u
#define LIMIT_LINEAGE_LEAST   16u   /* the process of an event, its relatives, and some more */
#define LIMIT_PROCESS_BUCKETS 2048u /* a power of two */
/* Of a process: executable, name, working directory, arguments. With this an entry has 500 bytes,
 * and the default table takes less than 512 KiB. */
#define LIMIT_LINEAGE_TEXT_BYTES 236u
#define LIMIT_LINEAGE_NAMES_BYTES                                                                  \
	200u /* of it for executable and name; longer ones are left out                            \
	      */
#define LIMIT_LINEAGE_DIRECTORY_BYTES 100u
#define LIMIT_LINEAGE_USER_BYTES      64u /* of a user's name: useradd(8) allows 32 */
/* Before the pid in an entity id: a namespace's inode and the boot's UUID, or a log's host. */
#define LIMIT_ENTITY_PREFIX_BYTES (LIMIT_HOSTNAME_BYTES + 8u)
#define LIMIT_ENTITY_ID_BYTES	  ((LIMIT_ENTITY_PREFIX_BYTES + 36u) / 3u * 4u + 4u)
/* The clocks of records, of /proc and of the kernel are not one: a jiffy is 10 ms at most, and so
 * is a tick of /proc. */
#define LIMIT_LINEAGE_SLACK_MS 20
/* A clock that is corrected moves by less in a turn; one that is set, by more. */
#define LIMIT_LINEAGE_STEP_MS 100
/* A process that is older has its session and its program for good, mostly. */
#define LIMIT_LINEAGE_YOUNG_MS 1000
/* Arguments of a process that are kept; what they may take has room for fewer. */
#define LIMIT_LINEAGE_ARGS 64u
/* The kernel cannot give pids faster: each takes pidmap_lock (kernel/pid.c, alloc_pid()). */
#define LIMIT_PID_NS 1000
/* Processes that are unknown to the table and looked for in /proc in one turn: 20 us each. */
#define LIMIT_LINEAGE_READS 64u
/* /proc/PID/stat has 52 numbers and a name; status begins with names and ids; of a cgroup file the
 * lines of all hierarchies of version 1. */
#define LIMIT_PROC_FILE_BYTES 4096u
/* Entries looked at to find one that may leave. */
#define LIMIT_LINEAGE_STEPS 64u

#endif
