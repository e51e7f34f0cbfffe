/* What running stored code may do, as bits. */
#ifndef HEADGATE_SQL_CODE_EFFECTS_H
#define HEADGATE_SQL_CODE_EFFECTS_H

#include <stddef.h>

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

/* The effects as words for people, "writes tables, takes locks", into `into` (always terminated, cut at
 * `size`). Empty for 0. */
void code_effects_words(unsigned effects, char *into, size_t size);

#endif
