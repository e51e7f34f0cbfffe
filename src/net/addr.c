#include "net/addr.h"

#include "base/str.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool parse_local(const char *text, struct addr *addr_r, struct error *err)
{
    if (strlen(text) >= sizeof addr_r->u.local.sun_path)
        return error_set(err, 0, "socket path '%s' is longer than the system's %zu bytes", text,
                         sizeof addr_r->u.local.sun_path - 1);
    *addr_r = (struct addr){ .len = (socklen_t)sizeof addr_r->u.local };
    addr_r->u.local.sun_family = AF_UNIX;
    memcpy(addr_r->u.local.sun_path, text, strlen(text) + 1);
    return true;
}

struct parts {
    char host[ADDR_HOST_MAX]; /* without brackets */
    const char *port;         /* borrows: from the text */
    uint16_t number;
    bool is_v6; /* was in brackets */
};

/* Only digits: no sign, no blank, and no leading zero, which could be read as octal. */
static bool read_port(const char *text, unsigned lowest, struct parts *parts, struct error *err)
{
    uint64_t number;
    if (!span_to_u64(span_cstr(parts->port), &number) || (parts->port[0] == '0' && parts->port[1] != '\0'))
        return error_set(err, 0, "address '%s': port '%s' is not a plain decimal number", text, parts->port);
    if (number < lowest || number > UINT16_MAX)
        return error_set(err, 0, "address '%s': port must be %u to 65535", text, lowest);
    parts->number = (uint16_t)number;
    return true;
}

/* "host:port" or "[host]:port". */
static bool split(const char *text, unsigned lowest_port, struct parts *parts, struct error *err)
{
    const char *colon = strrchr(text, ':');
    const char *from = text;
    const char *to = colon;
    *parts = (struct parts){ .is_v6 = *text == '[' };
    if (colon == NULL || colon[1] == '\0')
        return error_set(err, 0, "address '%s' has no port: expected host:port, [v6]:port or /path", text);
    parts->port = colon + 1;
    if (parts->is_v6) {
        from = text + 1;
        to = strchr(text, ']');
        if (to == NULL || to + 1 != colon)
            return error_set(err, 0, "address '%s': expected [v6]:port", text);
    } else if (memchr(text, ':', (size_t)(colon - text)) != NULL) {
        return error_set(err, 0, "address '%s': write IPv6 addresses in brackets, [v6]:port", text);
    }
    if (to == from)
        return error_set(err, 0, "address '%s' has no host", text);
    if ((size_t)(to - from) >= sizeof parts->host)
        return error_set(err, 0, "address '%s': the host is longer than %zu bytes", text,
                         sizeof parts->host - 1);
    memcpy(parts->host, from, (size_t)(to - from));
    return read_port(text, lowest_port, parts, err);
}

/* Reads what inet_pton accepts: four decimal numbers, or IPv6 without a zone. The system's resolver also
 * accepts 127.1, 0x7f.1 and octal 010.0.0.1, which are probably mistakes. */
static bool is_numeric(const struct parts *parts, struct addr *addr_r)
{
    struct addr addr = { .len = parts->is_v6 ? sizeof addr.u.v6 : sizeof addr.u.v4 };
    if (parts->is_v6) {
        addr.u.v6.sin6_family = AF_INET6;
        addr.u.v6.sin6_port = htons(parts->number);
    } else {
        addr.u.v4.sin_family = AF_INET;
        addr.u.v4.sin_port = htons(parts->number);
    }
    void *place = parts->is_v6 ? (void *)&addr.u.v6.sin6_addr : (void *)&addr.u.v4.sin_addr;
    if (inet_pton(parts->is_v6 ? AF_INET6 : AF_INET, parts->host, place) != 1)
        return false;
    *addr_r = addr;
    return true;
}

/* True, with *err: the host is neither a numeric address nor a possible host name. */
static bool is_no_host(const char *text, const struct parts *parts, struct error *err)
{
    const char *host = parts->host;
    struct in_addr loosely;
    if (parts->is_v6)
        return !error_set(err, 0, "address '%s': '%s' is not an IPv6 address", text, host);
    if (strcmp(host, "*") == 0)
        return !error_set(err, 0, "address '%s': '*' is an address to listen on, not to connect to", text);
    if (inet_aton(host, &loosely) != 0 || host[strspn(host, "0123456789.")] == '\0')
        return !error_set(err, 0, "address '%s': '%s' is not an IPv4 address of four decimal numbers", text,
                          host);
    return false;
}

