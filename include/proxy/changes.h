/* What a SET statement is about to change, noted before it is sent and carried out once the server has
 * agreed.
 *
 * A constant is repeated elsewhere as the client wrote it. Anything else (CONCAT(@@sql_mode, …)) needs the
 * server's session tracking to say what came of it; where it does not, the session is pinned.
 */
#ifndef HEADGATE_PROXY_CHANGES_H
#define HEADGATE_PROXY_CHANGES_H

#include "base/str.h"
#include "proxy/vars.h"
#include "sql/lexer.h"

#include <stdbool.h>

struct changes {
    struct vars constants;      /* owns */
    struct text role;           /* owns: what SET ROLE is given, as SQL; empty: no SET ROLE */
    struct text expected;       /* owns: names, each with a NUL, whose value tracking must report */
    unsigned count;             /* assignments seen */
    bool resets_collation;      /* SET NAMES without COLLATE */
    bool needs_pin;             /* something cannot follow, or cannot be read */
    bool sets_next_transaction; /* by its variables' names; SET TRANSACTION is in the facts */
    struct vars user;           /* owns: user variables set to what can be said elsewhere, too */
    bool has_unknown_user;      /* … and to what cannot */
    bool has_user_variables;
    bool sets_untold;  /* a variable that is not followed */
    bool sets_logging; /* sql_log_bin, wsrep_on: what the session writes may reach no replica */
    bool has_tracking; /* the client changes session_track_* */
    uint8_t tracking;  /* … for these types of entries: 1 << enum sesstrack_type */
};

/* Read a SET statement. NULL when memory is out. */
struct changes *changes_read(struct span sql, const struct sql_dialect *dialect);
void changes_fini(struct changes *changes); /* frees; NULL is fine */

/* The server agreed; tracking has already been noted in `vars`, newer than version `before`. False: pin. */
bool changes_commit(const struct changes *changes, struct vars *vars, uint64_t before);

#endif
