/* SET statements → the list of changes they make to the session.
 *
 *      SET a = 1, @@session.b = 'x', GLOBAL c = 2, @v = 3, NAMES utf8mb4 COLLATE utf8mb4_bin
 *
 * Walked in place, no allocation. A value is reported as `is_constant` only when it is one literal or keyword
 * whose meaning does not depend on the session: a number, ON/OFF/TRUE/FALSE/DEFAULT, a bare word, or a quoted
 * string of plain ASCII without quotes or backslashes inside.
 */
#ifndef HEADGATE_SQL_SETVAR_H
#define HEADGATE_SQL_SETVAR_H

#include "base/str.h"
#include "sql/lexer.h"

#include <stdbool.h>

enum setvar_scope {
    SETVAR_SESSION, /* SET x, SET SESSION x, SET LOCAL x, @@x, @@session.x, @@local.x */
    SETVAR_GLOBAL,  /* GLOBAL, PERSIST, PERSIST_ONLY, GLOBAL TRANSACTION, DEFAULT ROLE: nothing of the session
                     */
    SETVAR_USER,    /* @v */
    SETVAR_NAMES,   /* NAMES charset [COLLATE collation] | DEFAULT: value = charset, collation set if given */
    SETVAR_CHARSET, /* CHARACTER SET | CHARSET x */
    SETVAR_TRANSACTION, /* [SESSION] TRANSACTION …: value = the characteristics' text; is_next tells the
                           one-shot */
    SETVAR_ROLE, /* SET ROLE: value = one name as written (`x` with its quotes, 'x' without), or the word
                    NONE, DEFAULT or ALL; not constant: several, or one outside ASCII */
    SETVAR_OTHER /* SET PASSWORD, SET STATEMENT … FOR, RESOURCE GROUP, anything not understood */
};

struct setvar_change {
    enum setvar_scope scope;
    bool is_constant;
    bool is_tracked_form; /* written with a form servers track on MariaDB (a plain name or SESSION x, not @@x
                             without scope) */
    bool is_next;         /* one-shot SET TRANSACTION */
    bool sets_isolation;  /* SETVAR_TRANSACTION: ISOLATION LEVEL … */
    bool sets_access;     /* SETVAR_TRANSACTION: READ ONLY or READ WRITE */
    bool is_read_only;    /* … and it is READ ONLY */
    bool is_string;       /* value was a quoted string: `value` is the inside */
    struct span name; /* as written, without @, @@ and scope; may be quoted (`x`, for user variables 'x' too);
                         empty for NAMES, CHARSET, TRANSACTION, ROLE and OTHER */
    struct span value;     /* literal or keyword; empty when not constant */
    struct span collation; /* NAMES … COLLATE */
};

struct setvar_walk {
    struct lexer lexer;
    struct token ahead;
    bool is_first;
    bool is_malformed; /* the statement could not be read to its end: trust nothing */
    int sticky_scope;  /* private: GLOBAL/SESSION keyword applying to the following assignments */
};

/* `sql` must be a statement that classify() called SQL_SET (single, or the walk ends malformed). */
void setvar_begin(struct setvar_walk *walk, struct span sql, const struct sql_dialect *dialect);
/* False at the end, or when malformed. */
bool setvar_next(struct setvar_walk *walk, struct setvar_change *change_r);

#endif