static bool parse(const char *text, unsigned lowest_port, struct addr *addr_r, struct error *err)
{
    struct parts parts;
    if (*text == '/')
        return parse_local(text, addr_r, err);
    if (!split(text, lowest_port, &parts, err))
        return false;
    return is_numeric(&parts, addr_r) ||
           (!is_no_host(text, &parts, err) &&
            error_set(err, 0, "address '%s': '%s' is not an IP address", text, parts.host));
}

bool addr_parse(const char *text, struct addr *addr_r, struct error *err)
{
    return parse(text, 1, addr_r, err);
}

bool addr_parse_listen(const char *text, struct addr *addr_r, struct error *err)
{
    struct parts parts;
    if (strncmp(text, "*:", 2) != 0)
        return parse(text, 0, addr_r, err);
    if (!split(text, 0, &parts, err))
        return false;
    memcpy(parts.host, "0.0.0.0", sizeof "0.0.0.0");
    return is_numeric(&parts, addr_r);
}

bool addr_parse_host(const char *text, struct addr *addr_r, struct addr_host *host_r, struct error *err)
{
    struct parts parts;
    struct addr addr = { 0 };
    struct addr_host host = { 0 };
    if (*text == '/') {
        if (!parse_local(text, &addr, err))
            return false;
    } else if (!split(text, 1, &parts, err)) {
        return false;
    } else if (!is_numeric(&parts, &addr)) {
        if (is_no_host(text, &parts, err))
            return false;
        memcpy(host.name, parts.host, strlen(parts.host) + 1);
        host.port = parts.number;
    }
    *addr_r = addr;
    *host_r = host;
    return true;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    if (a->len == 0 || b->len == 0)
        return a->len == b->len;
    if (a->u.any.sa_family != b->u.any.sa_family)
        return false;
    if (a->u.any.sa_family == AF_INET)
        return a->u.v4.sin_port == b->u.v4.sin_port && a->u.v4.sin_addr.s_addr == b->u.v4.sin_addr.s_addr;
    if (a->u.any.sa_family == AF_INET6)
        return a->u.v6.sin6_port == b->u.v6.sin6_port && a->u.v6.sin6_scope_id == b->u.v6.sin6_scope_id &&
               memcmp(&a->u.v6.sin6_addr, &b->u.v6.sin6_addr, sizeof a->u.v6.sin6_addr) == 0;
    return a->len == b->len && memcmp(&a->u.local, &b->u.local, a->len) == 0;
}

static const char *format_host(const struct addr *addr, char *buffer)
{
    const void *bytes = addr->u.any.sa_family == AF_INET6 ? (const void *)&addr->u.v6.sin6_addr
                                                          : (const void *)&addr->u.v4.sin_addr;
    if (inet_ntop(addr->u.any.sa_family, bytes, buffer, INET6_ADDRSTRLEN) == NULL)
        memcpy(buffer, "?", 2);
    return buffer;
}

const char *addr_format(const struct addr *addr, char *buffer)
{
    char host[INET6_ADDRSTRLEN];
    if (addr->len == 0)
        return memcpy(buffer, "-", 2);
    if (addr_is_local(addr)) {
        size_t path = addr->len > offsetof(struct sockaddr_un, sun_path) ? strlen(addr->u.local.sun_path) : 0;
        (void)snprintf(buffer, ADDR_TEXT_MAX, "%s", path > 0 ? addr->u.local.sun_path : "unix");
        return buffer;
    }
    bool is_v6 = addr->u.any.sa_family == AF_INET6;
    unsigned port = ntohs(is_v6 ? addr->u.v6.sin6_port : addr->u.v4.sin_port);
    (void)snprintf(buffer, ADDR_TEXT_MAX, is_v6 ? "[%s]:%u" : "%s:%u", format_host(addr, host), port);
    return buffer;
}

const char *addr_format_host(const struct addr *addr, char *buffer)
{
    if (addr->len == 0 || addr_is_local(addr))
        return memcpy(buffer, ADDR_LOCAL_HOST, sizeof ADDR_LOCAL_HOST);
    return format_host(addr, buffer);
}
