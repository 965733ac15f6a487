/*
 * decode.h - the encodings that the kernel uses inside a record.
 *
 * Functions write into memory of the caller's arena and return spans over it. They fail with
 * a span whose `at` is NULL and leave the input untouched.
 */
#ifndef ECSAUDIT_DECODE_H
#define ECSAUDIT_DECODE_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "span.h"

/* audit_log_n_hex() (kernel/audit.c) writes upper case only; a lower-case digit or an odd
 * length means that the text is no hex. */
struct span decode_hex(struct arena *a, struct span text);

/* Up to and without the first NUL. */
struct span decode_until_nul(struct span bytes);

/* Each NUL becomes a space, in place: how argv and proctitle are shown. */
void decode_nul_to_space(struct span bytes);

/* Decimal with an optional sign, nothing else, within 64 bits. */
bool decode_int(struct span text, int64_t *value);
/* Digits only. */
bool decode_uint(struct span text, uint64_t *value);
/* Hexadecimal of either case, an optional sign, within 63 bits. */
bool decode_hex_number(struct span text, int64_t *value);
/* An argument that is an int, from its register in hexadecimal: only the low 32 bits count. */
bool decode_register_int(struct span text, int32_t *value);
bool decode_octal(struct span text, uint64_t *value);

/* Decimal digits of a number. */
struct span decode_print_uint(struct arena *a, uint64_t value);

/* A sockaddr as the kernel logs it: hex of struct sockaddr_storage (audit_log_n_hex of
 * context->sockaddr, kernel/auditsc.c). Members that the family lacks have `at` NULL. */
struct decoded_sockaddr {
	struct span family; /* "unix", "ipv4", "ipv6", "netlink", else the number */
	struct span addr;
	struct span port;
	struct span path;
	struct span flow;
	struct span saddr; /* families that are not taken apart: the hex itself */
	/* What tells more than addr and path do: an IPv6 address with its scope ("fe80::1%2"), the
	 * name of an abstract socket ("@name"), see sockaddr_text.h for other families; for one
	 * that is not known, or an address that is wrong, the hex itself. */
	struct span text;
};

/* The family is in the byte order of the machine that the record is of. NULL, or what is wrong
 * with it, a predicate ("is too short ..."): then *out has only `text`. */
const char *decode_sockaddr(
	struct arena *a, struct span hex, bool big_endian, struct decoded_sockaddr *out);

#endif
