/* A list of networks, "10.0.0.0/8, 192.0.2.7, 2001:db8::/32", and the question whether an address is in one
 * of them. */
#pragma once

#include "base/error.h"
#include "net/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct network {
    int family;           /* AF_INET, AF_INET6; AF_UNIX: every client of a unix socket */
    unsigned prefix_bits; /* 0 to 32 or 128 */
    uint8_t bytes[16];    /* in network order; bits after the prefix are zero */
};

struct networks {
    struct network *list; /* owns; NULL when count is 0 */
    size_t count;
};

/* Reads the list. Entries are separated by commas or blanks: an address, an address with a prefix length,
 * "localhost" for clients of unix sockets, or "*" for all of them. Address bits after the prefix must be zero.
 * NULL is the empty list. False: *err names the entry, and *networks_r is empty. */
bool networks_parse(const char *text, struct networks *networks_r, struct error *err);
void networks_fini(struct networks *networks);

/* A check for a row of settings: networks_parse without its result. */
bool networks_check(const char *text, struct error *err);

/* Is the address in one of the networks? An IPv6 address that stands for an IPv4 address (::ffff:192.0.2.7) is
 * compared as that IPv4 address. An empty address is in none. */
bool networks_contain(const struct networks *networks, const struct addr *addr);
