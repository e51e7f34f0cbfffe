#include "stats/digests.h"

#include "base/mem.h"

#include <string.h>

#define LOOKED_AT 8 /* rows that are compared when one must make room */
#define SEARCHED 64 /* rows that are visited at most; rows with running statements are skipped */
#define SEEN_PER_ROW 2

bool digests_init(struct digests *digests, size_t max)
{
    size_t seen = SEEN_PER_ROW;
    *digests = (struct digests){ .max = max };
    if (max == 0)
        return true;
    while (seen < max * SEEN_PER_ROW)
        seen *= 2;
    digests->seen_mask = seen - 1;
    digests->seen = mem_zalloc(seen * sizeof *digests->seen);
    digests->rows = mem_zalloc(max * sizeof *digests->rows);
    if (digests->seen != NULL && digests->rows != NULL)
        return true;
    digests_fini(digests);
    return false;
}

static void forget(struct digests *digests, struct digest_row *row)
{
    assert(digests->by_key != NULL);
    HASH_DEL(digests->by_key, row);
    mem_free(row->cluster);
    uint32_t serial = row->serial + 1; /* entries of `seen` that lead here are no longer valid */
    *row = (struct digest_row){ .serial = serial };
    digests->used--;
}

void digests_fini(struct digests *digests)
{
    for (size_t i = 0; digests->rows != NULL && i < digests->max; i++)
        if (digests->rows[i].cluster != NULL)
            forget(digests, &digests->rows[i]);
    mem_free(digests->rows);
    mem_free(digests->seen);
    digests->rows = NULL;
    digests->seen = NULL;
}

uint64_t digests_who(const char *cluster, const char *user)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a: the names are short and hashed once per login */
    for (const char *c = cluster; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 1099511628211U;
    hash *= 1099511628211U;
    for (const char *c = user; *c != '\0'; c++)
        hash = (hash ^ (uint8_t)*c) * 1099511628211U;
    return hash == 0 ? 1 : hash;
}

/* ---- making room ---- */

static struct digest_row *pick_least(struct digests *digests)
{
    struct digest_row *least = NULL;
    unsigned looked_at = 0;
    for (size_t i = 0; i < SEARCHED && i < digests->max && looked_at < LOOKED_AT; i++) {
        struct digest_row *row = &digests->rows[digests->hand];
        digests->hand = digests->hand + 1 == digests->max ? 0 : digests->hand + 1;
        if (row->users > 0)
            continue;
        looked_at++;
        if (least == NULL || row->sums.cost.total_us < least->sums.cost.total_us)
            least = row;
    }
    return least;
}

/* A free row, or NULL: all rows that were visited have running statements. */
static struct digest_row *make_room(struct digests *digests)
{
    if (digests->used < digests->max) {
        while (digests->rows[digests->hand].cluster != NULL)
            digests->hand = digests->hand + 1 == digests->max ? 0 : digests->hand + 1;
        return &digests->rows[digests->hand];
    }
    struct digest_row *row = pick_least(digests);
    if (row == NULL)
        return NULL;
    digest_sums_add(&digests->others.sums, &row->sums);
    digests->evictions++;
    forget(digests, row);
    return row;
}

/* ---- new rows ---- */

static size_t name_len(const char *name)
{
    return strnlen(name, DIGEST_NAME_MAX);
}

/* "cluster\0user\0text" in one block. */
static bool write_names(struct digest_row *row, const struct digest_question *question, struct span text)
{
    size_t cluster_len = name_len(question->cluster), user_len = name_len(question->user);
    char *block = mem_zalloc(cluster_len + 1 + user_len + 1 + text.len);
    if (block == NULL)
        return false;
    char *user = block + cluster_len + 1, *bytes = user + user_len + 1;
    memcpy(block, question->cluster, cluster_len);
    memcpy(user, question->user, user_len);
    memcpy(bytes, text.data, text.len);
    row->cluster = block;
    row->user = user;
    row->text = span_of(bytes, text.len);
    return true;
}

/* Adds a row. NULL: no row is free, or out of memory. */
static struct digest_row *add_row(struct digests *digests, const struct digest_question *question,
                                  uint64_t digest, struct span text)
{
    struct digest_row *row = make_room(digests);
    if (row == NULL || !write_names(row, question, text))
        return NULL;
    row->digest = digest;
    row->key = digest ^ question->who;
    HASH_ADD(hh, digests->by_key, key, sizeof row->key, row);
    if (hash_has(row)) {
        digests->used++;
        return row;
    }
    mem_free(row->cluster);
    row->cluster = NULL;
    return NULL;
}

static struct digest_row *row_of_text(struct digests *digests, const struct digest_question *question,
                                      const struct sql_dialect *dialect)
{
    struct digest_text text;
    struct digest_row *row;
    uint64_t digest = digest_read(question->sql, question->is_cut, dialect, &text);
    uint64_t key = digest ^ question->who;
    HASH_FIND(hh, digests->by_key, &key, sizeof key, row);
    return row != NULL ? row : add_row(digests, question, digest, span_of(text.bytes, text.len));
}

struct span digests_text(const struct digests *digests, uint64_t shape, uint64_t who)
{
    const struct digest_row *row = digests_are_on(digests) ? digests_seen(digests, shape, who) : NULL;
    return row != NULL && row->cluster != NULL ? row->text : (struct span){ 0 };
}

struct digest_row *digests_enter(struct digests *digests, const struct digest_question *question,
                                 const struct sql_dialect *dialect)
{
    struct digest_row *row = digests_find(digests, question->shape, question->who);
    if (row != NULL)
        return row;
    if (question->sql.data != NULL)
        row = row_of_text(digests, question, dialect);
    if (row == NULL) {
        digests->others.users++;
        return &digests->others;
    }
    uint64_t shape = question->shape ^ question->who;
    if (question->shape != 0)
        digests->seen[shape & digests->seen_mask] = (struct digest_seen){ shape, row, row->serial };
    row->users++;
    return row;
}

/* ---- sums ---- */

void digests_reset(struct digests *digests)
{
    for (size_t i = 0; digests->rows != NULL && i < digests->max; i++) {
        struct digest_row *row = &digests->rows[i];
        if (row->users > 0)
            row->sums = (struct digest_sums){ 0 };
        else if (row->cluster != NULL)
            forget(digests, row);
    }
    digests->others.sums = (struct digest_sums){ 0 };
    digests->evictions = 0;
}

void digest_sums_add(struct digest_sums *sums, const struct digest_sums *more)
{
    digest_cost_add(&sums->cost, &more->cost);
    if (more->max_us > sums->max_us)
        sums->max_us = more->max_us;
    if (more->last_us > sums->last_us)
        sums->last_us = more->last_us;
    for (unsigned i = 0; i < DIGEST_BUCKETS; i++)
        sums->buckets[i] += more->buckets[i];
}

uint64_t digest_quantile(const struct digest_sums *sums, unsigned permille)
{
    uint64_t wanted = (sums->cost.count * permille + 999) / 1000, seen = 0;
    for (unsigned i = 0; i < DIGEST_BUCKETS && wanted > 0; i++) {
        seen += sums->buckets[i];
        if (seen < wanted)
            continue;
        uint64_t longest = hist_bound(i * DIGEST_COARSE + DIGEST_COARSE - 1) - 1;
        return longest < sums->max_us ? longest : sums->max_us;
    }
    return 0;
}
