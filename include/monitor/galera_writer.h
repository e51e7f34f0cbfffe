/* The next writer of a Galera cluster becomes the primary when it has applied all that the cluster had when
 * it was chosen, so that sessions find nothing missing there. Lives on the control thread, with a connection
 * of its own: a wait for a slow node does not delay the probes.
 *
 *      galera_decide chooses ──► galera_writer_follow ──► WSREP_WAIT_SQL ──► on_caught_up
 *                                        ▲                     │
 *                                        └── 200 ms later ◄────┘ error, or no answer within monitor.timeout */
#pragma once

#include "monitor/monitor_settings.h"
#include "upstream/upstream.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* A server that is to become the writer. */
struct galera_writer_choice {
    struct server *server;   /* borrows; NULL: none */
    const struct addr *addr; /* borrows: where the server is; the address may change */
    uint64_t moves;          /* counts changes of the address */
};

struct galera_writer {
    const char *cluster_name;                /* borrows */
    const struct monitor_settings *settings; /* borrows: account and timeout */
    const struct upstream_env *env;          /* borrows */
    struct galera_writer_choice choice;
    bool has_caught_up;
    struct upstream *upstream; /* owns; NULL while the server is not being asked */
    struct rows rows;          /* owns */
    struct loop_timer timer;   /* until the server is asked, and then until its answer is due */
    /* The choice has applied all that the cluster had. */
    void (*on_caught_up)(void *owner);
    void *owner; /* borrows */
};

void galera_writer_init(struct galera_writer *writer, const char *cluster_name,
                        const struct monitor_settings *settings, const struct upstream_env *env,
                        void (*on_caught_up)(void *owner), void *owner);
/* Gives up the choice. */
void galera_writer_stop(struct galera_writer *writer);

/* Is this server, at this address, the choice, and has it caught up? */
bool galera_writer_has_caught_up(const struct galera_writer *writer, const struct server *server,
                                 uint64_t moves);
/* Tells the present choice, which may have changed or be none. on_caught_up follows after the return. */
void galera_writer_follow(struct galera_writer *writer, const struct galera_writer_choice *choice);
