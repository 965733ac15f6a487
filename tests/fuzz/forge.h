/*
 * forge.h - the places in records where text from outside stands.
 *
 * Each template is what one writer sends, with one place, T, where somebody else chooses the
 * text. fuzz_forge.c puts text there and looks which leaves of the document change.
 */
#ifndef ECSAUDIT_FORGE_H
#define ECSAUDIT_FORGE_H

#include <stdint.h>

#define T "\1" /* the place */

/* What the writer makes of the text. */
enum forge_writing {
	AS_IT_IS,
	/* "text", or hex if there is a ", a blank, a control character or a byte above 0x7e:
	 * audit_log_untrustedstring() of kernel/audit.c and audit_encode_nv_string() of libaudit.
	 */
	QUOTED_OR_HEX,
	QUOTED_AND_KEPT, /* the same, but the hex stays in the document */
	HEX,
};

/* What the writer lets through. Nothing has a NUL. */
enum forge_bytes {
	ANY,
	LINE, /* no control character */
	WORD, /* neither control character nor blank */
	/* dev_valid_name(), net/core/dev.c: 15 bytes, no blank, '/' or ':'; not "." and ".." */
	INTERFACE,
	UNIT, /* VALID_CHARS of systemd's basic/unit-name.c */
	BUS,  /* names and paths of D-Bus */
};

/* Where the records stand. A program's message has an event of its own. Kernel records may have
 * one, or come before or behind the records of the system call that caused them. */
enum forge_event {
	ALONE,
	WITH_CALL,
	WHOLE, /* the template has all records of the event */
};

struct forge_record {
	uint16_t type;
	const char *text;
};

#define FORGE_RECORDS 6

struct forge_template {
	const char *writer;
	enum forge_writing writing;
	enum forge_bytes bytes;
	enum forge_event event;
	/* Leaves, or beginnings of leaves (x.*), separated by a blank, that may change beside those
	 * that are another for two harmless texts. NULL: none. */
	const char *may_change;
	struct forge_record records[FORGE_RECORDS]; /* ends with type 0 */
};

extern const struct forge_template forge_templates[];
extern const unsigned forge_template_count;

extern const char *const forge_attacks[]; /* texts for any place */
extern const unsigned forge_attack_count;

#endif
