/* The table of digests, compared with a simple reference: a list of rows that is searched from its beginning.
 */
#include "../base/unit.h"

#include "base/mem.h"
#include "stats/digests.h"

#include <stdlib.h>

#define NAMES 60 /* more statements than the reference's table has rows */
#define ROWS_MAX 40

static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };

static const struct {
    const char *cluster;
    const char *user;
} owners[] = { { "main", "app" }, { "main", "report" }, { "other", "app" } };
#define OWNERS COUNT_OF(owners)

/* ---- the reference ---- */

struct twin_row {
    char text[64];
    unsigned owner;
    unsigned users;
    struct digest_sums sums;
    bool is_there;
};

struct twin {
    struct twin_row rows[ROWS_MAX];
    struct twin_row others;
    size_t max;
    size_t hand;
    size_t used;
    uint64_t evictions;
};

static void twin_add(struct digest_sums *sums, const struct digest_sums *more)
{
    const uint64_t *from = (const uint64_t *)(const void *)&more->cost;
    uint64_t *to = (uint64_t *)(void *)&sums->cost;
    for (size_t i = 0; i < sizeof sums->cost / sizeof *to; i++)
        to[i] += from[i];
    for (size_t i = 0; i < DIGEST_BUCKETS; i++)
        sums->buckets[i] += more->buckets[i];
    sums->max_us = sums->max_us > more->max_us ? sums->max_us : more->max_us;
    sums->last_us = sums->last_us > more->last_us ? sums->last_us : more->last_us;
}

/* Among the next eight rows without a running statement, the row with the least total time; at most 64 rows
 * are looked at. */
static struct twin_row *twin_least(struct twin *twin)
{
    struct twin_row *least = NULL;
    for (size_t i = 0, seen = 0; i < 64 && i < twin->max && seen < 8; i++) {
        struct twin_row *row = &twin->rows[twin->hand];
        twin->hand = (twin->hand + 1) % twin->max;
        if (row->users > 0)
            continue;
        seen++;
        if (least == NULL || row->sums.cost.total_us < least->sums.cost.total_us)
            least = row;
    }
    return least;
}

static struct twin_row *twin_room(struct twin *twin)
{
    if (twin->used < twin->max) {
        while (twin->rows[twin->hand].is_there)
            twin->hand = (twin->hand + 1) % twin->max;
        twin->used++;
        return &twin->rows[twin->hand];
    }
    struct twin_row *row = twin_least(twin);
    if (row != NULL) {
        twin_add(&twin->others.sums, &row->sums);
        twin->evictions++;
    }
    return row;
}

static struct twin_row *twin_enter(struct twin *twin, const char *text, unsigned owner)
{
    struct twin_row *row = NULL;
    for (size_t i = 0; i < twin->max && row == NULL; i++)
        if (twin->rows[i].is_there && twin->rows[i].owner == owner && strcmp(twin->rows[i].text, text) == 0)
            row = &twin->rows[i];
    if (row == NULL && (row = twin_room(twin)) != NULL) {
        *row = (struct twin_row){ .owner = owner, .is_there = true };
        (void)snprintf(row->text, sizeof row->text, "%s", text);
    }
    if (row == NULL)
        row = &twin->others;
    row->users++;
    return row;
}

static void twin_leave(struct twin_row *row, const struct digest_cost *cost, uint64_t now_us)
{
    struct digest_sums one = { .cost = *cost, .last_us = now_us };
    unsigned bucket = 0;
    row->users--;
    if (cost->count > 0) {
        one.max_us = cost->total_us;
        uint64_t end = 4; /* end of the first bucket; then two buckets per power of two */
        for (; cost->total_us >= end && bucket < DIGEST_BUCKETS - 1; bucket++)
            end = (end & (end - 1)) == 0 && end > 4 ? end + end / 2 : end == 4 ? 8 : end / 3 * 4;
        one.buckets[bucket] = 1;
    }
    twin_add(&row->sums, &one);
}

