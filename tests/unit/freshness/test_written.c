/* What all clients have written: positions of one primary, and the number of writes without a position. */
#include "../base/unit.h"

#include <pthread.h>

#include "base/str.h"
#include "freshness/written.h"

#define PRIMARY written_tag(0, 0)
#define OTHER written_tag(1, 0)

static void note(struct written *written, uint64_t tag, bool is_primary, const char *gtids)
{
    struct gtid_position position = { 0 };
    gtid_position_read(&position, FAMILY_MARIADB, span_cstr(gtids));
    written_note(written, tag, is_primary, &position);
}

static bool has(const struct written_state *state, const char *gtids)
{
    struct gtid_position position = { 0 };
    gtid_position_read(&position, FAMILY_MARIADB, span_cstr(gtids));
    return gtid_position_covers(&state->position, &position) &&
           gtid_position_covers(&position, &state->position);
}

static struct written_state read_of(const struct written *written)
{
    struct written_state state;
    written_read(written, &state);
    return state;
}

TEST(nothing_is_known_at_first)
{
    struct written written;
    written_init(&written);
    struct written_state now = read_of(&written);
    assert_int_equal(now.version, 0);
    assert_int_equal(now.tag, 0);
    assert_int_equal(now.position.count, 0);
    written_fini(&written);
}

TEST(each_source_has_its_farthest_write)
{
    struct written written;
    written_init(&written);
    note(&written, PRIMARY, true, "0-1-5");
    note(&written, PRIMARY, true, "7-1-2");
    note(&written, PRIMARY, true, "0-1-4");
    struct written_state now = read_of(&written);
    assert_int_equal(now.version, 3);
    assert_int_equal(now.unknown, 0);
    assert_int_equal(now.tag, PRIMARY);
    assert_true(has(&now, "0-1-5,7-1-2"));
    written_fini(&written);
}

TEST(what_has_no_position_counts)
{
    struct written written;
    written_init(&written);
    note(&written, PRIMARY, true, "nonsense");
    written_note_unknown(&written);
    struct written_state now = read_of(&written);
    assert_int_equal(now.version, 2);
    assert_int_equal(now.unknown, 2);
    written_fini(&written);
}

TEST(too_many_sources_are_unknown)
{
    struct written written;
    written_init(&written);
    note(&written, PRIMARY, true, "1-1-1,2-1-1,3-1-1,4-1-1");
    assert_int_equal(read_of(&written).unknown, 0);
    note(&written, PRIMARY, true, "5-1-1");
    note(&written, PRIMARY, true, "1-1-9");
    struct written_state now = read_of(&written);
    assert_int_equal(now.unknown, 1);
    assert_true(has(&now, "1-1-9,2-1-1,3-1-1,4-1-1"));
    written_fini(&written);
}

TEST(another_primary_begins_anew)
{
    struct written written;
    written_init(&written);
    note(&written, PRIMARY, true, "0-1-500");
    note(&written, OTHER, true, "0-2-7");
    struct written_state now = read_of(&written);
    assert_int_equal(now.tag, OTHER);
    assert_int_equal(now.unknown, 1); /* stands for the former primary's writes */
    assert_true(has(&now, "0-2-7"));
    note(&written, PRIMARY, false, "0-1-501"); /* a transaction that was open on the former primary */
    now = read_of(&written);
    assert_int_equal(now.tag, OTHER);
    assert_int_equal(now.unknown, 2);
    assert_true(has(&now, "0-2-7"));
    note(&written, PRIMARY, true, "0-1-8"); /* the former primary has the role again */
    now = read_of(&written);
    assert_int_equal(now.tag, PRIMARY);
    assert_true(has(&now, "0-1-8"));
    written_fini(&written);
}

TEST(machine_at_the_same_address_is_another_primary)
{
    struct written written;
    written_init(&written);
    note(&written, written_tag(0, 0), true, "0-1-500");
    note(&written, written_tag(0, 1), true, "0-1-7");
    struct written_state now = read_of(&written);
    assert_true(has(&now, "0-1-7"));
    written_fini(&written);
}

/* Many threads write. A reader that starts after a write was noted finds it. */
#define WRITES 20000u

static void *write_much(void *context)
{
    struct written *written = context;
    static _Atomic uint64_t sources;
    uint64_t source = atomic_fetch_add(&sources, 1) % 3;
    for (uint64_t i = 1; i <= WRITES; i++) {
        struct gtid_position position = { .marks = { { source, i } }, .count = 1 };
        written_note(written, PRIMARY, true, &position);
        struct written_state now = read_of(written);
        if (!gtid_position_covers(&now.position, &position))
            return context; /* not NULL: the test has failed */
    }
    return NULL;
}

TEST(threads_see_what_was_noted)
{
    struct written written;
    pthread_t threads[4];
    written_init(&written);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_much, &written), 0);
    for (size_t i = 0; i < 4; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(written_version(&written), 4 * WRITES);
    written_fini(&written);
}

RUN_TESTS(NULL, NULL)
