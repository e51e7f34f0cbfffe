/* The statements that are prepared on a connection, by whichever session: text, schema and variables of that
 * moment on one side, the server's id on the other.
 *
 *      COM_STMT_PREPARE of a client or of headgate ─► upstream_statements_add      a new id, always
 *      EXECUTE of one that is not known there ──────► upstream_statements_find     a known one, or a PREPARE
 * of headgate's a session leaves the connection ─────────────► upstream_statements_part     other sessions
 * may use its statements the last session with that text closes it                                   closed
 * on all connections
 *
 * As long as a session has the connection, a statement there belongs to one of the session's statements at
 * most: two statements of the same text have two ids, and so cursors and long data of their own. A connection
 * knows so many
 * (`prepared_max`); the one that was not used for longest is closed, but for those in use.
 */
#ifndef HEADGATE_PREPARED_UPSTREAM_STATEMENTS_H
#define HEADGATE_PREPARED_UPSTREAM_STATEMENTS_H

#include "prepared/client_statements.h"
#include "state/facets.h"
#include "state/fingerprint.h"
#include "state/job.h"
#include "state/slot.h"

struct known_statement {
    struct list_node in_connection; /* in list upstream.statements: longest unused first */
    struct list_node in_text;       /* in list shared_text.known */
    struct shared_text *text;       /* borrows; NULL: too long to be kept, never shared */
    struct upstream *upstream;      /* borrows */
    struct prepared
        *user; /* borrows: the statement that uses it while its session has the connection; or NULL */
    struct fingerprint state; /* owns: the variables when it was prepared */
    struct text schema;   /* owns: the schema when it was prepared; names in it mean what they meant there */
    struct text types;    /* owns: of its parameters, when it was executed first */
    bool has_run;         /* it was executed */
    bool has_mixed_types; /* … and then with other types */
    uint32_t id;          /* the server's */
};

/* Closes statements of the connection until it knows fewer than `max`: those not used for longest first; not
 * those with long data or a cursor, nor what `in_use` uses. */
void upstream_statements_make_room(struct upstream *upstream, enum route_place place,
                                   const struct prepared *in_use, size_t max);
/* The server of the connection in that slot knows `prepared` by this id, which it uses from now on; `vars`:
 * the session's. False when memory is out: then the connection must be closed. */
bool upstream_statements_add(const struct slot *slot, enum route_place place, const struct vars *vars,
                             struct prepared *prepared, uint32_t id);
/* What other sessions have left there of the same text is older than `prepared`: closed. */
void upstream_statements_replace(const struct prepared *prepared, enum route_place place);
/* True: the connection knows a statement that is unused and that the session would have prepared in the same
 * way; `prepared` uses it from now on. Only if it was executed with the same types so far: MySQL gives
 * parameters, and what is made of them, the types of the first execution (seen). */
bool upstream_statements_find(const struct slot *slot, enum route_place place, const struct facets *facets,
                              struct prepared *prepared);
/* It is about to be used; and executed, with these types. */
void upstream_statements_touch(struct known_statement *known);
void upstream_statements_note_run(struct known_statement *known, struct span types);
/* A command has ended: if it was one on a prepared statement, is its cursor open? True: this command has
 * opened it. */
bool upstream_statements_note_cursor(const struct job *job, const struct upstream *upstream);

/* The session is about to leave the connection at that place: it uses no statement there any more. */
void upstream_statements_part(struct upstream *upstream, enum route_place place);
/* `prepared` is about to be removed: it uses no statement on the session's connections any more. */
void upstream_statements_leave(const struct slot slots[SLOT_COUNT], struct prepared *prepared);
/* Closed at the server, all of them. */
void upstream_statements_close_all(struct upstream *upstream);
/* A reset of the connection has made the server forget all of them. */
void upstream_statements_forget(struct upstream *upstream);

#endif