static void twin_reset(struct twin *twin)
{
    for (size_t i = 0; i < twin->max; i++) {
        struct twin_row *row = &twin->rows[i];
        row->sums = (struct digest_sums){ 0 };
        twin->used -= row->is_there && row->users == 0;
        row->is_there &= row->users > 0;
    }
    twin->others.sums = (struct digest_sums){ 0 };
    twin->evictions = 0;
}

/* ---- comparison ---- */

static void assert_same_sums(const struct digest_sums *found, const struct digest_sums *wanted)
{
    assert_memory_equal(found, wanted, sizeof *found);
}

static void assert_same(const struct digests *digests, const struct twin *twin)
{
    assert_int_equal(digests->used, twin->used);
    assert_int_equal(digests->evictions, twin->evictions);
    assert_int_equal(HASH_COUNT(digests->by_key), twin->used);
    for (size_t i = 0; i < twin->max; i++) {
        const struct digest_row *row = &digests->rows[i];
        const struct twin_row *wanted = &twin->rows[i];
        assert_int_equal(row->cluster != NULL, wanted->is_there);
        if (!wanted->is_there)
            continue;
        assert_span(row->text, wanted->text);
        assert_string_equal(row->cluster, owners[wanted->owner].cluster);
        assert_string_equal(row->user, owners[wanted->owner].user);
        assert_int_equal(row->users, wanted->users);
        assert_same_sums(&row->sums, &wanted->sums);
    }
    assert_int_equal(digests->others.users, twin->others.users);
    assert_same_sums(&digests->others.sums, &twin->others.sums);
}

struct running {
    struct digest_row *row;
    struct twin_row *twin;
};

static struct running begin(struct digests *digests, struct twin *twin, uint64_t *seed)
{
    char sql[64], text[64];
    unsigned name = next_random(seed) % NAMES, owner = next_random(seed) % OWNERS;
    (void)snprintf(sql, sizeof sql, "SELECT a FROM t%u WHERE id = %u", name, next_random(seed) % 1000);
    (void)snprintf(text, sizeof text, "SELECT a FROM t%u WHERE id = ?", name);
    struct digest_question question = { .shape = chance(seed, 8) ? 0 : name + 1,
                                        .who = digests_who(owners[owner].cluster, owners[owner].user),
                                        .sql = span_cstr(sql),
                                        .cluster = owners[owner].cluster,
                                        .user = owners[owner].user };
    return (struct running){ digests_enter(digests, &question, &dialect), twin_enter(twin, text, owner) };
}

static struct digest_cost some_cost(uint64_t *seed)
{
    uint64_t total = next_random(seed) >> next_random(seed) % 32;
    return (struct digest_cost){
        .count = !chance(seed, 6),
        .prepares = chance(seed, 6),
        .errors = chance(seed, 9),
        .rows = next_random(seed) % 100,
        .affected = next_random(seed) % 100,
        .bytes_in = next_random(seed) % 1000,
        .bytes_out = next_random(seed) % 1000,
        .total_us = total,
        .wait_us = total / 3,
        .server_us = total / 2,
    };
}

#define RUNNING 12

static void play(size_t max, uint64_t seed)
{
    struct digests digests;
    struct twin *twin = calloc(1, sizeof *twin);
    struct running running[RUNNING] = { { NULL, NULL } };
    assert_true(digests_init(&digests, max));
    twin->max = max;
    for (uint64_t step = 1; step <= 4000; step++) {
        struct running *one = &running[next_random(&seed) % RUNNING];
        if (one->row == NULL) {
            *one = begin(&digests, twin, &seed);
        } else {
            struct digest_cost cost = some_cost(&seed);
            digests_leave(one->row, &cost, step);
            twin_leave(one->twin, &cost, step);
            one->row = NULL;
        }
        if (chance(&seed, 1000)) {
            digests_reset(&digests);
            twin_reset(twin);
        }
        if (chance(&seed, 16))
            assert_same(&digests, twin);
    }
    assert_same(&digests, twin);
    assert_true(max >= NAMES * OWNERS || twin->others.sums.cost.total_us > 0);
    digests_fini(&digests);
    assert_null(digests.by_key);
    free(twin);
}

