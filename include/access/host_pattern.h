/* The host part of an account name, 'app'@'10.%': which clients it is for, and which of two patterns is the
 * more specific one, as servers decide both. Pure.
 *
 *   MariaDB   %, _ and \ as in LIKE; address/netmask ("10.0.0.0/255.0.0.0"). The fewer characters the
 *             wildcards can stand for, the more specific; an address, a netmask and a name are alike.
 *   MySQL     the same, and address/bits ("10.0.0.0/8"). First come addresses, then address/bits, then
 *             netmasks, each the longer one first; then names; then patterns, in the order of their first
 *             wildcard. '' is for every client, and comes last.
 *
 * Sources: MariaDB sql/sql_acl.cc, MySQL sql/auth/sql_auth_cache.cc, and tests/live/test_host_patterns.py.
 * A host name is never looked up: a pattern that is a name is for no client, other than `localhost`.
 */
#pragma once

#include "mysql/handshake.h"
#include "net/addr.h"

#include <stdbool.h>
#include <stdint.h>

#define HOST_PATTERN_MAX 255 /* bytes; MySQL and MariaDB since 10.6 take as many */

struct host_pattern {
    const char *text; /* borrows */
    uint64_t rank;    /* the greater, the more specific: see host_pattern_compare */
    uint32_t address; /* with has_mask: IPv4, host byte order */
    uint32_t mask;
    bool has_mask;
};

/* A client as a server would see it. */
struct host_client {
    const char *name; /* "localhost", or NULL: the name is not known */
    const char *ip;   /* borrows; NULL: the client has come by a unix socket */
    uint32_t ipv4;    /* host byte order */
    bool is_ipv4;
};

/* `text` is borrowed by the result. */
struct host_pattern host_pattern_read(const char *text, enum server_family family);

/* `host`: addr_format_host() of the client, borrowed; ADDR_LOCAL_HOST: it has come by a unix socket. `resolves`:
 * servers resolve names (skip_name_resolve is off), so that the loopback address is `localhost` as well. */
void host_client_read(struct host_client *client, const char *host, bool resolves);

bool host_pattern_matches(const struct host_pattern *pattern, const struct host_client *client);

/* Greater than 0: a server prefers `a` where both match; less than 0: `b`. Patterns of one family, which differ. MariaDB
 * takes the greater text where both are as specific. MySQL's choice between such patterns is not defined. */
int host_pattern_compare(const struct host_pattern *a, const struct host_pattern *b);

/* Is it a name that only a name server could match with a client, so that it matches none here? */
bool host_pattern_is_name(const struct host_pattern *pattern);
