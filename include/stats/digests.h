/* The cost of statements, per normalised statement (sql/digest.h), cluster and user, in a table of bounded
 * size.
 *
 * Each worker has its own table, so nothing is locked or atomic. A reader visits the workers
 * (admin/visit_workers.h) and adds up their rows. The row of a statement is found by the shape of its text,
 * which classify() computes anyway; only a text whose shape was not seen recently is read again. Counting in
 * a known row allocates nothing.
 *
 * When the table is full, a few rows are compared, and the one with the least total time makes room. Its
 * sums are added to the row `others`, so no sum is lost. Memory: at most DIGEST_ROW_BYTES per row.
 *
 *   digests_init → per statement: digests_enter, later digests_leave → digests_fini */
#pragma once

#include "base/hash.h"
#include "base/hist.h"
#include "base/str.h"
#include "sql/digest.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are counted in buckets as in base/hist.h, but with two buckets per octave, to save memory. */
#define DIGEST_COARSE (HIST_FINE / 2)
#define DIGEST_BUCKETS (HIST_BUCKETS / DIGEST_COARSE + 1)

/* The cost of one statement, or the sum of a row. Times in microseconds. */
struct digest_cost {
    uint64_t count;    /* 1; 0 for a command that adds to another one: a FETCH, a PREPARE */
    uint64_t prepares; /* how often it was prepared */
    uint64_t errors;   /* the reply was an error, or its end was not waited for */
    uint64_t rows;     /* of results */
    uint64_t affected;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t total_us;
    uint64_t wait_us;   /* part of total_us: until it was sent, waiting for a server, connection or replica */
    uint64_t server_us; /* part of total_us: from then until the server had sent the end of the reply */
};

struct digest_sums {
    struct digest_cost cost;
    uint64_t max_us;
    uint64_t last_us; /* when the last statement ended, by the worker's clock; 0: none has ended */
    uint64_t buckets[DIGEST_BUCKETS];
};

struct digest_row {
    uint64_t key;    /* digest, cluster and user combined */
    uint64_t digest; /* of the text */
    struct digest_sums sums;
    unsigned users;  /* running statements; the row stays as long as there are any */
    uint32_t serial; /* changes each time the row is given to another statement */
    char *cluster;   /* owns one block, with the two below. NULL: the row is free, or it is `others` */
    const char *user;
    struct span text;
    UT_hash_handle hh;
};

#define DIGEST_NAME_MAX 64 /* bytes that are kept of the name of a cluster or user */
#define DIGEST_ROW_BYTES (sizeof(struct digest_row) + DIGEST_TEXT_MAX + 2 * (DIGEST_NAME_MAX + 1))

/* The row that a shape led to. Overwritten when another shape has the same slot. */
struct digest_seen {
    uint64_t shape; /* combined with digests_who() */
    struct digest_row *row;
    uint32_t serial; /* the row's serial at that time */
};

struct digests {
    struct digest_row *rows;   /* owns; NULL: nothing is counted */
    struct digest_row others;  /* sums of rows that made room, and of statements that found no row */
    struct digest_row *by_key; /* uthash */
    struct digest_seen *seen;  /* owns: rows by shape */
    size_t max;                /* rows */
    size_t used;
    size_t seen_mask;
    size_t hand;        /* the row where the next search for a row to replace begins */
    uint64_t evictions; /* rows that were replaced */
};

/* A statement that is about to run. */
struct digest_question {
    uint64_t shape;  /* sql_facts.shape; 0: none */
    uint64_t who;    /* digests_who() */
    struct span sql; /* its text; empty: no longer known */
    bool is_cut;     /* `sql` is only the beginning of the text */
    const char *cluster;
    const char *user;
};

/* max: rows; 0: nothing is counted. False: out of memory; digests_fini may be called then too. */
bool digests_init(struct digests *digests, size_t max);
void digests_fini(struct digests *digests);

static inline bool digests_are_on(const struct digests *digests)
{
    return digests->rows != NULL;
}

/* A number for cluster and user, whose statements are counted separately. Never 0. */
uint64_t digests_who(const char *cluster, const char *user);

/* The row of a text of this shape if the shape was seen recently, else NULL. */
static inline struct digest_row *digests_seen(const struct digests *digests, uint64_t shape, uint64_t who)
{
    const struct digest_seen *seen = &digests->seen[(shape ^ who) & digests->seen_mask];
    bool is_it = seen->shape == (shape ^ who) && seen->row != NULL && seen->row->serial == seen->serial;
    return is_it && shape != 0 ? seen->row : NULL;
}

/* Like digests_seen(), and counts a running statement in the row. */
static inline struct digest_row *digests_find(struct digests *digests, uint64_t shape, uint64_t who)
{
    struct digest_row *row = digests_seen(digests, shape, who);
    if (row != NULL)
        row->users++;
    return row;
}

/* Counts a running statement and returns its row: a known one, a new one, or `others`; never NULL.
 * `dialect`: how the statement's server reads the text. To be paired with digests_leave(). */
struct digest_row *digests_enter(struct digests *digests, const struct digest_question *question,
                                 const struct sql_dialect *dialect);

/* The text of the row of this shape, without literals; borrows from the row. Empty: not seen recently. */
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

/* The statement ended at now_us: its cost is added to the row. Inline, because the caller has the numbers at
 * hand. */
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

/* Clears all sums, and frees the rows that have no running statement. */
void digests_reset(struct digests *digests);

void digest_sums_add(struct digest_sums *sums, const struct digest_sums *more);
/* The time in microseconds that `permille` of the statements did not exceed; too large by at most half, or
 * by 3. 0 if there are no statements. */
uint64_t digest_quantile(const struct digest_sums *sums, unsigned permille);