TEST(the_table_is_what_a_list_would_be)
{
    static const size_t sizes[] = { 1, 2, 7, 8, 9, 33, ROWS_MAX };
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (uint64_t seed = 1; seed <= 3; seed++)
            play(sizes[i], seed * 1000 + i);
}

/* ---- single properties ---- */

static struct digest_row *enter(struct digests *digests, const char *sql, uint64_t shape)
{
    struct digest_question question = { .shape = shape,
                                        .who = digests_who("main", "app"),
                                        .sql = sql != NULL ? span_cstr(sql) : (struct span){ 0 },
                                        .cluster = "main",
                                        .user = "app" };
    return digests_enter(digests, &question, &dialect);
}

static void leave(struct digest_row *row, uint64_t total_us)
{
    struct digest_cost cost = { .count = 1, .total_us = total_us };
    digests_leave(row, &cost, 1);
}

TEST(a_known_statement_costs_no_allocation)
{
    struct digests digests;
    assert_true(digests_init(&digests, 4));
    leave(enter(&digests, "SELECT 1", 7), 1);
    unsigned long before = mem_allocations();
    for (int i = 0; i < 100; i++)
        leave(enter(&digests, "SELECT 2", i % 2 == 0 ? 7 : 0), 1); /* found by its shape, and by its text */
    assert_int_equal(mem_allocations(), before);
    assert_int_equal(digests.rows[0].sums.cost.count, 101);
    digests_fini(&digests);
}

/* A row that was replaced is no longer found by its shape. A row whose statement runs is never replaced. */
TEST(a_row_stays_while_its_statement_runs)
{
    struct digests digests;
    assert_true(digests_init(&digests, 1));
    struct digest_row *first = enter(&digests, "SELECT a", 1);
    struct digest_row *second = enter(&digests, "SELECT b", 2);
    assert_ptr_equal(second, &digests.others);
    leave(second, 5);
    assert_span(first->text, "SELECT a");
    leave(first, 3);
    second = enter(&digests, "SELECT b", 2);
    assert_ptr_equal(second, first); /* in the same row */
    assert_span(second->text, "SELECT b");
    assert_null(digests_find(&digests, 1, digests_who("main", "app")));
    assert_int_equal(digests.others.sums.cost.total_us, 8);
    leave(second, 1);
    digests_fini(&digests);
}

TEST(a_text_that_is_not_known_any_more_counts_with_the_others)
{
    struct digests digests;
    assert_true(digests_init(&digests, 2));
    assert_ptr_equal(enter(&digests, NULL, 9), &digests.others);
    leave(&digests.others, 4);
    leave(enter(&digests, "SELECT a", 9), 1);
    assert_ptr_equal(enter(&digests, NULL, 9), &digests.rows[0]); /* the row is found by its shape */
    leave(&digests.rows[0], 1);
    digests_fini(&digests);
}

TEST(without_memory_statements_count_with_the_others)
{
    struct digests digests;
    long fail_at = 0;
    for (; fail_at < 10; fail_at++) {
        mem_fail_after(fail_at);
        bool is_made = digests_init(&digests, 2);
        mem_fail_after(-1);
        if (is_made)
            break;
        assert_false(digests_are_on(&digests));
        digests_fini(&digests);
    }
    assert_int_equal(fail_at, 2);
    for (fail_at = 0; fail_at < 10; fail_at++) {
        mem_fail_after(fail_at);
        struct digest_row *row = enter(&digests, "SELECT a", 1);
        mem_fail_after(-1);
        leave(row, 2);
        if (row != &digests.others)
            break;
        assert_int_equal(digests.used, 0);
    }
    assert_in_range(fail_at, 2, 9);
    assert_int_equal(digests.others.sums.cost.count, (unsigned long)fail_at);
    digests_fini(&digests);
}

