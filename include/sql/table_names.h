/* The names of tables and views in a statement, told apart from columns, aliases and names of WITH lists by
 * their place. Fed with one token after the other. Pure; no allocation.
 *
 *      FROM a, s.b AS x JOIN (c, d) ON …    INSERT INTO a    UPDATE a, b SET    TABLE a
 *      WITH a AS (… FROM b)
 *
 * A name too many is possible (WINDOW w AS …, v AS …, in MariaDB's grammar), a name too few is not: where the
 * grammar cannot be followed, is_lost is set.
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
        unsigned depth; /* the name is known at this depth and deeper; its query is one deeper */
        bool is_ready;  /* its query has ended, or may use the name itself */
    } with[TABLE_NAMES_WITH];
    unsigned with_count;
    struct span schema; /* of the name that is being read */
    bool is_lost;       /* the statement could not be followed: names may be missing */
};

struct table_name {
    struct span schema; /* without quotes; empty: the current one. Borrows */
    struct span name;   /* likewise */
    bool is_written;
};

/* A new statement. */
void table_names_begin(struct table_names *names);
/* Takes the reader's current token; to be called once for each. True: the token ends a table's name.
 * `is_table_r`: the token is part of a table's name, of a schema's, or of a name of a WITH list, so it calls
 * no function. */
bool table_names_step(struct table_names *names, const struct reader *reader, struct table_name *name_r,
                      bool *is_table_r);

#endif
