/* What headgate knows of a connection that sessions share, beyond struct upstream: what sessions have left in
 * it, and what the pool does with it.
 */
#ifndef HEADGATE_STATE_POOLED_H
#define HEADGATE_STATE_POOLED_H

#include "cluster/upstream.h"

/* What its last session has left in a connection that is parked without a reset: see session/reuse. */
struct left_state {
    bool is_there;
    struct text said;   /* owns: the variables that the session has set … */
    uint64_t hash;      /* … and their hash */
    uint64_t insert_id; /* LAST_INSERT_ID(), as far as it is known */
};

struct pooled {
    struct upstream upstream; /* first: both have one address */

    /* Of sessions. */
    uint64_t vars_version; /* of the session's variables (state/variables) that it has; 0: of none */
    struct left_state left;
    bool is_id_told;     /* a client has asked for its connection_id: it is never parked */
    bool is_second_hand; /* another session had it before */
    bool has_told_gtid;  /* a commit was told there since its login or reset */
    bool is_touched;     /* it may have state that only a reset undoes: no session gets it without a reset */
    struct list statements; /* prepared there (prepared/upstream_statements), if on_closed is set */
    void (*on_closed)(struct upstream *upstream); /* told when it is closed; or NULL */

    /* Of the pool. */
    uint64_t proved_us;          /* when its last login began: see pool/login_age */
    uint64_t idle_us;            /* since when it is parked */
    struct list_node in_pool;    /* in list permits_holders.parked */
    struct permits *promised_to; /* borrows: counted in their `promised`; NULL: in none */
    bool is_unclean; /* it has its session's state: no session gets it before a reset or COM_CHANGE_USER */
    bool is_ahead;   /* counted in server->opening_ahead */
    uint8_t task;    /* what its running exchange is about: enum reset_task */
};

/* Connections with this env have that memory. */
void pooled_prepare(struct upstream_env *env);

/* The connection was opened with such an env. */
static inline struct pooled *pooled_of(struct upstream *upstream)
{
    return (struct pooled *)(void *)upstream;
}
static inline const struct pooled *pooled_look(const struct upstream *upstream)
{
    return (const struct pooled *)(const void *)upstream;
}

/* It begins to log in again, or to be reset: nothing that only a reset undoes will be there. */
void pooled_note_beginning(struct upstream *upstream);

#endif
