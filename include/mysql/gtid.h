/* Positions in a replication history (GTIDs) of MariaDB and MySQL in one form: for each source, the number of
 * its last transaction. Pure.
 *
 *               source                        text
 *   MariaDB     a replication domain          0-1-123,1-2-45           (the server id is ignored)
 *   MySQL       the uuid of a server,         3e11fa47-…:1-5:7,        (intervals of transaction numbers;
 *               or one of its tags            71ca…:1-9:tag:1-3        after a tag, those of the tag)
 *
 * There are two structs: a session's `position` has a few sources, a server's `table` may have thousands. The
 * question is whether the table contains the position. A source counts only up to the first gap in its
 * history: MySQL may apply transactions out of order.
 *
 * Source: protocol.md §7. */
#pragma once

#include "base/str.h"
#include "mysql/handshake.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A position with more sources than this is unknown. */
#define GTID_SOURCES_MAX 4

/* One interval of a GTID text: transactions `first` to `last` of a source. */
struct gtid_interval {
    uint64_t source; /* MariaDB: the domain; MySQL: a hash of uuid, or uuid:tag, in lower case */
    uint64_t first;  /* MariaDB: always 1, because a transaction implies all earlier ones of its domain */
    uint64_t last;
};

struct gtid_walk {
    enum server_family family;
    struct span rest;
    struct span uuid; /* MySQL: uuid of the current set; empty before the first one */
    uint64_t source;  /* MySQL: number of that uuid, or of its current tag */
    bool is_malformed;
};

/* Walks a MariaDB position list or a MySQL GTID set (also @@gtid_owned, which has "#thread" after a number).
 * The text is borrowed during the walk. Blanks and line breaks between the parts are ignored. */
void gtid_walk_begin(struct gtid_walk *walk, enum server_family family, struct span text);
/* The next interval. False at the end, and when the text is malformed (then is_malformed is set). */
bool gtid_walk_next(struct gtid_walk *walk, struct gtid_interval *interval_r);

/* ---- the position that a session needs ---- */

struct gtid_mark {
    uint64_t source;
    uint64_t reach; /* number of the last transaction needed; all earlier ones of the source are needed too */
};

struct gtid_position {
    struct gtid_mark marks[GTID_SOURCES_MAX];
    uint8_t count;
    bool is_unknown; /* the position cannot be expressed with these marks */
};

/* Raises the mark of `source` to at least `reach`. One source too many makes the position unknown. */
void gtid_position_raise(struct gtid_position *position, uint64_t source, uint64_t reach);
/* Raises the position to include all that `text` names: MariaDB's last_gtid, MySQL's tracked GTIDs. A
 * malformed text makes the position unknown. */
void gtid_position_read(struct gtid_position *position, enum server_family family, struct span text);
/* Raises the position to include `other`. */
void gtid_position_merge(struct gtid_position *position, const struct gtid_position *other);

/* Does `position` include all transactions of `other`? False if `other` is unknown. */
bool gtid_position_covers(const struct gtid_position *position, const struct gtid_position *other);

/* ---- the transactions that a server has ---- */

struct gtid_entry {
    uint64_t source;
    uint64_t reach; /* all transactions of the source up to this number are there; 0: not even the first */
    uint64_t last;  /* the number of the newest transaction of the source that the server has */
};

/* The history of one server. Zeroed memory is an empty table. */
struct gtid_table {
    struct gtid_entry *entries; /* owns; sorted by source */
    size_t count;
    size_t cap;
};

/* Empties the table; its memory is kept. */
void gtid_table_clear(struct gtid_table *table);
void gtid_table_fini(struct gtid_table *table);

/* Adds the transactions that `text` names. False when the text is malformed or memory is out: then the table
 * is empty. */
bool gtid_table_read(struct gtid_table *table, enum server_family family, struct span text);

/* The entry of a source; borrowed until the table changes. NULL: the table does not have the source. Cost: a
 * binary search. */
const struct gtid_entry *gtid_table_find(const struct gtid_table *table, uint64_t source);

/* Does the table contain the whole position? False if the position is unknown. */
bool gtid_table_contains(const struct gtid_table *table, const struct gtid_position *position);

/* Does the server have, for each source in `other`, the newest transaction of `other` and all before it?
 * Cost: one binary search per source in `other`. */
bool gtid_table_includes(const struct gtid_table *table, const struct gtid_table *other);

/* Is the server's newest transaction of each source equal to or newer than the one in `position`?
 * Transactions after a gap count: the server has committed them. */
bool gtid_table_reaches(const struct gtid_table *table, const struct gtid_position *position);

/* Copies a table. False when memory is out: then `to` is empty. */
bool gtid_table_copy(struct gtid_table *to, const struct gtid_table *from);

/* Raises `position` to the newest transaction in `now` of each source that is newer there than in
 * `before`. */
void gtid_table_diff(const struct gtid_table *now, const struct gtid_table *before,
                     struct gtid_position *position);
