/* The hints of a statement (sql/hint.h), in its text or in its query attributes: where the statement may run,
 * how new its read must be, how long it may run.
 *
 *      command_by_facts ─► command_route_now ─► hints_read_job ─► hints_route ─► hints_apply
 *
 * A hint narrows the decision that is made without it, or the statement is refused. A hint never sends a
 * statement to a place where it would be wrong. A hint applies to one statement. Hints in the text of a
 * prepared statement apply to each of its executions. */
#pragma once

#include "cluster/view.h"
#include "mysql/gtid_token.h"
#include "route/route.h"
#include "sql/hint.h"

#include <stdbool.h>
#include <stdint.h>

struct session;
enum step;

/* The hints of one statement; zeroed: none. If a kind of hint occurs several times, the last one counts. */
struct hints {
    bool has_any;       /* at least one hint was understood */
    bool wants_primary; /* primary */
    bool wants_server;  /* server=… */
    bool has_level;     /* consistency=… */
    int server;         /* index in the view; VIEW_NO_SERVER: no server has that name */
    enum hint_level level;
    uint64_t timeout_us; /* 0: none */
    bool has_token;      /* after=… */
    bool is_token_bad;   /* the token is malformed, or of another family */
    struct gtid_token token;
    unsigned unknown_count; /* hints that were not understood */
    struct span unknown;    /* the first of them, or why no hint counts; borrows from the text */
};

#define HINTS_BESIDE_MAX 16

/* Query attributes that a question about a statement (explain) supplies. All spans borrow. */
struct hints_beside {
    size_t count;
    struct hint_beside {
        struct span name;
        struct span value;
    } items[HINTS_BESIDE_MAX];
};

/* Reads an attribute that is a hint, with the rules of the wire. False: the attribute is no hint. */
bool hints_read_beside(const struct hint_beside *beside, struct hint *hint_r);
/* Adds the hints among these attributes. To be called after hints_read: attributes override hints of the
 * text. */
void hints_add_beside(struct hints *hints, const struct hints_beside *beside, const struct view *view);

/* Reads the hints of this text. `is_cut`: the text continues after `sql`. `hints->unknown` borrows from
 * the text. */
void hints_read(struct hints *hints, struct span sql, bool is_cut, const struct sql_dialect *dialect,
                const struct view *view);

/* The decision `route`, narrowed or refused by the hints. `session` NULL: a new session of a split
 * listener. */
struct route hints_route(const struct hints *hints, struct route route, const struct sql_facts *facts,
                         const struct view *view, const struct session *session);

/* ---- of the present job ---- */

/* Sets facts.has_hint if a query attribute of the present COM_QUERY or COM_STMT_EXECUTE is a hint. */
void hints_look_for_attributes(struct session *session);
/* Reads the job's hints: from its text or the text of its prepared statement, then from its query
 * attributes. Unknown hints in a text are logged when the client sends the text, not at each execution. */
void hints_read_job(struct session *session, struct hints *hints);
/* True if this reason for a refusal comes from a hint. */
bool hints_are_why(enum route_reason reason);
/* Refuses the present command: the client gets the hint that is the reason. */
enum step hints_refuse(struct session *session, enum route_reason reason);
/* Notes in the job what the hints ask for. The job is about to run at `place`. */
void hints_apply(struct session *session, const struct hints *hints, enum route_place place);
