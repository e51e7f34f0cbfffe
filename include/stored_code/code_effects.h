/* The effects that stored code may have, as bits. */
#pragma once

#include <stddef.h>

/* 0: the code only reads tables, with statements and functions that a replica may run, and leaves no state. */
enum code_effect {
    CODE_WRITES = 1u << 0,           /* tables, or the schema */
    CODE_TRANSACTION = 1u << 1,      /* begins, ends or marks a transaction; DDL, which commits */
    CODE_PRIMARY = 1u << 2,          /* leaves no state; asks about one server, one connection or an earlier
                                       statement, waits, or locks rows */
    CODE_READS_VARIABLES = 1u << 3,  /* user variables */
    CODE_SETS_VARIABLES = 1u << 4,   /* user variables */
    CODE_SETS_SESSION = 1u << 5,     /* system variables, SET TRANSACTION and the like */
    CODE_TAKES_LOCKS = 1u << 6,      /* user locks, LOCK TABLES, FLUSH TABLES; takes or releases */
    CODE_TEMPORARY_TABLES = 1u << 7, /* creates, renames or drops temporary tables, or may */
    CODE_DYNAMIC = 1u << 8,          /* PREPARE, EXECUTE */
    CODE_INSERT_ID = 1u << 9,        /* LAST_INSERT_ID(x), @@insert_id */
    CODE_SEQUENCE = 1u << 10,        /* takes a value of a sequence, or asks for the last value */
    CODE_SCHEMA =
        1u << 11, /* changes views, routines or accounts, or renames tables: a catalog may be out of date */
    CODE_UNKNOWN = 1u << 12, /* not known: any effect is possible */
    CODE_ASKS_ID = 1u << 13  /* asks for the id of its connection; CODE_PRIMARY is set as well */
};
/* Effects that stay in the session or its connection after the code has run, and that neither the status
 * flags of the reply nor a query to the server can show. */
#define CODE_HIDES                                                                                           \
    ((unsigned)CODE_SETS_SESSION | CODE_TAKES_LOCKS | CODE_TEMPORARY_TABLES | CODE_DYNAMIC | CODE_SEQUENCE | \
     CODE_UNKNOWN)

/* Effects of known code that later statements may depend on and that the calling statement's text does not
 * show. */
#define CODE_LEAVES ((CODE_HIDES | CODE_SETS_VARIABLES | CODE_READS_VARIABLES) & ~(unsigned)CODE_UNKNOWN)

/* Writes the effects as words for people, "writes, takes or releases locks", into `into` (always terminated,
 * cut at `size` bytes). Empty for 0. */
void code_effects_words(unsigned effects, char *into, size_t size);
