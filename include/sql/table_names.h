/* The names of tables and views in a statement, told apart from columns, aliases and names of WITH lists by
 * where they stand. Fed with one token after the other. Pure; no allocation.
 *
 *      FROM a, s.b AS x JOIN (c, d) ON …    INSERT INTO a    UPDATE a, b SET    TABLE a    WITH a AS (… FROM
 * b)
 *
 * A name too many is possible (WINDOW w AS …, v AS …, in MariaDB's grammar), none too few: where the grammar
 * is not followed, is_lost says so.
 */
#ifndef HEADGATE_SQL_TABLE_NAMES_H
#define HEADGATE_SQL_TABLE_NAMES_H

#include "sql/reader.h"

#include <stdbool.h>

enum { TABLE_NAMES_DEPTH = 64, TABLE_NAMES_WITH = 16 };

/* All private but is_lost. */
struct table_names {
    struct table_names_level {
        uint8_t place;     /* what the next token may be */
        uint8_t with;      /* likewise, of a WITH list */
        bool is_list;      /* a comma leads to another table */
        bool is_written;   /* the tables of this list are targets of a change */
        bool deletes;      /* DELETE was read: what follows FROM is a target */
        bool is_argument;  /* TRIM(… FROM …): that FROM is a preposition */
        bool is_recursive; /* WITH RECURSIVE */
    } levels[TABLE_NAMES_DEPTH];
    unsigned depth;
    struct {
        struct span name;
        unsigned depth; /* it is known there and deeper; its query stands one deeper */
        bool is_ready;  /* its query is over, or it may use itself */
    } with[TABLE_NAMES_WITH];
    unsigned with_count;
    struct span schema; /* of the name that is being read */
    bool is_lost;       /* the statement could not be followed: there may be names that were not told */
};

struct table_name {
    struct span schema; /* without quotes; empty: the current one. Borrows */
    struct span name;   /* likewise */
    bool is_written;
};

/* A new statement. */
void table_names_begin(struct table_names *names);
/* Look at the reader's current token, once for each. True: a table's name ends with it. `is_table_r`: the
 * token is a part of one, a schema or a table of a WITH list too, and so calls no function. */
bool table_names_step(struct table_names *names, const struct reader *reader, struct table_name *name_r,
                      bool *is_table_r);

#endif
