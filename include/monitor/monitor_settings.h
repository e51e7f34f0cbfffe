/* The settings of the monitor of a cluster: its account, and when a server is probed. And its connections. */
#pragma once

#include "settings/schema.h"

struct addr;
struct server;
struct upstream;
struct upstream_env;
struct upstream_owner_ops;

struct monitor_settings {
    char *user;           /* owns */
    char *password;       /* owns; clear text */
    uint64_t interval_us; /* between the starts of two probes of a server */
    uint64_t timeout_us;  /* a whole probe: connect, login, query */
    int64_t rise;         /* probes that must pass in a row before a server that was down is used */
    int64_t fall;         /* probes that must fail in a row before a server is down */
};

extern const struct section monitor_section;

/* Opens a connection to `server` at `addr` with the monitor's account, as upstream_open does. NULL: *err. */
struct upstream *monitor_open(const struct monitor_settings *settings, const struct upstream_env *env,
                              struct server *server, const struct addr *addr,
                              const struct upstream_owner_ops *ops, void *owner, struct error *err);