TEST(quantiles_are_at_most_half_too_much)
{
    struct digests digests;
    uint64_t seed = 3;
    assert_true(digests_init(&digests, 1));
    assert_int_equal(digest_quantile(&digests.others.sums, 500), 0);
    for (uint64_t longest = 1; longest < UINT64_C(1) << 31; longest = longest * 3 + next_random(&seed) % 7) {
        digests_reset(&digests);
        for (uint64_t i = 1; i <= 100; i++)
            leave(enter(&digests, "SELECT a", 1), longest * i / 100);
        for (unsigned permille = 10; permille <= 1000; permille += 10) {
            uint64_t exact = longest * (permille / 10) / 100;
            uint64_t found = digest_quantile(&digests.rows[0].sums, permille);
            assert_row(found >= exact && found <= exact + exact / 2 + 3, "%u of %llu: %llu", permille,
                       (unsigned long long)longest, (unsigned long long)found);
        }
        assert_int_equal(digest_quantile(&digests.rows[0].sums, 1000), longest);
    }
    digests_fini(&digests);
}

/* The buckets end at 3, 7, 95 and 127 microseconds. A quantile is never above the longest time. */
TEST(quantiles_of_three_times)
{
    static const struct {
        unsigned permille;
        uint64_t us;
    } rows[] = { { 0, 0 }, { 1, 3 }, { 333, 3 }, { 334, 7 }, { 666, 7 }, { 667, 100 }, { 1000, 100 } };
    struct digest_row row = { .users = 3 };
    leave(&row, 1);
    leave(&row, 5);
    assert_int_equal(digest_quantile(&row.sums, 1000), 5);
    assert_int_equal(digest_quantile(&row.sums, 500), 3);
    leave(&row, 100);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(digest_quantile(&row.sums, rows[i].permille), rows[i].us);
}

/* The table of shapes has twice as many places as rows, rounded up to a power of two. */
TEST(places_of_shapes_for_a_number_of_rows)
{
    static const size_t rows[][2] = { { 1, 2 }, { 2, 4 }, { 3, 8 }, { 4, 8 }, { 5, 16 }, { 1000, 2048 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct digests digests;
        assert_true(digests_init(&digests, rows[i][0]));
        assert_int_equal(digests.seen_mask + 1, rows[i][1]);
        digests_fini(&digests);
        assert_false(digests_are_on(&digests));
    }
}

TEST(a_text_is_known_by_its_shape)
{
    struct digests digests;
    struct digest_question question = { .shape = 7,
                                        .who = digests_who("main", "app"),
                                        .sql = SPAN_LITERAL("SELECT 1"),
                                        .cluster = "main",
                                        .user = "app" };
    assert_true(digests_init(&digests, 1));
    assert_null(digests_text(&digests, 7, question.who).data);
    leave(digests_enter(&digests, &question, &dialect), 1);
    assert_span(digests_text(&digests, 7, question.who), "SELECT ?");
    assert_null(digests_text(&digests, 8, question.who).data);
    assert_null(digests_text(&digests, 7, question.who + 1).data);
    assert_string_equal(digests.rows[0].cluster, "main");
    assert_string_equal(digests.rows[0].user, "app");
    question.shape = 9;
    question.sql = SPAN_LITERAL("SELECT a");
    leave(digests_enter(&digests, &question, &dialect), 1);
    assert_null(digests_text(&digests, 7, question.who).data); /* its row was replaced */
    digests_fini(&digests);
    assert_true(digests_init(&digests, 0));
    assert_null(digests_text(&digests, 7, question.who).data);
    digests_fini(&digests);
}

TEST(every_name_counts_in_who)
{
    static const char *const names[][2] = { { "a", "b" }, { "b", "a" },  { "ab", "" },
                                            { "", "ab" }, { "", "" },    { "a", "" },
                                            { "", "a" },  { "a", "bb" }, { "aa", "b" } };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        for (size_t j = 0; j < i; j++)
            assert_true(digests_who(names[i][0], names[i][1]) != digests_who(names[j][0], names[j][1]));
}

RUN_TESTS(NULL, NULL)
