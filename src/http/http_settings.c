#include "http/http_settings.h"

#include "net/addr.h"
#include "settings/address.h"

#include <arpa/inet.h>
#include <errno.h>

/* HTTP has no login, so the address must be reachable from this machine only. */
static bool check_near(const char *address, struct error *err)
{
    struct addr addr;
    if (!address_check_listen(address, err) || !addr_parse_listen(address, &addr, err))
        return false;
    bool is_near = addr_is_local(&addr) ||
                   (addr.u.any.sa_family == AF_INET && ntohl(addr.u.v4.sin_addr.s_addr) >> 24 == 127) ||
                   (addr.u.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&addr.u.v6.sin6_addr));
    return is_near || error_set(err, EINVAL,
                                "\"%.100s\": there is no login, so it must be a loopback address or a "
                                "socket's path",
                                address);
}

static const struct setting http_settings[] = {
    SETTING("address", STRING, struct http_settings, address, .check = check_near, .effect = EFFECT_RESTART,
            .example = "127.0.0.1:6070",
            .doc = "A loopback address, or the path of a unix socket. Without it there is no HTTP. There "
                   "is no login: to allow access from elsewhere, put a proxy with a login in front."),
    SETTING("hosts", STRING, struct http_settings, hosts, .effect = EFFECT_RESTART,
            .example = "headgate.example.org db-proxy",
            .doc = "Names, separated by blanks, that requests may use for this address besides localhost: "
                   "the name of a proxy in front that passes on the Host header, or of a service that "
                   "Prometheus scrapes. Requests for addresses, as probes of load balancers and "
                   "Kubernetes send them, are always answered. Requests for other names are refused "
                   "(421), because otherwise a foreign page in a browser could read the answers. On a "
                   "unix socket any name is accepted."),
};

const struct section http_section = {
    .name = "http",
    .doc = "For monitoring: /metrics (Prometheus), /health/ready, /health/live, and a status page at /.",
    .size_bytes = sizeof(struct http_settings),
    SECTION_ROWS(http_settings),
};
