/* State that a statement takes or gives back, and that lives in one server's connection: temporary tables,
 * locks, handlers, SQL-level prepared statements, XA. Walked in place, no allocation; facts.has_holds says
 * whether there is anything to walk.
 *
 * What is taken may be told too often (CREATE … IF NOT EXISTS, GET_LOCK that timed out), never too seldom;
 * what is given back is told only where the text proves that it is. Sources: protocol.md §5 and §6.
 */
#ifndef HEADGATE_SQL_HOLDS_H
#define HEADGATE_SQL_HOLDS_H

#include "sql/lexer.h"

#include <stdbool.h>

enum hold {
    HOLD_TEMPORARY_TABLE, /* by schema and name */
    HOLD_TABLE_LOCK,      /* LOCK TABLES, FLUSH TABLES t … WITH READ LOCK | FOR EXPORT */
    HOLD_GLOBAL_LOCK,     /* FLUSH TABLES WITH READ LOCK */
    HOLD_BACKUP_LOCK,     /* LOCK INSTANCE FOR BACKUP, BACKUP STAGE, BACKUP LOCK */
    HOLD_USER_LOCK,       /* GET_LOCK, by name */
    HOLD_HANDLER,         /* HANDLER … OPEN, by alias or table name */
    HOLD_PREPARED,        /* PREPARE, by name */
    HOLD_XA,
    HOLD_COUNT
};

enum hold_effect {
    HOLD_TAKE,     /* one more; without a name: it cannot be told which, only HOLD_GIVE_ALL ends it */
    HOLD_GIVE,     /* this name, once */
    HOLD_GIVE_ALL, /* all of this kind */
};

struct hold_change {
    enum hold hold;
    enum hold_effect effect;
    struct span schema; /* as written, quotes included; empty: the current one, or the kind has none */
    struct span name;   /* as written, quotes included */
    struct span text;   /* HOLD_PREPARED: the string literal after FROM as written; empty: not one literal */
};

struct holds_walk {
    struct lexer lexer; /* private, as all below */
    struct token token;
    struct token ahead;
    unsigned state;
    enum hold hold;
    bool is_multi; /* several statements in the text: only what is taken is told */
};

/* `sql` must be a text for which classify() said has_holds, with the same dialect. */
void holds_begin(struct holds_walk *walk, struct span sql, const struct sql_dialect *dialect);
/* False at the end. */
bool holds_next(struct holds_walk *walk, struct hold_change *change_r);

#endif
