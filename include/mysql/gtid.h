/* Positions in a history of transactions (GTIDs) of both families, in one form: how far is each source? Pure.
 *
 *               source                       text
 *   MariaDB     a replication domain         0-1-123,1-2-45          (the server's number does not matter)
 *   MySQL       a server's uuid, or one      3e11fa47-…:1-5:7,       (intervals; after a tag, those of the
 * tag) of its tags                  71ca…:1-9:tag:1-3
 *
 * A session knows a handful of sources, a server may know thousands: so there are two shapes, and the
 * question is whether a server's `table` contains a session's `position`. What is asked for must be contained
 * whole: a source counts as far as its history is there without a gap (MySQL may apply out of order).
 *
 * Source: protocol.md §7.
 */
#ifndef HEADGATE_MYSQL_GTID_H
#define HEADGATE_MYSQL_GTID_H

#include "base/str.h"
#include "mysql/handshake.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More different sources than this in what one session has written: its position is not known. */
#define GTID_SOURCES_MAX 4

/* One stretch of a text: transactions `first` to `last` of a source. */
struct gtid_interval {
    uint64_t source; /* MariaDB: the domain; MySQL: a hash of uuid, or uuid:tag, in lower case */
    uint64_t first;  /* MariaDB: 1, for what comes later implies what came before */
    uint64_t last;
};

struct gtid_walk {
    enum server_family family;
    struct span rest;
    struct span uuid; /* MySQL: of the present set; empty before the first */
    uint64_t source;  /* … and of it, or of its tag */
    bool is_malformed;
};

/* Walks a MariaDB position list or a MySQL set (also gtid_owned's, where "#thread" follows a number). The
 * text is borrowed while walking; blanks and line breaks between its parts mean nothing. */
void gtid_walk_begin(struct gtid_walk *walk, enum server_family family, struct span text);
/* False at the end, and when malformed (then is_malformed). */
bool gtid_walk_next(struct gtid_walk *walk, struct gtid_interval *interval_r);

/* ---- what a session asks for ---- */

struct gtid_mark {
    uint64_t source;
    uint64_t reach; /* of the source's transactions, all up to this one */
};

struct gtid_position {
    struct gtid_mark marks[GTID_SOURCES_MAX];
    uint8_t count;
    bool is_unknown; /* more than can be said with these marks */
};

/* At least up to this mark. One source too many makes the position unknown. */
void gtid_position_raise(struct gtid_position *position, uint64_t source, uint64_t reach);
/* At least all that `text` names: MariaDB's last_gtid, MySQL's tracked GTIDs. Malformed: unknown. */
void gtid_position_read(struct gtid_position *position, enum server_family family, struct span text);
/* At least all that `other` says. */
void gtid_position_merge(struct gtid_position *position, const struct gtid_position *other);

/* Does it ask for all that `other` asks for? */
bool gtid_position_covers(const struct gtid_position *position, const struct gtid_position *other);

/* ---- what a server has ---- */

struct gtid_entry {
    uint64_t source;
    uint64_t reach; /* it has all transactions of the source up to this one; 0: not even the first */
    uint64_t last;  /* … and this is the newest that it has */
};

/* Zeroed memory is an empty table. */
struct gtid_table {
    struct gtid_entry *entries; /* owns; sorted by source */
    size_t count;
    size_t cap;
};

/* As if nothing were known; memory is kept. */
void gtid_table_clear(struct gtid_table *table);
void gtid_table_fini(struct gtid_table *table);

/* Adds what `text` names. False when it is malformed or memory is out: then the table is empty. */
bool gtid_table_read(struct gtid_table *table, enum server_family family, struct span text);

/* The source's entry; borrowed until the table changes. NULL: it has none. Cost: binary search. */
const struct gtid_entry *gtid_table_find(const struct gtid_table *table, uint64_t source);

/* Does the table contain the whole position? False if the position is unknown. */
bool gtid_table_contains(const struct gtid_table *table, const struct gtid_position *position);

/* Has the server the newest transaction of each source in `other`, and all before it? Cost: the length of
 * `other` searches. */
bool gtid_table_includes(const struct gtid_table *table, const struct gtid_table *other);

/* Is the server's newest transaction of each source the position's or a newer one? What is beyond a gap
 * counts: it was committed there. */
bool gtid_table_reaches(const struct gtid_table *table, const struct gtid_position *position);

/* False when memory is out: then `to` is empty. */
bool gtid_table_copy(struct gtid_table *to, const struct gtid_table *from);

/* Raises `position` by every source that is newer in `now` than it is in `before`. */
void gtid_table_diff(const struct gtid_table *now, const struct gtid_table *before,
                     struct gtid_position *position);

#endif
