/* Histograms compared with a reference that keeps every value. */
#include "unit.h"

#include "base/hist.h"

#include <pthread.h>

#define VALUES 20000

TEST(every_bucket_begins_where_the_one_before_ends)
{
    assert_int_equal(hist_bucket(0), 0);
    for (unsigned i = 0; i + 1 < HIST_BUCKETS; i++) {
        assert_int_equal(hist_bucket(hist_bound(i) - 1), i);
        assert_int_equal(hist_bucket(hist_bound(i)), i + 1);
    }
    assert_true(hist_bound(HIST_BUCKETS - 2) == UINT64_C(1) << HIST_MOST_BITS);
    assert_true(hist_bound(HIST_BUCKETS - 1) == UINT64_MAX);
    assert_int_equal(hist_bucket(UINT64_MAX), HIST_BUCKETS - 1);
}

TEST(no_bucket_is_wider_than_an_eighth_of_its_values)
{
    for (unsigned i = HIST_FINE; i + 1 < HIST_BUCKETS; i++) {
        uint64_t from = hist_bound(i - 1);
        assert_true((hist_bound(i) - from) * 8 <= from);
    }
}

static uint64_t random_bits(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Fills `values` with values of all orders of magnitude, up to a little beyond the largest bucket. */
static void fill(uint64_t *values, uint64_t seed)
{
    for (size_t i = 0; i < VALUES; i++) {
        uint64_t bits = random_bits(&seed);
        values[i] = random_bits(&seed) >> (63 - bits % (HIST_MOST_BITS + 2));
    }
}

static void compare(const struct hist_total *total, const uint64_t *sorted)
{
    static const double shares[] = { 0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1 };
    assert_int_equal(total->count, VALUES);
    for (unsigned bits = HIST_FINE_BITS; bits <= HIST_MOST_BITS; bits++) {
        size_t below = 0;
        while (below < VALUES && sorted[below] < UINT64_C(1) << bits)
            below++;
        assert_int_equal(hist_count_below(total, bits), below);
    }
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        double wanted = shares[i] * VALUES;
        size_t rank = wanted <= 1 ? 0 : (size_t)wanted - ((double)(size_t)wanted == wanted);
        uint64_t is = hist_quantile(total, shares[i]), value = sorted[rank];
        if (value >> HIST_MOST_BITS != 0)
            assert_true(is == UINT64_C(1) << HIST_MOST_BITS);
        else
            assert_true(is > value && is <= value + value / 8 + 1);
    }
}

TEST(counts_and_quantiles_are_those_of_the_values)
{
    static uint64_t values[VALUES];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct hist *parts = calloc(2, sizeof *parts); /* values are noted in two histograms and then added */
        struct hist_total total = { 0 };
        uint64_t sum = 0;
        assert_non_null(parts);
        fill(values, seed);
        for (size_t i = 0; i < VALUES; i++) {
            hist_note(&parts[i % 3 == 0], values[i]);
            sum += values[i];
        }
        hist_add(&total, &parts[0]);
        hist_add(&total, &parts[1]);
        assert_true(total.sum_us == sum);
        qsort(values, VALUES, sizeof *values, by_size);
        compare(&total, values);
        free(parts);
    }
}

TEST(of_nothing_every_quantile_is_zero)
{
    struct hist_total total = { 0 };
    assert_int_equal(hist_quantile(&total, 0), 0);
    assert_int_equal(hist_quantile(&total, 1), 0);
    assert_int_equal(hist_count_below(&total, HIST_MOST_BITS), 0);
}

TEST(quantiles_of_a_few_values)
{
    static const struct {
        uint64_t values[4]; /* ends at a zero */
        double share;
        uint64_t quantile;
    } rows[] = {
        { { 5 }, 0, 6 },    { { 5 }, 1, 6 },       { { 5, 7 }, 0.5, 6 },        { { 5, 7 }, 0.51, 8 },
        { { 7, 5 }, 0, 6 }, { { 3, 3, 7 }, 1, 8 }, { { 1, 2, 3, 4 }, 0.75, 4 }, { { 100 }, 0.99, 104 }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hist *hist = calloc(1, sizeof *hist);
        struct hist_total total = { 0 };
        assert_non_null(hist);
        for (size_t j = 0; j < 4 && rows[i].values[j] != 0; j++)
            hist_note(hist, rows[i].values[j]);
        hist_add(&total, hist);
        assert_int_equal(hist_quantile(&total, rows[i].share), rows[i].quantile);
        free(hist);
    }
}

static void *note_many(void *argument)
{
    for (uint64_t i = 0; i < VALUES; i++)
        hist_note(argument, i);
    return NULL;
}

/* For the thread sanitizer: reading while another thread writes is defined. */
TEST(may_be_read_while_it_is_written)
{
    static struct hist hist;
    struct hist_total last = { 0 };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, note_many, &hist), 0);
    for (int i = 0; i < 100; i++) {
        struct hist_total now = { 0 };
        hist_add(&now, &hist);
        assert_true(now.count >= last.count && now.count <= VALUES);
        last = now;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    last = (struct hist_total){ 0 };
    hist_add(&last, &hist);
    assert_int_equal(last.count, VALUES);
    assert_int_equal(last.sum_us, (uint64_t)VALUES * (VALUES - 1) / 2);
}

RUN_TESTS(NULL, NULL)
