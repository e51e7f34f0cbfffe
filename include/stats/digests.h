/* What statements cost, per normalised statement (sql/digest.h), cluster and user: a table of bounded size.
 *
 * Each worker has one of its own, so nothing here is locked or atomic; readers visit the workers
 * (admin/visit_workers.h) and add the rows up. A statement's row is found by the text's shape, which
 * classify() has for nothing: only a shape that was not seen lately is read a second time. A row that is
 * known costs no allocation.
 *
 * When the table is full, the one that has taken the least time among a few makes room, and is summed into
 * the row of the others; so no sum is ever lost. Memory: DIGEST_ROW_BYTES a row at most.
 *
 *   digests_init → per statement: digests_enter, later digests_leave → digests_fini
 */
#ifndef HEADGATE_STATS_DIGESTS_H
#define HEADGATE_STATS_DIGESTS_H

#include "base/hash.h"
#include "base/hist.h"
#include "base/str.h"
#include "sql/digest.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are counted by size as in base/hist.h, but two buckets for each octave: there are many rows. */
#define DIGEST_COARSE (HIST_FINE / 2)
#define DIGEST_BUCKETS (HIST_BUCKETS / DIGEST_COARSE + 1)

/* What one statement has cost, and what all of a row have. Times in microseconds. */
struct digest_cost {
    uint64_t count;    /* 1, or 0 for what only adds to another one: a FETCH, a PREPARE */
    uint64_t prepares; /* that it was prepared */
    uint64_t errors;   /* an error was the answer, or its end was not waited for */
    uint64_t rows;     /* of results */
    uint64_t affected;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t total_us;
    uint64_t wait_us;   /* of that, until it was sent: for a server, a connection, a replica to catch up */
    uint64_t server_us; /* … from then until the server had said the last of it */
};

struct digest_sums {
    struct digest_cost cost;
    uint64_t max_us;
    uint64_t last_us; /* when the last one ended, by the worker's clock; 0: none has */
    uint64_t buckets[DIGEST_BUCKETS];
};

struct digest_row {
    uint64_t key;    /* of both together */
    uint64_t digest; /* of the text */
    struct digest_sums sums;
    unsigned users;  /* statements that run: it stays as long as there are some */
    uint32_t serial; /* another one each time that the row gets a new statement */
    char *cluster; /* owns, with the two below it: one block. NULL: the row is free, or that of the others */
    const char *user;
    struct span text;
    UT_hash_handle hh;
};

#define DIGEST_NAME_MAX 64 /* bytes of a cluster's or user's name that are kept */
#define DIGEST_ROW_BYTES (sizeof(struct digest_row) + DIGEST_TEXT_MAX + 2 * (DIGEST_NAME_MAX + 1))

/* Which row a shape led to: forgotten when another shape comes to the same place. */
struct digest_seen {
    uint64_t shape; /* mixed with who */
    struct digest_row *row;
    uint32_t serial; /* of the row then */
};

struct digests {
    struct digest_row *rows;   /* owns; NULL: nothing is counted */
    struct digest_row others;  /* those that made room, and those that found none */
    struct digest_row *by_key; /* uthash */
    struct digest_seen *seen;  /* owns: rows by shape */
    size_t max;                /* rows */
    size_t used;
    size_t seen_mask;
    size_t hand;        /* where the search for a row that makes room goes on */
    uint64_t evictions; /* rows that made room */
};

/* A statement about to be run. */
struct digest_question {
    uint64_t shape;  /* sql_facts.shape; 0: none */
    uint64_t who;    /* digests_who() */
    struct span sql; /* its text; empty: not known any more */
    bool is_cut;     /* … that is only its beginning */
    const char *cluster;
    const char *user;
};

/* max: rows; 0: nothing is counted. False when memory is out; digests_fini is fine then too. */
bool digests_init(struct digests *digests, size_t max);
void digests_fini(struct digests *digests);

static inline bool digests_are_on(const struct digests *digests)
{
    return digests->rows != NULL;
}

/* Whose statements are counted apart. Never 0. */
uint64_t digests_who(const char *cluster, const char *user);

/* The row of a text of that shape, if it was seen lately; else NULL. */
static inline struct digest_row *digests_seen(const struct digests *digests, uint64_t shape, uint64_t who)
{
    const struct digest_seen *seen = &digests->seen[(shape ^ who) & digests->seen_mask];
    bool is_it = seen->shape == (shape ^ who) && seen->row != NULL && seen->row->serial == seen->serial;
    return is_it && shape != 0 ? seen->row : NULL;
}

/* The same; it has one user more. */
static inline struct digest_row *digests_find(struct digests *digests, uint64_t shape, uint64_t who)
{
    struct digest_row *row = digests_seen(digests, shape, who);
    if (row != NULL)
        row->users++;
    return row;
}

/* The same, in any case: its row, a new one, or that of the others. `dialect`: how its server reads it. */
struct digest_row *digests_enter(struct digests *digests, const struct digest_question *question,
                                 const struct sql_dialect *dialect);

/* What that row says, without literals; borrows from it. Empty: it was not seen lately. */
struct span digests_text(const struct digests *digests, uint64_t shape, uint64_t who);

static inline void digest_cost_add(struct digest_cost *sums, const struct digest_cost *cost)
{
    sums->count += cost->count;
    sums->prepares += cost->prepares;
    sums->errors += cost->errors;
    sums->rows += cost->rows;
    sums->affected += cost->affected;
    sums->bytes_in += cost->bytes_in;
    sums->bytes_out += cost->bytes_out;
    sums->total_us += cost->total_us;
    sums->wait_us += cost->wait_us;
    sums->server_us += cost->server_us;
}

/* The statement is over, at now_us: the row has one user less. In the caller, where its numbers are. */
static inline void digests_leave(struct digest_row *row, const struct digest_cost *cost, uint64_t now_us)
{
    struct digest_sums *sums = &row->sums;
    assert(row->users > 0);
    row->users--;
    digest_cost_add(&sums->cost, cost);
    sums->last_us = now_us;
    if (cost->count == 0)
        return;
    if (cost->total_us > sums->max_us)
        sums->max_us = cost->total_us;
    sums->buckets[hist_bucket(cost->total_us) / DIGEST_COARSE]++;
}

/* Forget everything, but for the texts of what runs now. */
void digests_reset(struct digests *digests);

void digest_sums_add(struct digest_sums *sums, const struct digest_sums *more);
/* The time, in microseconds, that `permille` of the statements did not take longer than: at most half as much
 * again, or 3 more. 0 where there are none. */
uint64_t digest_quantile(const struct digest_sums *sums, unsigned permille);

#endif
