/* The statements that are prepared on a connection, by this session or an earlier one: text, schema and
 * variables at PREPARE, and the id that the server gave.
 *
 *   COM_STMT_PREPARE, of a client or of headgate    upstream_statements_add: always a new id
 *   EXECUTE of a statement that the connection      upstream_statements_find: an unused statement of the same
 *     does not have                                 text; if there is none, headgate sends a PREPARE
 *   a session leaves the connection                 upstream_statements_part: other sessions may use its
 *                                                   statements
 *   the last session with this text closes it       closed on all connections (shared_text.on_unheld)
 *
 * While a session has the connection, each statement there belongs to at most one statement of the session.
 * Two statements with the same text have two ids, and so their own cursors and long data. A connection keeps
 * at most `prepared_max` statements; the least recently used one is closed first, except statements in use.
 */
#pragma once

#include "prepared/client_statements.h"
#include "state/facets.h"
#include "state/fingerprint.h"
#include "state/job.h"
#include "state/slot.h"

struct known_statement {
    struct list_node in_connection; /* in list pooled.statements: least recently used first */
    struct list_node in_text;       /* in list shared_text.known */
    struct shared_text *text;       /* borrows; NULL: never shared with another session */
    struct upstream *upstream;      /* borrows */
    struct prepared *user;          /* borrows: the session's statement that uses it; NULL: unused */
    struct fingerprint state;       /* owns: the session's variables at PREPARE */
    struct text schema;             /* owns: the schema at PREPARE, for unqualified names */
    struct text types;              /* owns: parameter types of the first execution */
    bool has_run;                   /* it was executed */
    bool has_mixed_types;           /* a later execution had other types, or memory was out */
    uint32_t id;                    /* the id that the server gave */
};

/* Closes statements on the connection until it has fewer than `max`, least recently used first. Statements
 * with long data or a cursor, and the one that `in_use` uses, are not closed. */
void upstream_statements_make_room(struct upstream *upstream, enum route_place place,
                                   const struct prepared *in_use, size_t max);
/* The connection in this slot has prepared `prepared` with this server id; `prepared` uses it from now on.
 * `vars`: the session's variables. False: out of memory; then the connection must be closed. */
bool upstream_statements_add(const struct slot *slot, enum route_place place, const struct vars *vars,
                             struct prepared *prepared, uint32_t id);
/* The client has prepared the text again: closes unused statements of the same text, schema and variables on
 * that connection, because they are older. */
void upstream_statements_replace(const struct prepared *prepared, enum route_place place);
/* True: the connection has an unused statement with the same text, schema and variables; `prepared` uses it
 * from now on. All its executions so far must have had the same parameter types: MySQL derives the types of
 * parameters and of results from the first execution (seen). */
bool upstream_statements_find(const struct slot *slot, enum route_place place, const struct facets *facets,
                              struct prepared *prepared);
/* The statement is about to be used: it becomes the most recently used one. */
void upstream_statements_touch(struct known_statement *known);
/* The statement is about to be executed with these parameter types. */
void upstream_statements_note_run(struct known_statement *known, struct span types);
/* A command has ended. If it was about a prepared statement, notes whether a cursor of that statement is
 * open. True: this command has opened the cursor. */
bool upstream_statements_note_cursor(const struct job *job, const struct upstream *upstream);

/* The session is about to leave the connection at that place: its statements there become unused, or are
 * closed if other sessions cannot use them. */
void upstream_statements_part(struct upstream *upstream, enum route_place place);
/* `prepared` is about to be removed: its statements on the session's connections become unused, or are
 * closed. */
void upstream_statements_leave(struct slot *const slots[SLOT_COUNT], struct prepared *prepared);
/* Closes all statements of the connection at the server (COM_STMT_CLOSE). */
void upstream_statements_close_all(struct upstream *upstream);
/* The server has forgotten all statements of the connection: it was reset or closed. */
void upstream_statements_forget(struct upstream *upstream);
