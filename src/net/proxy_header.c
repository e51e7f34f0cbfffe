#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>

#define V1_MAX 107u /* bytes with CRLF, as the protocol says */
#define V1_BEGINS "PROXY "
#define V2_FIXED 16u /* bytes before the addresses */
#define V2_VERSION 0x20u

enum { V2_LOCAL = 0, V2_PROXY = 1 };
enum { V2_UNSPEC = 0x00, V2_TCP4 = 0x11, V2_TCP6 = 0x21, V2_UNIX = 0x31 };
enum { V2_TCP4_BYTES = 12, V2_TCP6_BYTES = 36, V2_UNIX_BYTES = 216 };
enum { TLV_CRC32C = 0x03, TLV_SSL = 0x20, TLV_SSL_VERSION = 0x21 };
enum { SSL_CLIENT_SSL = 0x01, SSL_CLIENT_CERTIFICATE = 0x06 };

static const uint8_t v2_begins[12] = {
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A
};

/* ---- addresses ---- */

static struct addr addr_v4(const void *bytes, uint16_t port)
{
    struct addr addr = { .len = sizeof addr.u.v4 };
    addr.u.v4.sin_family = AF_INET;
    addr.u.v4.sin_port = htons(port);
    memcpy(&addr.u.v4.sin_addr, bytes, sizeof addr.u.v4.sin_addr);
    return addr;
}

static struct addr addr_v6(const void *bytes, uint16_t port)
{
    struct addr addr = { .len = sizeof addr.u.v6 };
    addr.u.v6.sin6_family = AF_INET6;
    addr.u.v6.sin6_port = htons(port);
    memcpy(&addr.u.v6.sin6_addr, bytes, sizeof addr.u.v6.sin6_addr);
    if (IN6_IS_ADDR_V4MAPPED(&addr.u.v6.sin6_addr))
        return addr_v4(addr.u.v6.sin6_addr.s6_addr + 12, port);
    return addr;
}

static uint16_t load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

/* ---- version 1 ---- */

/* Cuts the next word off the line; words are separated by one blank. */
static struct span take_word(struct span *line)
{
    const uint8_t *blank = line->len > 0 ? memchr(line->data, ' ', line->len) : NULL;
    size_t len = blank != NULL ? (size_t)(blank - line->data) : line->len;
    struct span word = span_of(line->data, len);
    size_t used = blank != NULL ? len + 1 : len;
    *line = span_of(line->data + used, line->len - used);
    return word;
}

static bool read_port(struct span word, uint16_t *port_r)
{
    uint64_t number;
    bool is_padded = word.len > 1 && word.data[0] == '0';
    if (is_padded || !span_to_u64(word, &number) || number > UINT16_MAX)
        return false;
    *port_r = (uint16_t)number;
    return true;
}

static bool read_host(int family, struct span word, uint8_t bytes[16])
{
    char host[INET6_ADDRSTRLEN];
    return span_copy_cstr(word, host, sizeof host) && inet_pton(family, host, bytes) == 1;
}

/* "TCP4 192.0.2.7 192.0.2.1 56324 6033", "TCP6 …", or "UNKNOWN" and anything. */
static bool read_line(struct span line, struct proxy_header *header)
{
    struct span family = take_word(&line);
    bool is_v6 = span_is(family, "TCP6");
    uint8_t from[16], to[16];
    uint16_t from_port, to_port;
    if (span_is(family, "UNKNOWN")) {
        header->is_local = true;
        return true;
    }
    if ((!is_v6 && !span_is(family, "TCP4")) ||
        !read_host(is_v6 ? AF_INET6 : AF_INET, take_word(&line), from) ||
        !read_host(is_v6 ? AF_INET6 : AF_INET, take_word(&line), to) ||
        !read_port(take_word(&line), &from_port) || !read_port(take_word(&line), &to_port) || line.len > 0)
        return false;
    header->from = is_v6 ? addr_v6(from, from_port) : addr_v4(from, from_port);
    header->to = is_v6 ? addr_v6(to, to_port) : addr_v4(to, to_port);
    return true;
}

