/* A probe asks a server for its role, replication and sql_mode, over a connection of its own that is kept
 * between probes. One deadline covers the whole probe, because a stopped server still accepts connections.
 *
 * A connection leads to the machine that had the address when the connection was opened. So the connection is
 * replaced every three seconds, sooner if there is a doubt: a new connection may reach another machine. The
 * new connection is opened beside the old one, which is kept until that succeeds: a server without room for
 * new connections is still probed. */
#pragma once

#include "base/error.h"
#include "monitor/monitor_settings.h"
#include "monitor/outcome.h"
#include "monitor/server_process.h"
#include "monitor/topology.h"
#include "upstream/upstream.h"
#include "monitor/wsrep.h"
#include "mysql/track_defaults.h"
#include "net/resolve.h"

#include <stdbool.h>
#include <stdint.h>

struct probe_result {
    enum outcome outcome;
    char error[256];   /* why the probe did not pass */
    char refusal[256]; /* of a probe that passed: why the server refused a new login of the monitor, or "" */
    uint64_t asked_us, answered_us; /* monotonic; of the questions, not of the login */
    bool is_read_only;
    uint64_t max_connections; /* the server's own; 0: it did not say */
    uint32_t wait_timeout_s;  /* its shorter one of wait_timeout and interactive_timeout; 0: it did not say */
    bool has_init_connect;
    bool has_source;
    bool is_link_stopped; /* see struct topology_facts, also of the next three */
    bool is_applying;
    bool is_link_broken;    /* a link is to run, and does not: its source is down, or cannot be reached */
    uint32_t broken_source; /* the source's server id; 0: unknown */
    bool is_cut_off;        /* a link does not run, though its source or the primary is up */
    char link_error[101];   /* the server's error text about a link that is stopped or broken, cut; or "" */
    uint32_t server_id;
    char server_uuid[40]; /* "": the server has none (MariaDB), or did not say */
    uint32_t sources[TOPOLOGY_SOURCES_MAX];
    unsigned source_count;
    int64_t lag_ms;     /* -1: unknown */
    struct wsrep wsrep; /* zeros: not asked, or no Galera node */
    struct server_process process;
    bool ansi_quotes; /* of the server's global sql_mode */
    bool oracle;
    bool no_backslash_escapes;
    struct track_defaults tracked; /* the server's default for session tracking */
    enum server_family family;
    uint64_t caps; /* of its greeting */
    uint8_t collation;
    char version[64];
};

struct probe {
    struct server *server;                   /* borrows */
    const struct resolve_name *name;         /* borrows: the server's address */
    const struct monitor_settings *settings; /* borrows */
    const struct upstream_env *env;          /* borrows */
    struct upstream *upstream;               /* owns; NULL between a failure and the next probe */
    struct upstream *next;                   /* owns; replaces `upstream` when it is ready; or NULL */
    uint64_t next_us;                        /* monotonic; when a connection was last begun, or made */
    uint64_t renew_us;                       /* how long a connection is used; tests set their own value */
    bool is_doubted;
    char refusal[256]; /* why the last login beside `upstream` was refused; or "" */
    struct rows rows;
    struct loop_timer deadline;
    struct probe_result result;    /* being filled */
    unsigned step;                 /* which question is being asked */
    struct server_process process; /* the server's process at `upstream` */
    bool asks_process;             /* `process` has not been asked for yet */
    bool asks_wsrep;               /* set by the owner: the server may be a Galera node */
    bool is_running;
    /* Once per probe_run, possibly before it returns. */
    void (*on_done)(struct probe *probe, const struct probe_result *result);
    void *owner; /* borrows */
};

/* `name` has the server's address, or will have it when the name is resolved. */
void probe_init(struct probe *probe, struct server *server, const struct resolve_name *name,
                const struct monitor_settings *settings, const struct upstream_env *env,
                void (*on_done)(struct probe *, const struct probe_result *), void *owner);
/* Begins a probe, unless one is running. A probe waits for the first resolution of the name. */
void probe_run(struct probe *probe);
/* There is a doubt whether a new connection would reach the machine that is being probed: the connection is
 * replaced soon, at most once a second. */
void probe_doubt(struct probe *probe);
/* The monitor has another account or password: after the next probe it logs in again, over a second
 * connection. A refusal is reported as probe_result.refusal, and does not change the server's health. */
void probe_log_in_anew(struct probe *probe);
/* The name has been resolved, or could not be: a probe that waits for it continues, or has failed. */
void probe_go_on(struct probe *probe);
/* The server is another machine now. Ends a running probe without on_done, and closes the connections. */
void probe_drop(struct probe *probe);
void probe_fini(struct probe *probe);

/* The statement that asks a server for its replication sources; static text. */
const char *probe_replication_sql(const struct upstream *upstream);
