/* The body of stored code → what running it may do, and what else it reaches. Pure: one pass, linear in the
 * text, no allocation.
 *
 * The answer errs towards more effects. Whatever the reader does not know (a statement, a built-in function
 * that is not on the list of functions.h, an executable comment, Oracle mode, nesting too deep) is
 * CODE_UNKNOWN. Names that the body mentions are handed to the caller, which knows what they stand for; their
 * effects are not part of the answer.
 */
#ifndef HEADGATE_SQL_STORED_CODE_H
#define HEADGATE_SQL_STORED_CODE_H

#include "base/str.h"
#include "sql/lexer.h"

#include <stdbool.h>

enum code_kind {
    CODE_FUNCTION,
    CODE_PROCEDURE,
    CODE_TRIGGER,
    CODE_BLOCK, /* a client's BEGIN NOT ATOMIC, IF, LOOP …: the statement as it is written */
    CODE_TABLE  /* table or view. As a text: the query of a view. As a name: in FROM, INTO, UPDATE … */
};

/* 0: only reads tables, by statements and functions that a replica may run, and leaves nothing behind. */
enum code_effect {
    CODE_WRITES = 1u << 0,          /* tables, or the schema */
    CODE_TRANSACTION = 1u << 1,     /* begins, ends or marks a transaction; DDL, which commits */
    CODE_PRIMARY = 1u << 2,         /* leaves nothing, but asks about one server, one connection or an earlier
                                       statement, waits, or locks rows */
    CODE_READS_VARIABLES = 1u << 3, /* user variables */
    CODE_SETS_VARIABLES = 1u << 4,  /* user variables */
    CODE_SETS_SESSION = 1u << 5,    /* system variables, SET TRANSACTION and the like */
    CODE_TAKES_LOCKS = 1u << 6,     /* user locks, LOCK TABLES, FLUSH TABLES; takes or gives back */
    CODE_TEMPORARY_TABLES = 1u << 7, /* makes, renames or drops them, or may */
    CODE_DYNAMIC = 1u << 8,          /* PREPARE, EXECUTE */
    CODE_INSERT_ID = 1u << 9,        /* LAST_INSERT_ID(x), @@insert_id */
    CODE_SEQUENCE = 1u << 10,        /* draws from a sequence, or asks what was drawn */
    CODE_SCHEMA =
        1u << 11, /* changes views, routines or accounts, or renames tables: what was known of them is old */
    CODE_UNKNOWN = 1u << 12, /* not known: anything */
    CODE_ASKS_ID = 1u << 13  /* asks for the number of its connection; CODE_PRIMARY as well */
};
/* Effects that stay in the session or its connection when the code is done, and that neither the status flags
 * of the reply nor a question to the server tells. */
#define CODE_HIDES                                                                                           \
    ((unsigned)CODE_SETS_SESSION | CODE_TAKES_LOCKS | CODE_TEMPORARY_TABLES | CODE_DYNAMIC | CODE_SEQUENCE | \
     CODE_UNKNOWN)

/* Of code that is known, what a statement that runs it says nothing of, and later ones may depend on. */
#define CODE_LEAVES ((CODE_HIDES | CODE_SETS_VARIABLES | CODE_READS_VARIABLES) & ~(unsigned)CODE_UNKNOWN)

struct code_text {
    enum code_kind kind;
    struct span parameters; /* as declared, with or without parentheses: `a INT, OUT b TEXT`; may be empty */
    struct span body;       /* UTF-8; borrowed during the call, as parameters */
};

/* A name that the body uses. Not told: names of WITH lists, cursors, variables, NEW and OLD. */
struct code_name {
    enum code_kind kind; /* CODE_FUNCTION, CODE_PROCEDURE, CODE_TABLE */
    struct span schema;  /* without quotes, doubled quotes inside stay; empty: the current one. Borrows */
    struct span name;    /* likewise */
    bool is_written;     /* CODE_TABLE: it is the target of a change, whose triggers may run */
};

/* `dialect`: of the sql_mode the code was made under. `on_name` is called for each use of a name, in order.
 * Returns bits of enum code_effect. */
unsigned stored_code_read(const struct code_text *text, const struct sql_dialect *dialect,
                          void (*on_name)(void *owner, const struct code_name *name), void *owner);

/* The effects as words for people, "writes tables, takes locks", into `into` (always terminated, cut at
 * `size`). Empty for 0. */
void code_effects_words(unsigned effects, char *into, size_t size);

#endif
