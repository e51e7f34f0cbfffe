/* Holds: state of one server's connection that a statement takes or releases. These are temporary tables,
 * locks, handlers, SQL-level prepared statements and XA. Walked in place, no allocation. facts.has_holds
 * says whether a text may have any.
 *
 * A hold may be reported although it is not taken (CREATE … IF NOT EXISTS, a GET_LOCK that timed out), but a
 * hold that is taken is always reported. A release is reported only where the text proves it, provided that
 * the server does not answer with ERR. A name is held once per kind, however often it is taken; only user
 * locks are counted. How names compare: see hold_change.name.
 *
 * Not reported: BEGIN and START TRANSACTION end HOLD_TABLE_LOCK (not HOLD_GLOBAL_LOCK), on both families.
 * Under sql_select_limit = 0 a SELECT releases no user lock, although a release is reported. Both were
 * tested. Sources: protocol.md §5 and §6. Other behaviour was tested on MariaDB 10.11 and 11.8 and MySQL
 * 9.7.
 */
#pragma once

#include "tokens/lexer.h"
#include "tokens/reader.h"

#include <stdbool.h>

enum hold {
    HOLD_TEMPORARY_TABLE, /* a temporary table, by schema and name */
    HOLD_TABLE_LOCK,      /* LOCK TABLES, FLUSH TABLES t … WITH READ LOCK | FOR EXPORT */
    HOLD_GLOBAL_LOCK,     /* FLUSH TABLES WITH READ LOCK */
    HOLD_BACKUP_LOCK,     /* LOCK INSTANCE FOR BACKUP, BACKUP STAGE, BACKUP LOCK; `name` says which */
    HOLD_USER_LOCK,       /* GET_LOCK, by name */
    HOLD_HANDLER,         /* HANDLER … OPEN, by alias or table name */
    HOLD_PREPARED,        /* PREPARE, by name */
    HOLD_XA,
    HOLD_COUNT
};

enum hold_effect {
    HOLD_TAKE,     /* also if the statement fails. Without a name the name is unknown, and only HOLD_GIVE_ALL
                      releases the hold */
    HOLD_GIVE,     /* releases this name; a user lock once */
    HOLD_GIVE_ALL, /* releases all of this kind */
    HOLD_RENAME    /* HOLD_TEMPORARY_TABLE: if `name` is held, `to_name` is held instead */
};

struct hold_change {
    enum hold hold;
    enum hold_effect effect;
    struct span schema; /* as written, quotes included; empty: the current one, or the kind has none */
    struct span name;   /* as written, quotes included; of a HOLD_BACKUP_LOCK "instance", "stage" or "lock".
                           Two names are the same hold only if the bytes in their quotes are equal: names of
                           user locks differ by case on MariaDB, names of tables on most file systems. For
                           prepared statements and handlers ASCII case may be ignored */
    struct span text;   /* HOLD_PREPARED: the string literal after FROM as written; empty: it is not one
                           literal, or the statement runs under SET STATEMENT */
    struct span to_schema; /* HOLD_RENAME; empty: the current one */
    struct span to_name;
};

struct holds_walk {
    struct reader statements; /* private, as all below: steps from statement to statement */
    struct reader reader;     /* steps within the current statement */
    struct span part;         /* the current statement */
    bool (*next)(struct holds_walk *walk, struct hold_change *change_r);
    bool is_take_only; /* several statements, or doubts: releases are not reported */
    bool is_under_set; /* SET STATEMENT … FOR */
};

/* `sql` must be a text for which classify() said has_holds, with the same dialect; it is borrowed until the
 * end of the walk. */
void holds_begin(struct holds_walk *walk, struct span sql, const struct sql_dialect *dialect);
/* False at the end. */
bool holds_next(struct holds_walk *walk, struct hold_change *change_r);
