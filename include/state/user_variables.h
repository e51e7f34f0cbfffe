/* The user variables (@a) of a session, with their values as far as headgate knows them. Pure.
 *
 *      SET of a literal ──► known ──(user_variables_say)──► set on each connection that the session gets
 *                           ▲   │
 *   user_variables_ask, the │   │ a statement that may have written the variable
 *   answer to _learn        │   ▼
 *                          unknown: only the connection that ran the statement has the value
 *
 * Every change gets a new version, as in state/variables.h. */
#pragma once

#include "base/str.h"
#include "mysql/rows.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USERVARS_MAX 256                 /* variables; with more the session keeps its connection */
#define USERVARS_BYTES_MAX (64u * 1024u) /* bytes of all literals; with more it keeps its connection */
#define USERVARS_VALUE_MAX (16u * 1024u) /* bytes of all values that one question asks for */

struct uservar;

struct uservars {
    struct uservar *items; /* owns; in the order in which they were first named */
    size_t count;
    size_t cap;
    size_t unknown;         /* number of items whose value only the connection knows */
    size_t bytes;           /* of all literals */
    uint64_t version;       /* of the last change; 0: there was none */
    uint64_t stuck_version; /* version in which a value could not be learnt; 0: none */
    bool has_others;        /* stored code may have made variables that no statement has named */
    bool is_unlisted;       /* the server does not tell the names of these variables */
    bool has_odd;           /* there are variables that cannot be followed: by their names, or too many */
};

/* The name in a TOKEN_VARIABLE of the lexer (@a, @`a b`, @'a b'), without @ and quotes; borrows. False: the
 * token is no user variable, or its name cannot be written again safely. */
bool user_variables_name(struct span token, struct span *name_r);

/* The variable has the value `literal` now: SQL, a constant as the client wrote it. */
void user_variables_assign(struct uservars *vars, struct span name, struct span literal);
/* The variable was read. If no statement has named it before, it has no value. */
void user_variables_mention(struct uservars *vars, struct span name);
/* The variable may have been written: its value is unknown from now on. */
void user_variables_forget(struct uservars *vars, struct span name);
void user_variables_forget_all(struct uservars *vars);
/* Forgets strings without a character set of their own: the session's character sets have changed, so that
 * the literals would have another meaning. */
void user_variables_forget_strings(struct uservars *vars);
/* Assigns the variables of `from` that are known, and forgets the others of `from`. */
void user_variables_merge(struct uservars *vars, const struct uservars *from);

/* Are all variables known, so that they can be set on another connection? */
bool user_variables_are_known(const struct uservars *vars);
/* Does the variable have a known value? */
bool user_variables_has(const struct uservars *vars, struct span name);

/* The value of the variable, as SQL. Empty: it has none, or it is unknown. Borrows. */
struct span user_variables_literal(const struct uservars *vars, struct span name);

/* Is there a known value newer than version `since`? */
bool user_variables_has_since(const struct uservars *vars, uint64_t since);
/* Appends "SET @`a`=1,@`b`='x'" for all known values newer than version `since`. Appends nothing if there is
 * no such value. */
void user_variables_say(const struct uservars *vars, uint64_t since, struct text *out);

/* Appends the query for unknown values: all of them, or the first ones if they do not fit into one row. The
 * result has no row if the values are longer than USERVARS_VALUE_MAX. Appends nothing if no value is
 * unknown. */
void user_variables_ask(const struct uservars *vars, struct text *out);
/* Takes the result of user_variables_ask(), with its column definitions (rows.defs). `vars` must not have
 * changed in between. If a value cannot be written exactly as SQL, it stays unknown, and stuck_version is the
 * present version. */
void user_variables_learn(struct uservars *vars, const struct rows *answer);

/* Are there unknown values that a question may bring? */
bool user_variables_may_ask(const struct uservars *vars);
/* The query for the names of all variables, for those that stored code has made. The result has one column;
 * its first row is no name, and not NULL if the names follow. */
const char *user_variables_list_query(bool is_mysql);
/* Takes the result of the list query. */
void user_variables_note_list(struct uservars *vars, const struct rows *answer);

/* Removes all variables. The version goes on. */
void user_variables_clear(struct uservars *vars);
void user_variables_fini(struct uservars *vars);
