/* The variables that a session has set, and the SET that makes another connection equal to the session. Pure.
 *
 * Every change gets a new version. A connection remembers the version that it has (pooled.vars_version), so
 * that the check whether it is up to date costs one comparison, and the SET has only the changes since then. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands for SET NAMES 'charset' COLLATE 'collation', which sets more than the variables tell. It is kept in
 * struct vars like a variable, and so is VARS_CHARSET. */
#define VARS_NAMES SPAN_LITERAL("names")
/* Stands for SET CHARSET 'charset', which takes the connection's collation from the current schema. */
#define VARS_CHARSET SPAN_LITERAL("charset")

#define VARS_MAX 256 /* different variables; a session that sets more is pinned to its connection */

struct var;

struct vars {
    struct var *items; /* owns; in order of first change */
    size_t count;
    size_t cap;
    uint64_t version;    /* of the last change; 0: there was none */
    bool has_for_writes; /* a VARS_APPLY_WRITES variable was set, to any value */
    bool is_read_only;   /* transaction_read_only, or its old name tx_read_only, was last set to ON */
    bool is_auto_is_null; /* sql_auto_is_null is ON: a read with "… IS NULL" may ask for the last insert id */
};

/* How headgate treats a variable, by its name. */
enum vars_manner {
    VARS_APPLY,        /* set on every connection that runs a command for this session */
    VARS_APPLY_WRITES, /* set on connections for writes, or for questions about writes; not for reads */
    VARS_UNTRACKED,    /* as VARS_APPLY, but the value is taken from the text of the SET only: what servers
                          report of the variable means something else */
    VARS_IGNORE,       /* never set on another connection: the server computes it, or headgate follows it by
                          other means */
    VARS_HOLD,         /* concerns writes, and must not be set on a second connection: the session keeps the
                          connection, and its reads may still go to others; ends with the default
                          (vars_is_default), or with its use (vars_used_up) */
    VARS_EMULATE,      /* kept by headgate for the session, and not by a connection: state/wait_timeout.h */
    VARS_PIN           /* cannot be set on another connection: the session is pinned to its connection */
};
enum vars_manner vars_manner_of(struct span name);

/* Is `literal` the value that a VARS_HOLD variable, or autocommit, has on a new connection? */
bool vars_is_default(struct span name, struct span literal);
/* Is this VARS_HOLD variable used up by the next statement that uses it, so that its value is 0 afterwards?
 * Returns its name then; NULL otherwise. Any case of `name` will do. */
const char *vars_used_up(struct span name);

/* Notes a SET of `name` to `literal`, as SQL. False when it cannot be kept (too many, too long, or no
 * memory): the session must be pinned. */
bool vars_set(struct vars *vars, struct span name, struct span literal);

/* Appends to `literal`, as SQL, a value that session tracking has reported. False when it cannot be quoted
 * safely for all character sets and sql_modes (it has a quote, a backslash, or a byte outside ASCII). */
bool vars_literal(struct span name, struct span value, struct text *literal);

#define VARS_NONE UINT64_MAX /* a version that no change is newer than */

/* Appends "SET NAMES 'c' COLLATE 'd',a=1,b='x'" for all variables newer than version `since`; for
 * VARS_APPLY_WRITES variables, newer than `writes_since`. NAMES or CHARSET comes first, then the character
 * sets, because setting a character set resets the collation. Variables that a later NAMES has set again are
 * left out. Appends nothing if there is no such variable. */
void vars_diff(const struct vars *vars, uint64_t since, uint64_t writes_since, struct text *out);

/* Appends the list of vars_diff(vars, 0, VARS_NONE, …), without the SET, for names with is_wanted(). */
void vars_say(const struct vars *vars, bool (*is_wanted)(struct span name), struct text *out);

/* Walks the variables of vars_diff(vars, 0, VARS_NONE, …), in any order; *at begins as 0. False: there are no
 * more. The results borrow. */
bool vars_next(const struct vars *vars, size_t *at, struct span *name_r, struct span *literal_r);

/* Walks all variables that have a value, in the order in which they were set; *version begins as 0. False:
 * there are no more. The results borrow. */
bool vars_after(const struct vars *vars, uint64_t *version, struct span *name_r, struct span *literal_r);

/* Was `name` set after version `since`? */
bool vars_is_newer(struct vars *vars, struct span name, uint64_t since);

/* The literal that `name` is set to; without data: it is not set. Borrows. */
struct span vars_get(const struct vars *vars, struct span name);

/* Is `name` set, to any value? */
bool vars_has(const struct vars *vars, struct span name);

/* Is the connection's collation the one that SET CHARACTER SET took from the schema, and was no other set
 * since? */
bool vars_follows_schema(const struct vars *vars);

/* Forgets that `name` was set. For a variable that a later SET of another one resets. */
void vars_unset(struct vars *vars, struct span name);

/* Removes all variables. The version goes on. */
void vars_clear(struct vars *vars);
void vars_fini(struct vars *vars);
