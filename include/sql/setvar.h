/* SET statements → the list of changes they make to the session.
 *
 *      SET a = 1, @@session.b = 'x', GLOBAL c = 2, @v = 3, NAMES utf8mb4 COLLATE utf8mb4_bin
 *
 * Walked in place, no allocation. A value is reported as `is_constant` only when it is one literal or keyword
 * whose meaning does not depend on the session: a number, ON/OFF/TRUE/FALSE/DEFAULT, a bare word, or a quoted
 * string of plain ASCII without quotes or backslashes inside. */
#pragma once

#include "base/str.h"
#include "tokens/lexer.h"

#include <stdbool.h>

enum setvar_scope {
    SETVAR_SESSION, /* SET x, SET SESSION x, SET LOCAL x, @@x, @@session.x, @@local.x */
    SETVAR_GLOBAL,  /* GLOBAL, PERSIST, PERSIST_ONLY, GLOBAL TRANSACTION, DEFAULT ROLE: no session state */
    SETVAR_USER,    /* @v */
    SETVAR_NAMES,   /* NAMES charset [COLLATE collation] | DEFAULT: value = charset, collation set if given */
    SETVAR_CHARSET, /* CHARACTER SET | CHARSET x */
    SETVAR_TRANSACTION, /* [SESSION] TRANSACTION …: value = the text of the characteristics; is_next: without
                           SESSION */
    SETVAR_ROLE, /* SET ROLE: value = one name as written (`x` with its quotes, 'x' without), or the word
                    NONE, DEFAULT or ALL; not constant: several names, or a name outside ASCII */
    SETVAR_OTHER /* SET PASSWORD, SET STATEMENT … FOR, RESOURCE GROUP, anything not understood */
};

struct setvar_change {
    enum setvar_scope scope;
    bool is_constant;
    bool is_tracked_form; /* written in a form that MariaDB tracks (a plain name or SESSION x, not @@x without
                             a scope) */
    bool is_next;         /* SET TRANSACTION without a scope: for the next transaction only */
    bool sets_isolation;  /* SETVAR_TRANSACTION: ISOLATION LEVEL … */
    bool sets_access;     /* SETVAR_TRANSACTION: READ ONLY or READ WRITE */
    bool is_read_only;    /* sets_access: READ ONLY, not READ WRITE */
    bool is_string;       /* the value is a quoted string: `value` is the text inside the quotes */
    struct span name; /* as written, without @, @@ and scope; may be quoted (`x`, for user variables 'x' too);
                         empty for NAMES, CHARSET, TRANSACTION, ROLE and OTHER */
    struct span value;     /* literal or keyword; empty when not constant */
    struct span collation; /* NAMES … COLLATE */
};

struct setvar_walk {
    struct lexer lexer;
    struct token ahead;
    bool is_first;
    bool is_malformed; /* the statement could not be read to its end: do not rely on any change */
    int sticky_scope;  /* private: GLOBAL/SESSION keyword applying to the following assignments */
};

/* Starts a walk. `sql` must be one statement that classify() called SQL_SET; a text of several statements
 * ends malformed. */
void setvar_begin(struct setvar_walk *walk, struct span sql, const struct sql_dialect *dialect);
/* The next change; false at the end, or when malformed. */
bool setvar_next(struct setvar_walk *walk, struct setvar_change *change_r);
