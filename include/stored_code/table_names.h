/* The names of tables and views in a statement. They are told apart from columns, aliases and names of WITH
 * lists by their place. Fed with one token after another. Pure; no allocation.
 *
 *      FROM a, s.b AS x JOIN (c, d) ON …    INSERT INTO a    UPDATE a, b SET    TABLE a
 *      WITH a AS (… FROM b)
 *
 * The result may contain a name that is no table (WINDOW w AS …, v AS …, in MariaDB's grammar), but a table
 * is never missed: where the grammar cannot be followed, is_lost is set. */
#pragma once

#include "tokens/reader.h"

#include <stdbool.h>

enum { TABLE_NAMES_DEPTH = 64, TABLE_NAMES_WITH = 16 };

/* All fields but is_lost are private. */
struct table_names {
    struct table_names_level {
        uint8_t place;     /* what the next token may be */
        uint8_t with;      /* what the next token of a WITH list may be */
        bool is_list;      /* after a comma another table follows */
        bool is_written;   /* the tables of this list are changed by the statement */
        bool deletes;      /* DELETE was read: the tables after FROM are changed */
        bool is_argument;  /* TRIM(… FROM …): this FROM is a preposition */
        bool is_recursive; /* WITH RECURSIVE */
    } levels[TABLE_NAMES_DEPTH];
    unsigned depth;
    struct {
        struct span name;
        unsigned depth; /* the name is known at this depth and deeper; its query is one level deeper */
        bool is_ready;  /* the query of the name has ended, or may use the name itself */
    } with[TABLE_NAMES_WITH];
    unsigned with_count;
    struct span schema; /* of the name that is being read */
    bool is_lost;       /* the statement was not understood: names may be missing */
};

struct table_name {
    struct span schema; /* without quotes; empty: the current one. Borrows */
    struct span name;   /* likewise */
    bool is_written;
};

/* Starts a new statement. */
void table_names_begin(struct table_names *names);
/* Takes the reader's current token; to be called once for each token. True: the token ends the name of a
 * table, which is in `name_r`. `is_table_r`: the token is part of the name of a table, of a schema or of a
 * WITH list, so it is no function call. */
bool table_names_step(struct table_names *names, const struct reader *reader, struct table_name *name_r,
                      bool *is_table_r);
