/* What a session has set, and the statement that makes another upstream equal. Pure.
 *
 * Every change gets a new version. An upstream remembers the version it is equal to (upstream.vars_version),
 * so that "is it up to date?" costs one comparison, and catching up sends only what changed since.
 */
#ifndef HEADGATE_STATE_VARIABLES_H
#define HEADGATE_STATE_VARIABLES_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Not a variable: SET NAMES 'charset' COLLATE 'collation', which sets more than variables tell. */
#define VARS_NAMES SPAN_LITERAL("names")
/* Nor this: SET CHARSET 'charset', which takes the connection's collation from the current schema. */
#define VARS_CHARSET SPAN_LITERAL("charset")

#define VARS_MAX 256 /* more different variables than this, and the session stays where they were set */

struct var;

struct vars {
    struct var *items; /* owns; in order of first change */
    size_t count;
    size_t cap;
    uint64_t version;    /* of the last change; 0: none ever */
    bool has_for_writes; /* one of VARS_APPLY_WRITES was set, to whatever */
    bool is_read_only;   /* transaction_read_only, under whichever of its names, was last set to ON */
    bool
        is_auto_is_null; /* sql_auto_is_null is ON: a read of "… IS NULL" may ask for the id generated last */
};

/* What to do about a variable, by its name. */
enum vars_manner {
    VARS_APPLY,        /* say it to every upstream that runs something for this session */
    VARS_APPLY_WRITES, /* say it where writes are run, or asked after: a mere read needs it nowhere */
    VARS_UNTRACKED,    /* as VARS_APPLY, if the text tells the value: what servers report of it means
                          something else */
    VARS_IGNORE,       /* means nothing elsewhere: the server computes it, or tells it by other means */
    VARS_HOLD,         /* for writes, and not to be said twice: the session keeps the connection where it is
                          set, and its reads may still go elsewhere; ends with the default (vars_is_default),
                          or with its use (vars_used_up) */
    VARS_EMULATE,      /* the session's own, and no connection's: see patience.h */
    VARS_PIN           /* cannot follow: the session stays where it was set */
};
enum vars_manner vars_manner_of(struct span name);

/* Is `literal` what a VARS_HOLD variable, or autocommit, has in a new connection? */
bool vars_is_default(struct span name, struct span literal);
/* The VARS_HOLD variable of that name, in any case, if the next statement that has a use for it takes it
 * away, so that it reads as 0 from then on; NULL otherwise. */
const char *vars_used_up(struct span name);

/* `literal` is SQL. False when it cannot be kept (too many, or no memory): the session must be pinned. */
bool vars_set(struct vars *vars, struct span name, struct span literal);

/* Turns a value as reported by session tracking into SQL. False when it cannot be quoted safely whatever the
 * session's charset and sql_mode (a quote, a backslash, a byte outside ASCII). */
bool vars_literal(struct span name, struct span value, struct text *literal);

#define VARS_NONE UINT64_MAX /* a version that nothing is newer than */

/* Appends "SET NAMES 'c' COLLATE 'd',a=1,b='x'" of everything newer than `since`, of what concerns writes
 * only newer than `writes_since`: NAMES or CHARSET first, then character sets, because setting them resets
 * the collation. What was set before NAMES, and by it, is left out. Nothing when there is nothing. */
void vars_diff(const struct vars *vars, uint64_t since, uint64_t writes_since, struct text *out);

/* Appends what vars_diff(vars, 0, VARS_NONE, …) says of those whose names are wanted, without the SET. */
void vars_say(const struct vars *vars, bool (*is_wanted)(struct span name), struct text *out);

/* One after the other, in any order, what vars_diff(vars, 0, VARS_NONE, …) says; *at begins as 0. False: that
 * was all. Borrows. */
bool vars_next(const struct vars *vars, size_t *at, struct span *name_r, struct span *literal_r);

/* One after the other, in the order in which they were set, all that has a value; *version begins as 0.
 * False: that was all. Borrows. */
bool vars_after(const struct vars *vars, uint64_t *version, struct span *name_r, struct span *literal_r);

/* Was it set after version `since`? */
bool vars_is_newer(struct vars *vars, struct span name, uint64_t since);

/* The literal that it is set to; no data: none. Borrows. */
struct span vars_get(const struct vars *vars, struct span name);

/* Is it set to anything? */
bool vars_has(const struct vars *vars, struct span name);

/* Is the connection's collation the one that SET CHARACTER SET took from the schema, and nothing set later?
 */
bool vars_follows_schema(const struct vars *vars);

/* Set everything that `from` has. False when not all of it could be kept. */
bool vars_merge(struct vars *vars, const struct vars *from);

/* As if it had never been set. For a variable that another one, set later, resets. */
void vars_unset(struct vars *vars, struct span name);

/* Nothing is set any more; the version goes on. */
void vars_clear(struct vars *vars);
void vars_fini(struct vars *vars);

#endif
