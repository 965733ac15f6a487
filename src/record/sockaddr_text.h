/*
 * sockaddr_text.h - socket addresses that are neither IP nor a path, as one readable text.
 *
 * "vsock:2:1234", "packet:2:0800:02:00:00:00:00:01", "rfcomm:00:1A:7D:DA:71:13:1": the family as
 * audit-userspace calls it (Bluetooth's by protocol), then the members that say where. There is
 * no common notation for these; ausearch(8) takes apart few of them.
 */
#ifndef ECSAUDIT_SOCKADDR_TEXT_H
#define ECSAUDIT_SOCKADDR_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "span.h"

/* struct sockaddr_storage (linux/socket.h). */
#define SOCKADDR_BYTES_MAX 128u

/* `bytes` is a struct sockaddr of any family as the machine had it, which need not be whole. A
 * span whose `at` is NULL: nothing is known of the family, it is too short, or there is no room. */
struct span sockaddr_text(
	struct arena *a, const uint8_t *bytes, uint32_t len, unsigned family, bool big_endian);

#endif
