/* The PROXY protocol, versions 1 (text) and 2 (binary): the header by which a load balancer tells the address
 * of its client. Source: "The PROXY protocol, Versions 1 & 2", haproxy.org, doc/proxy-protocol.txt.
 *
 * Pure: bytes in, a struct out, and the reverse.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"
#include "net/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest header that is read. A header of version 1 has at most 107 bytes. Version 2 allows 64 KiB of
 * further fields (TLVs); the longest in use are names from client certificates. */
#define PROXY_HEADER_MAX 4096u

#define PROXY_TLS_VERSION_MAX 16

struct proxy_header {
    bool
        is_local; /* LOCAL or UNKNOWN: the connection is the load balancer's own, or its client is not known */
    struct addr from;     /* the client; empty with is_local */
    struct addr to;       /* where the client connected; empty with is_local */
    bool has_tls;         /* the client used TLS towards the load balancer, which says so by a TLV */
    bool has_certificate; /* the client showed a certificate that the load balancer has verified */
    char tls_version[PROXY_TLS_VERSION_MAX]; /* "TLSv1.3"; "" if not told */
};

enum proxy_verdict {
    PROXY_MORE, /* the bytes are the beginning of a header */
    PROXY_DONE, /* a whole header */
    PROXY_NONE, /* the bytes do not begin with a header */
    PROXY_BAD   /* a header that does not follow the protocol, or too long */
};

/* Reads the header at the start of `bytes`. PROXY_DONE: *header_r and *len_r, its length; the bytes after it
 * belong to the client. PROXY_BAD: *err says what is wrong. A checksum is verified if there is one. IPv6
 * addresses that stand for IPv4 addresses are given as these. */
enum proxy_verdict proxy_header_read(struct span bytes, struct proxy_header *header_r, size_t *len_r,
                                     struct error *err);

enum proxy_version { PROXY_OFF, PROXY_V1, PROXY_V2 };

#define PROXY_ADDRESS_BYTES 16

/* Both ends of a client's connection. Addresses are IPv6; an IPv4 address is ::ffff:192.0.2.7. */
struct proxy_ends {
    bool is_known; /* false: an end is no IP address, and everything else is zero */
    uint8_t from[PROXY_ADDRESS_BYTES], to[PROXY_ADDRESS_BYTES];
    uint16_t from_port, to_port; /* in network order */
};

struct proxy_ends proxy_ends_of(const struct addr *from, const struct addr *to);

/* Is the client on this machine: does it come from a loopback address, or a unix socket? */
bool proxy_ends_are_local(const struct proxy_ends *ends);

/* Appends a header of this version (not PROXY_OFF). `ends` NULL or not known: version 2 says LOCAL and version 1
 * UNKNOWN; the receiver then uses the address of the connection itself. */
void proxy_header_append(enum proxy_version version, const struct proxy_ends *ends, struct text *out);