static enum proxy_verdict read_v1(struct span bytes, struct proxy_header *header, size_t *len_r,
                                  struct error *err)
{
    size_t begins = sizeof V1_BEGINS - 1, seen = size_min(bytes.len, V1_MAX);
    const uint8_t *end = memchr(bytes.data, '\n', seen);
    if (end == NULL && bytes.len < V1_MAX)
        return PROXY_MORE;
    size_t len = end != NULL ? (size_t)(end - bytes.data) + 1 : 0;
    if (len < begins + 2 || end[-1] != '\r') {
        (void)error_set(err, EPROTO,
                        "a PROXY header of version 1 without an end of line in its first %u bytes", V1_MAX);
        return PROXY_BAD;
    }
    if (!read_line(span_of(bytes.data + begins, len - begins - 2), header)) {
        (void)error_set(err, EPROTO,
                        "a PROXY header of version 1 that is neither TCP4, TCP6 nor UNKNOWN with "
                        "two addresses and two ports");
        return PROXY_BAD;
    }
    *len_r = len;
    return PROXY_DONE;
}

/* ---- version 2 ---- */

/* CRC-32C (RFC 3720) of the header, with zeroes where the checksum itself is. */
static uint32_t checksum(struct span header, const uint8_t *own)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < header.len; i++) {
        const uint8_t *at = header.data + i;
        crc ^= at >= own && at < own + 4 ? 0 : *at;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? UINT32_C(0x82F63B78) : 0);
    }
    return ~crc;
}

/* Takes the next TLV off `rest`. False: `rest` is too short for it. */
static bool take_tlv(struct span *rest, uint8_t *type_r, struct span *value_r)
{
    if (rest->len < 3)
        return false;
    size_t len = load_u16(rest->data + 1);
    if (len > rest->len - 3)
        return false;
    *type_r = rest->data[0];
    *value_r = span_of(rest->data + 3, len);
    *rest = span_of(rest->data + 3 + len, rest->len - 3 - len);
    return true;
}

