/* The short dialogue that asks a server how it is: role, replication, sql_mode; over a connection of its own
 * that is kept between probes. A deadline covers the whole of it, because a stopped server still accepts
 * connections.
 *
 * A connection leads to the machine that was at the address when it was made, for as long as that lives. So
 * it is replaced by a new one every three seconds, sooner if there is a doubt: who connects now may meet
 * another machine. The new one is made beside the old one, which is kept as long as that does not succeed: a
 * server that has no room for new connections is asked all the same.
 */
#ifndef HEADGATE_CLUSTER_PROBE_H
#define HEADGATE_CLUSTER_PROBE_H

#include "base/error.h"
#include "cluster/cluster_settings.h"
#include "cluster/outcome.h"
#include "cluster/server_process.h"
#include "cluster/topology.h"
#include "cluster/upstream.h"
#include "cluster/wsrep.h"
#include "mysql/tracked.h"
#include "net/resolve.h"

#include <stdbool.h>
#include <stdint.h>

struct probe_result {
    enum outcome outcome;
    char error[160];   /* of all but a passed one: why */
    char refusal[160]; /* of a passed one: why the server did not let the monitor in anew, or "" */
    uint64_t asked_us, answered_us; /* monotonic; of the questions, not of the login */
    bool is_read_only;
    uint64_t max_connections; /* the server's own; 0: it did not say */
    uint32_t patience_s;      /* its shorter one of wait_timeout and interactive_timeout; 0: it did not say */
    bool has_init_connect;
    bool has_source;
    bool is_link_stopped; /* see struct topology_facts, also of the next three */
    bool is_applying;
    bool is_link_broken;    /* one is to run, and does not: its source is away, or cannot be reached */
    uint32_t broken_source; /* the server id at its other end; 0: unknown */
    bool is_cut_off;        /* a link does not run, though its source or the primary is up: cut_off.h */
    char link_error[101];   /* what the server says of a link that is stopped or broken, cut; or "" */
    uint32_t server_id;
    char server_uuid[40]; /* "": it has none (MariaDB), or did not say */
    uint32_t sources[TOPOLOGY_SOURCES_MAX];
    unsigned source_count;
    int64_t lag_ms;     /* -1: unknown */
    struct wsrep wsrep; /* zeros: it was not asked for, or is no Galera node */
    struct server_process process;
    bool ansi_quotes; /* of the server's global sql_mode */
    bool oracle;
    bool no_backslash_escapes;
    struct tracked tracked; /* what it tells clients by session tracking, by default */
    enum server_family family;
    uint64_t caps; /* of its greeting */
    uint8_t collation;
    char version[64];
};

struct probe {
    struct server *server;                   /* borrows */
    const struct resolve_name *name;         /* borrows: where it is */
    const struct monitor_settings *settings; /* borrows */
    const struct upstream_env *env;          /* borrows */
    struct upstream *upstream;               /* owns; NULL between a failure and the next probe */
    struct upstream *next;                   /* owns; to be used instead once it is ready; or NULL */
    uint64_t next_us;                        /* monotonic; when one was last begun, or made */
    uint64_t renew_us;                       /* a connection is used for so long; tests have their own */
    bool is_doubted;
    char refusal[160]; /* the last login beside `upstream` was refused: why; or "" */
    struct rows rows;
    struct loop_timer deadline;
    struct probe_result result;    /* being filled */
    unsigned step;                 /* which question is being asked */
    struct server_process process; /* at the other end of `upstream` */
    bool asks_process;             /* … has not been asked */
    bool asks_wsrep;               /* by the owner: it may be a Galera node */
    bool is_running;
    /* Once per probe_run, possibly before it returns. */
    void (*on_done)(struct probe *probe, const struct probe_result *result);
    void *owner; /* borrows */
};

/* `name` is where the server is, or may come to be known to be. */
void probe_init(struct probe *probe, struct server *server, const struct resolve_name *name,
                const struct monitor_settings *settings, const struct upstream_env *env,
                void (*on_done)(struct probe *, const struct probe_result *), void *owner);
/* Begin one probe, unless one is running. While the name's first answer is awaited, so is the address. */
void probe_run(struct probe *probe);
/* There is a doubt whether who connects now meets the machine that is being asked: it is asked over a new
 * connection soon, at most one a second. */
void probe_doubt(struct probe *probe);
/* The monitor has another account or password: the server is to let it in anew after the next probe, over a
 * connection beside the one that is kept. If it does not, that is told as probe_result.refusal, and says
 * nothing of the server's health. */
void probe_log_in_anew(struct probe *probe);
/* The name has been answered, or the question has failed: if that is what the probe that runs waits for, it
 * goes on, or has failed. */
void probe_go_on(struct probe *probe);
/* The server is another machine now. Ends the probe that runs, if any, without on_done, and the connection.
 */
void probe_drop(struct probe *probe);
void probe_fini(struct probe *probe);

/* The statement that asks a server whom it replicates from; static text. */
const char *probe_replication_sql(const struct upstream *upstream);

#endif
