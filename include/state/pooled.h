/* A connection that sessions share: struct upstream, and with it the state that sessions have left in the
 * connection and the data of the pool. */
#pragma once

#include "upstream/upstream.h"

/* The state that the last session has left in a connection that is parked without a reset: session/reuse. */
struct left_state {
    bool is_there;
    struct text said;   /* owns: the variables that the session has set: fingerprint.said */
    uint64_t hash;      /* hash of `said`: fingerprint.hash */
    uint64_t insert_id; /* LAST_INSERT_ID(), as far as it is known */
};

struct pooled {
    struct upstream upstream; /* first: both have one address */

    /* For sessions. */
    uint64_t vars_version; /* version of the session's variables (state/variables) that it has; 0: none */
    struct left_state left;
    bool is_id_told;     /* a client has asked for its connection_id: it is never parked */
    bool is_second_hand; /* another session had the connection before */
    bool has_told_gtid;  /* a commit was reported on it since its login or reset */
    bool is_touched;     /* it may have state that only a reset undoes: no session gets it without a reset */
    struct list statements; /* prepared on it (prepared/upstream_statements), if on_closed is set */
    void (*on_closed)(struct upstream *upstream); /* called when it is closed; or NULL */

    /* For the pool. */
    uint64_t proved_us;          /* when its last login began: see pool/login_age */
    uint64_t idle_us;            /* since when it is parked */
    struct list_node in_pool;    /* in list permits_holders.parked */
    struct permits *promised_to; /* borrows: counted in its `promised`; NULL: in none */
    bool is_unclean; /* it has its session's state: no session gets it before a reset or COM_CHANGE_USER */
    bool is_ahead;   /* counted in server->opening_ahead */
    uint8_t task;    /* of its running exchange: enum reset_task */
};

/* Connections that are opened with this env are struct pooled. */
void pooled_prepare(struct upstream_env *env);

/* `upstream` must have been opened with an env of pooled_prepare(). */
static inline struct pooled *pooled_of(struct upstream *upstream)
{
    return (struct pooled *)(void *)upstream;
}
static inline const struct pooled *pooled_look(const struct upstream *upstream)
{
    return (const struct pooled *)(const void *)upstream;
}

/* A login, COM_CHANGE_USER or reset of the connection begins. It undoes all state that only a reset
 * undoes. */
void pooled_note_beginning(struct upstream *upstream);