static void keep_version(struct proxy_header *header, struct span value)
{
    size_t len = size_min(value.len, sizeof header->tls_version - 1);
    for (size_t i = 0; i < len; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~')
            return; /* no name of a version */
    memcpy(header->tls_version, value.data, len);
    header->tls_version[len] = '\0';
}

/* One byte of flags, four bytes that are 0 if the certificate was verified, then TLVs. */
static bool read_tls(struct proxy_header *header, struct span value)
{
    static const uint8_t verified[4] = { 0 };
    if (value.len < 5)
        return false;
    header->has_tls = (value.data[0] & SSL_CLIENT_SSL) != 0;
    header->has_certificate = header->has_tls && (value.data[0] & SSL_CLIENT_CERTIFICATE) != 0 &&
                              memcmp(value.data + 1, verified, sizeof verified) == 0;
    struct span rest = span_of(value.data + 5, value.len - 5), inner;
    uint8_t type;
    while (rest.len > 0) {
        if (!take_tlv(&rest, &type, &inner))
            return false;
        if (type == TLV_SSL_VERSION && header->has_tls)
            keep_version(header, inner);
    }
    return true;
}

static bool read_tlvs(struct proxy_header *header, struct span whole, struct span rest, struct error *err)
{
    uint8_t type;
    struct span value;
    while (rest.len > 0) {
        if (!take_tlv(&rest, &type, &value) || (type == TLV_CRC32C && value.len != 4) ||
            (type == TLV_SSL && !read_tls(header, value)))
            return error_set(err, EPROTO, "a PROXY header of version 2 with a field (TLV) that is cut off");
        uint32_t crc;
        if (type != TLV_CRC32C)
            continue;
        memcpy(&crc, value.data, sizeof crc);
        if (ntohl(crc) != checksum(whole, value.data))
            return error_set(err, EPROTO, "a PROXY header of version 2 with a wrong checksum");
    }
    return true;
}

/* The addresses. *used_r: their length. False: the family is none that a client of a database has, or the
 * header is too short for it. */
static bool read_addresses(uint8_t family, struct span block, struct proxy_header *header, size_t *used_r)
{
    const uint8_t *at = block.data;
    switch (family) {
    case V2_UNSPEC:
        header->is_local = true;
        *used_r = block.len; /* the protocol: ignore what follows */
        return true;
    case V2_TCP4:
        *used_r = V2_TCP4_BYTES;
        if (block.len < V2_TCP4_BYTES)
            return false;
        header->from = addr_v4(at, load_u16(at + 8));
        header->to = addr_v4(at + 4, load_u16(at + 10));
        return true;
    case V2_TCP6:
        *used_r = V2_TCP6_BYTES;
        if (block.len < V2_TCP6_BYTES)
            return false;
        header->from = addr_v6(at, load_u16(at + 32));
        header->to = addr_v6(at + 16, load_u16(at + 34));
        return true;
    case V2_UNIX: /* a program on the load balancer's machine: never "localhost" of this machine */
        header->is_local = true;
        *used_r = V2_UNIX_BYTES;
        return block.len >= V2_UNIX_BYTES;
    default:
        return false;
    }
}

static enum proxy_verdict read_v2(struct span bytes, struct proxy_header *header, size_t *len_r,
                                  struct error *err)
{
    if (bytes.len < V2_FIXED)
        return PROXY_MORE;
    unsigned command = bytes.data[12] & 0x0Fu;
    uint8_t family = bytes.data[13];
    size_t used = 0, len = V2_FIXED + load_u16(bytes.data + 14);
    if ((bytes.data[12] & 0xF0u) != V2_VERSION || command > V2_PROXY)
        (void)error_set(err, EPROTO,
                        "a PROXY header with version and command 0x%02x; known are 0x20 and 0x21",
                        bytes.data[12]);
    else if (len > PROXY_HEADER_MAX)
        (void)error_set(err, EPROTO, "a PROXY header of %zu bytes; at most %u are read", len,
                        PROXY_HEADER_MAX);
    else if (bytes.len < len)
        return PROXY_MORE;
    else if (!read_addresses(command == V2_LOCAL ? V2_UNSPEC : family,
                             span_of(bytes.data + V2_FIXED, len - V2_FIXED), header, &used))
        (void)error_set(err, EPROTO,
                        "a PROXY header of version 2 with family 0x%02x and %zu bytes of addresses", family,
                        len - V2_FIXED);
    else if (read_tlvs(header, span_of(bytes.data, len),
                       span_of(bytes.data + V2_FIXED + used, len - V2_FIXED - used), err)) {
        *len_r = len;
        return PROXY_DONE;
    }
    return PROXY_BAD;
}

/* ---- both ---- */

static bool begins(struct span bytes, const void *with, size_t len)
{
    return memcmp(bytes.data, with, size_min(bytes.len, len)) == 0;
}

enum proxy_verdict proxy_header_read(struct span bytes, struct proxy_header *header_r, size_t *len_r,
                                     struct error *err)
{
    size_t v1_len = sizeof V1_BEGINS - 1;
    *header_r = (struct proxy_header){ 0 };
    if (bytes.len == 0)
        return PROXY_MORE;
    if (begins(bytes, v2_begins, sizeof v2_begins))
        return read_v2(bytes, header_r, len_r, err);
    if (!begins(bytes, V1_BEGINS, v1_len))
        return PROXY_NONE;
    return bytes.len < v1_len ? PROXY_MORE : read_v1(bytes, header_r, len_r, err);
}

/* ---- writing ---- */

static const uint8_t v4_mapped[12] = { [10] = 0xFF, [11] = 0xFF };

static bool is_v4(const uint8_t bytes[PROXY_ADDRESS_BYTES])
{
    return memcmp(bytes, v4_mapped, sizeof v4_mapped) == 0;
}

/* False: no IP address. */
static bool store(const struct addr *addr, uint8_t bytes[PROXY_ADDRESS_BYTES], uint16_t *port)
{
    if (addr->len == 0)
        return false;
    if (addr->u.any.sa_family == AF_INET6) {
        memcpy(bytes, &addr->u.v6.sin6_addr, PROXY_ADDRESS_BYTES);
        *port = addr->u.v6.sin6_port;
    } else if (addr->u.any.sa_family == AF_INET) {
        memcpy(bytes, v4_mapped, sizeof v4_mapped);
        memcpy(bytes + sizeof v4_mapped, &addr->u.v4.sin_addr, sizeof addr->u.v4.sin_addr);
        *port = addr->u.v4.sin_port;
    } else {
        return false;
    }
    return true;
}

struct proxy_ends proxy_ends_of(const struct addr *from, const struct addr *to)
{
    struct proxy_ends ends = { .is_known = true };
    if (store(from, ends.from, &ends.from_port) && store(to, ends.to, &ends.to_port))
        return ends;
    return (struct proxy_ends){ 0 };
}

bool proxy_ends_are_local(const struct proxy_ends *ends)
{
    struct in6_addr from; /* a copy: the bytes in `ends` have no alignment */
    memcpy(&from, ends->from, sizeof from);
    return !ends->is_known || IN6_IS_ADDR_LOOPBACK(&from) ||
           (is_v4(ends->from) && ends->from[sizeof v4_mapped] == IN_LOOPBACKNET);
}

static void append_v1(const struct proxy_ends *ends, bool are_v4, struct text *out)
{
    char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
    int family = are_v4 ? AF_INET : AF_INET6;
    size_t skip = are_v4 ? sizeof v4_mapped : 0;
    (void)inet_ntop(family, ends->from + skip, from, sizeof from);
    (void)inet_ntop(family, ends->to + skip, to, sizeof to);
    (void)text_appendf(out, V1_BEGINS "%s %s %s %u %u\r\n", are_v4 ? "TCP4" : "TCP6", from, to,
                       ntohs(ends->from_port), ntohs(ends->to_port));
}

static void append_v2(const struct proxy_ends *ends, bool are_v4, struct text *out)
{
    size_t skip = are_v4 ? sizeof v4_mapped : 0;
    uint8_t len = ends == NULL ? 0 : are_v4 ? V2_TCP4_BYTES : V2_TCP6_BYTES;
    (void)text_append(out, v2_begins, sizeof v2_begins);
    (void)text_append_byte(out, V2_VERSION | (ends == NULL ? V2_LOCAL : V2_PROXY));
    (void)text_append_byte(out, ends == NULL ? V2_UNSPEC : are_v4 ? V2_TCP4 : V2_TCP6);
    (void)text_append_byte(out, 0);
    (void)text_append_byte(out, len);
    if (ends == NULL)
        return;
    (void)text_append(out, ends->from + skip, PROXY_ADDRESS_BYTES - skip);
    (void)text_append(out, ends->to + skip, PROXY_ADDRESS_BYTES - skip);
    (void)text_append(out, &ends->from_port, sizeof ends->from_port);
    (void)text_append(out, &ends->to_port, sizeof ends->to_port);
}

void proxy_header_append(enum proxy_version version, const struct proxy_ends *ends, struct text *out)
{
    const struct proxy_ends *known = ends != NULL && ends->is_known ? ends : NULL;
    bool are_v4 = known != NULL && is_v4(known->from) && is_v4(known->to);
    if (version == PROXY_V2)
        append_v2(known, are_v4, out);
    else if (known == NULL)
        (void)text_append_cstr(out, V1_BEGINS "UNKNOWN\r\n");
    else
        append_v1(known, are_v4, out);
}
