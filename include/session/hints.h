/* What the hints of a statement (sql/hint.h), in its text or beside it, ask of its session: where it may run,
 * how new its read must be, how long it may take.
 *
 *      command_by_facts ──► hints_read_job ──► route_input_route ──► hints_route ──► hints_apply
 *
 * A hint narrows what is decided without it, or the statement is refused; it never sends a statement to a
 * place where it would not be right. Hints are for one statement: a prepared one's text has them for each
 * execution.
 */
#ifndef HEADGATE_SESSION_HINTS_H
#define HEADGATE_SESSION_HINTS_H

#include "cluster/view.h"
#include "mysql/gtid_token.h"
#include "route/route.h"
#include "sql/hint.h"

#include <stdbool.h>
#include <stdint.h>

struct session;
enum step;

/* Zeroed: none. Of several of one kind the last one counts. */
struct hints {
    bool has_any;       /* one that was understood */
    bool wants_primary; /* primary */
    bool wants_server;  /* server=… */
    bool has_level;     /* consistency=… */
    int server;         /* its index in the view; VIEW_NO_SERVER: of no server */
    enum hint_level level;
    uint64_t timeout_us; /* 0: none */
    bool has_token;      /* after=… */
    bool is_token_bad;   /* … of one that is no token, or of another family */
    struct gtid_token token;
    unsigned unknown_count; /* what was not understood */
    struct span unknown;    /* … the first of it, or why nothing was; borrows from the text */
};

#define HINTS_BESIDE_MAX 16

/* Attributes that somebody says a statement would have: all borrow. */
struct hints_beside {
    size_t count;
    struct hint_beside {
        struct span name;
        struct span value;
    } items[HINTS_BESIDE_MAX];
};

/* One that is a hint, as it is read on the wire. False: it is another one's. */
bool hints_read_beside(const struct hint_beside *beside, struct hint *hint_r);
/* … all of them, after those of the text, of which they are more. */
void hints_add_beside(struct hints *hints, const struct hints_beside *beside, const struct view *view);

/* `sql` is cut: its end is not known. */
void hints_read(struct hints *hints, struct span sql, bool is_cut, const struct sql_dialect *dialect,
                const struct view *view);

/* The decision, as the hints have it. `session` NULL: a new one, of a split listener. */
struct route hints_route(const struct hints *hints, struct route route, const struct sql_facts *facts,
                         const struct view *view, const struct session *session);

/* ---- of the present job ---- */

/* Of COM_QUERY and COM_STMT_EXECUTE: facts.has_hint where one of its attributes is a hint. */
void hints_look_for_attributes(struct session *session);
/* Its hints: of its text, or of the text of its prepared statement, and then of its attributes. What is not
 * understood in a text is told when that comes, and not at each execution. */
void hints_read_job(struct session *session, struct hints *hints);
/* Would it run, were it not for its hints? */
bool hints_are_why(enum route_reason reason);
/* It is not run: its client hears which hint is why. */
enum step hints_refuse(struct session *session, enum route_reason reason);
/* The job is about to run where `route` says. */
void hints_apply(struct session *session, const struct hints *hints, enum route_place place);

#endif
