/* The changes that a SET statement is about to make. Noted before the statement is sent, and applied to the
 * session's variables once the server has agreed.
 *
 * A constant is repeated on other connections as the client wrote it. The value of any other expression
 * (CONCAT(@@sql_mode, …)) comes from the server's session tracking; if session tracking does not report it,
 * the session is pinned. */
#pragma once

#include "base/str.h"
#include "tokens/lexer.h"
#include "state/user_variables.h"
#include "state/variables.h"

#include <stdbool.h>

/* A SET of wait_timeout: state/wait_timeout. */
struct wait_set {
    bool is_there;
    bool is_known; /* one assignment, of wait_s seconds; 0: DEFAULT */
    uint32_t wait_s;
    size_t at, len; /* offset and length of the number in the text; 0: none */
};

struct pending_set {
    struct span sql;       /* borrows: while it is read */
    struct vars constants; /* owns */
    struct vars held;      /* owns: VARS_HOLD variables; literal "?": the value is not known */
    struct wait_set wait;
    bool sets_role;             /* SET ROLE */
    struct text role;           /* owns: the argument of SET ROLE, as SQL; empty: it cannot be repeated */
    struct text expected;       /* owns: names, each with a NUL, whose value session tracking must report */
    unsigned count;             /* assignments seen */
    unsigned charsets;          /* assignments of variables that SET NAMES sets, and SET NAMES itself */
    bool has_told_charset;      /* one of them sets a value that only the server knows */
    bool is_malformed;          /* the text could not be read to its end */
    bool has_others;            /* SET PASSWORD and the like: may take effect before a later error */
    bool resets_collation;      /* SET NAMES, SET CHARACTER SET, or a SET of character_set_connection */
    bool needs_pin;             /* a change cannot be repeated elsewhere, or cannot be read */
    bool sets_next_transaction; /* by its variables' names; SET TRANSACTION is in the facts */
    bool ends_autocommit;       /* the last assignment of autocommit is not 1 */
    struct uservars user;       /* owns: user variables that are set; known where the value can be repeated */
    unsigned user_count;        /* assignments of user variables seen */
    bool has_unknown_user;      /* a user variable is set to a value that cannot be repeated */
    bool sets_untold;           /* sets a variable that headgate does not follow */
    bool sets_logging;          /* sets sql_log_bin or wsrep_on: the session's writes may reach no replica */
    bool sets_profiling;        /* turns profiling on or off */
    bool has_tracking;          /* the client changes session_track_* */
    uint8_t tracking;           /* types of entries that it changes: 1 << enum sesstrack_type */
};

/* Reads a SET statement. NULL when memory is out. The caller owns the result. */
struct pending_set *pending_set_read(struct span sql, const struct sql_dialect *dialect);
void pending_set_fini(struct pending_set *changes); /* frees; NULL is fine */

/* The server has agreed: applies `changes` to `vars`. The caller has already noted the session tracking in
 * `vars`, in versions newer than `before`. False: the session must be pinned. */
bool pending_set_commit(const struct pending_set *changes, struct vars *vars, uint64_t before);

/* The server has refused the SET with error `code`: was none of its assignments made? Both families check all
 * assignments before they make the first one (seen, for each of the errors in the list, with the error in the
 * second of two assignments). SET PASSWORD is an exception. */
bool pending_set_is_whole_refusal(const struct pending_set *changes, uint16_t code);
