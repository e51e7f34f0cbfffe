/* A session's user variables (@a): which there are, and what those hold whose values are known. Pure.
 *
 *      a SET of a literal ─► known ──(user_variables_say)──► said to each connection that the session gets
 *                              ▲ │ a statement that may have written it
 *        (user_variables_learn) asked │ ▼
 *                             unknown: only the connection that ran the statement has it
 *
 * Every change of a known one gets a new version, as in vars.h.
 */
#ifndef HEADGATE_STATE_USER_VARIABLES_H
#define HEADGATE_STATE_USER_VARIABLES_H

#include "base/str.h"
#include "mysql/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USERVARS_MAX 256                 /* more than these, and their connection is kept */
#define USERVARS_BYTES_MAX (64u * 1024u) /* likewise: of all literals together */
#define USERVARS_VALUE_MAX (16u * 1024u) /* bytes that the values asked for at once may have */

struct uservar;

struct uservars {
    struct uservar *items; /* owns; in the order in which they were first named */
    size_t count;
    size_t cap;
    size_t unknown;         /* of them so many hold what only their connection knows */
    size_t bytes;           /* of all literals */
    uint64_t version;       /* of the last change; 0: none ever */
    uint64_t stuck_version; /* in this version some could not be read; 0: none */
    bool has_others;        /* stored code may have made some that no statement has named */
    bool is_unlisted;       /* … and the server does not tell their names */
    bool has_odd;           /* there are some that cannot be followed: by their names, or too many */
};

/* The name of a lexer's TOKEN_VARIABLE (@a, @`a b`, @'a b'), without @ and quotes; borrows. False: it is no
 * user variable's, or one that cannot be written again with certainty. */
bool user_variables_name(struct span token, struct span *name_r);

/* It holds `literal` now, as SQL: a constant as the client wrote it. */
void user_variables_assign(struct uservars *vars, struct span name, struct span literal);
/* It was read; if nobody has named it before, it holds nothing. */
void user_variables_mention(struct uservars *vars, struct span name);
/* It may have been written: only the connection that it is in knows what it holds. */
void user_variables_forget(struct uservars *vars, struct span name);
void user_variables_forget_all(struct uservars *vars);
/* Those that would mean something else from now on: strings without a character set of their own. */
void user_variables_forget_strings(struct uservars *vars);
/* All that `from` knows is assigned, what it does not know forgotten. */
void user_variables_merge(struct uservars *vars, const struct uservars *from);

/* Can all of them be said to another connection? */
bool user_variables_are_known(const struct uservars *vars);
/* Does it hold something that is known? */
bool user_variables_has(const struct uservars *vars, struct span name);

/* What it is known to hold, as SQL. Empty: nothing, or it is not known. Borrows. */
struct span user_variables_literal(const struct uservars *vars, struct span name);

/* Is there anything newer than `since` that is known? */
bool user_variables_has_since(const struct uservars *vars, uint64_t since);
/* Appends "SET @`a`=1,@`b`='x'" of everything newer than `since` that is known; nothing when there is
 * nothing. */
void user_variables_say(const struct uservars *vars, uint64_t since, struct text *out);

/* Appends the query for what is unknown, or for the first of it; the answer has no row where that is too
 * long. Nothing when there is nothing unknown. */
void user_variables_ask(const struct uservars *vars, struct text *out);
/* Its answer, columns described (rows.defs), with nothing changed in between. What cannot be said again
 * exactly as it is leaves them unknown, and stuck_version the present one. */
void user_variables_learn(struct uservars *vars, const struct rows *answer);

/* Might asking help? */
bool user_variables_may_ask(const struct uservars *vars);
/* What stored code has made: the query for all names, in one column whose first row is not NULL. */
const char *user_variables_list_query(bool is_mysql);
/* Its answer. */
void user_variables_note_list(struct uservars *vars, const struct rows *answer);

/* There are none any more; the version goes on. */
void user_variables_clear(struct uservars *vars);
void user_variables_fini(struct uservars *vars);

#endif
