/*
 * ip_address.h - reads an IPv4 or IPv6 address in its usual notation.
 *
 * As inet_pton(3) reads it: four decimal numbers without leading zeros; eight groups of hex, "::"
 * once for at least one of zeros, and the last two may be an address of IPv4. No zone, no blanks.
 */
#ifndef ECSAUDIT_IP_ADDRESS_H
#define ECSAUDIT_IP_ADDRESS_H

#include <stdint.h>
#include "span.h"

#define IP4_BYTES 4u
#define IP6_BYTES 16u

/* The number of bytes, which are in network order; 0: the text is no address, and `bytes` is
 * undefined. */
unsigned ip_address(struct span text, uint8_t bytes[IP6_BYTES]);

#endif
