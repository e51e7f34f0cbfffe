/* What a SET statement is about to change, noted before it is sent and carried out once the server has
 * agreed.
 *
 * A constant is repeated elsewhere as the client wrote it. Anything else (CONCAT(@@sql_mode, …)) needs the
 * server's session tracking to say what came of it; where it does not, the session is pinned.
 */
#ifndef HEADGATE_STATE_PENDING_SET_H
#define HEADGATE_STATE_PENDING_SET_H

#include "base/str.h"
#include "sql/lexer.h"
#include "state/user_variables.h"
#include "state/variables.h"

#include <stdbool.h>

struct changes {
    struct span sql;       /* borrows: while it is read */
    struct vars constants; /* owns */
    struct vars held;      /* owns: VARS_HOLD variables; "?": to what is not known */
    bool sets_wait;        /* wait_timeout … */
    bool is_wait_known;    /* … once, to wait_s seconds; 0: DEFAULT */
    uint32_t wait_s;
    size_t wait_at, wait_len;   /* where in the text its number is; 0: nowhere */
    bool sets_role;             /* SET ROLE … */
    struct text role;           /* owns: … what it is given, as SQL; empty: what cannot be said elsewhere */
    struct text expected;       /* owns: names, each with a NUL, whose value tracking must report */
    unsigned count;             /* assignments seen */
    unsigned charsets;          /* … of what SET NAMES sets, and SET NAMES itself */
    bool has_told_charset;      /* … to what only the server knows */
    bool is_malformed;          /* the text could not be read to its end */
    bool has_others;            /* SET PASSWORD and the like, which begin before all is looked at */
    bool resets_collation;      /* SET NAMES without COLLATE */
    bool needs_pin;             /* something cannot follow, or cannot be read */
    bool sets_next_transaction; /* by its variables' names; SET TRANSACTION is in the facts */
    struct uservars user;       /* owns: user variables set to what can be said elsewhere, too … */
    unsigned user_count;        /* … so many assignments of them were seen */
    bool has_unknown_user;      /* … and some to what cannot */
    bool sets_untold;           /* a variable that is not followed */
    bool sets_logging;          /* sql_log_bin, wsrep_on: what the session writes may reach no replica */
    bool sets_profiling;        /* profiles are kept from now on, or no more */
    bool has_tracking;          /* the client changes session_track_* */
    uint8_t tracking;           /* … for these types of entries: 1 << enum sesstrack_type */
};

/* Read a SET statement. NULL when memory is out. */
struct changes *pending_set_read(struct span sql, const struct sql_dialect *dialect);
void pending_set_fini(struct changes *changes); /* frees; NULL is fine */

/* The server agreed; tracking has already been noted in `vars`, newer than version `before`. False: pin. */
bool pending_set_commit(const struct changes *changes, struct vars *vars, uint64_t before);

/* The server refused it with this error: was nothing of it done? Both families look at all assignments before
 * they carry out the first (seen, with each of these errors as the second of two); not at a password. */
bool pending_set_is_whole_refusal(const struct changes *changes, uint16_t code);

#endif
