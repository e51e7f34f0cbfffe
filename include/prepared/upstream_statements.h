/* What a connection has prepared, whoever prepared it: text, schema and the variables of that moment on one
 * side, the server's id on the other.
 *
 *      COM_STMT_PREPARE, or one of ours ─► upstream_statements_add     a new id, always
 *      EXECUTE of one unknown there ─► upstream_statements_find        that one, or a PREPARE of ours
 *      its session leaves the connection ─► upstream_statements_part   it is anybody's
 *      the last session with that text closes it              closed on all connections
 *
 * As long as a session has the connection, a statement there is used by one of its statements at most: two
 * of the same text have two ids, so that their cursors and long data are their own. A connection knows so
 * many (`prepared_max`); the one not used for longest is closed, but for what is in use.
 */
#ifndef HEADGATE_PREPARED_UPSTREAM_STATEMENTS_H
#define HEADGATE_PREPARED_UPSTREAM_STATEMENTS_H

#include "session/session.h"
#include "state/fingerprint.h"

struct known_statement {
    struct list_node in_connection; /* in list upstream.statements: longest unused first */
    struct list_node in_text;       /* in list shared_text.known */
    struct shared_text *text;       /* borrows; NULL: too long to be kept, and nobody else's ever */
    struct upstream *upstream;      /* borrows */
    struct prepared *user;          /* borrows: whose it is while its session has the connection; or NULL */
    struct fingerprint state;       /* owns: the variables when it was prepared */
    struct text schema;             /* owns: likewise; names in it mean what they meant there */
    struct text types;              /* owns: of its parameters, when it was executed first */
    bool has_run;                   /* it was */
    bool has_mixed_types;           /* … and then with others */
    uint32_t id;                    /* the server's */
};

/* The server of the connection at that place knows `prepared` by this id: used by it from now on. False when
 * memory is out: then the connection must go. */
bool upstream_statements_add(struct session *session, enum route_place place, struct prepared *prepared,
                             uint32_t id, struct span schema);
/* What others have left there of the same is older than that: closed. */
void upstream_statements_replace(const struct prepared *prepared, enum route_place place);
/* One that is known there, and unused, and that the session would have prepared in just this way: it is used
 * by `prepared` from now on. Only if it was executed with the same types so far: MySQL gives parameters, and
 * what is made of them, the types of the first execution (seen). False: there is none.
 */
bool upstream_statements_find(struct session *session, enum route_place place, struct prepared *prepared);
/* It is about to be used; executed, with these types. */
void upstream_statements_touch(struct known_statement *known);
void upstream_statements_note_run(struct known_statement *known, struct span types);
/* A command on a prepared statement has ended: is its cursor open? */
void upstream_statements_note_cursor(struct session *session, const struct upstream *upstream);

/* Nothing of the session's is used any more on its connection there, with which it is about to part. */
void upstream_statements_part(struct session *session, enum route_place place);
/* `prepared` is about to be removed: what it uses is used no more. */
void upstream_statements_leave(struct session *session, struct prepared *prepared);
/* Closed at the server, all of them: nobody uses any. */
void upstream_statements_close_all(struct upstream *upstream);
/* A reset of the connection has made the server forget all of them. */
void upstream_statements_forget(struct upstream *upstream);

#endif
