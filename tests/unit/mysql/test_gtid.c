#include "bytes.h"

#include "base/mem.h"
#include "mysql/gtid.h"

#define A "3e11fa47-71ca-11e1-9e33-c80aa9429562"
#define B "71ca3e11-fa47-11e1-9e33-c80aa9429562"

/* The number of the source of a text with one transaction. */
static uint64_t source_of(enum server_family family, const char *text)
{
    struct gtid_position position = { 0 };
    gtid_position_read(&position, family, span_cstr(text));
    assert_false(position.is_unknown);
    assert_int_equal(position.count, 1);
    return position.marks[0].source;
}

static struct gtid_table table_of(enum server_family family, const char *text)
{
    struct gtid_table table = { 0 };
    struct span exact = exact_copy(span_cstr(text));
    assert_true(gtid_table_read(&table, family, exact));
    drop_copy(exact);
    return table;
}

/* "source reach last;" for each source of `names`, in that order. MySQL's sources are given by the name's
 * index. */
static const struct {
    const char *text, *want; /* want NULL: malformed */
} mariadb[] = {
    { "", "" },
    { "0-1-123", "0 123 123;" },
    { "0-1-123,1-2-45", "0 123 123;1 45 45;" },
    { "1-2-45,0-1-123", "0 123 123;1 45 45;" },
    { "\r0-1-1\t,\n 4294967295-2-18446744073709551615 ",
      "0 1 1;4294967295 18446744073709551615 18446744073709551615;" },
    { "0-1-5,0-2-7", "0 7 7;" }, /* a domain occurs twice */
    { "0-1", NULL },
    { "0-1-", NULL },
    { "0-1-5,", NULL },
    { "0-1-5 0-2-6", NULL },
    { "x", NULL },
    { "0-1-99999999999999999999", NULL },
};

TEST(positions_of_mariadb_are_read)
{
    for (size_t i = 0; i < sizeof mariadb / sizeof *mariadb; i++) {
        struct gtid_table table = { 0 };
        struct text said = { 0 };
        struct span exact = exact_copy(span_cstr(mariadb[i].text));
        bool is_read = gtid_table_read(&table, FAMILY_MARIADB, exact);
        drop_copy(exact);
        assert_int_equal(is_read, mariadb[i].want != NULL);
        for (size_t j = 0; j < table.count; j++)
            (void)text_appendf(&said, "%llu %llu %llu;", (unsigned long long)table.entries[j].source,
                               (unsigned long long)table.entries[j].reach,
                               (unsigned long long)table.entries[j].last);
        assert_string_equal(text_cstr(&said), is_read ? mariadb[i].want : "");
        text_fini(&said);
        gtid_table_fini(&table);
    }
}

static const struct {
    const char *text;
    bool is_malformed;
    uint64_t a, a_last, a_tag, b; /* of A: reach, last, and reach of tag "x"; reach of B */
} mysql[] = {
    { "", false, 0, 0, 0, 0 },
    { A ":1-5", false, 5, 5, 0, 0 },
    { "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5", false, 5, 5, 0, 0 },
    { A ":1", false, 1, 1, 0, 0 },
    { A ":2-5", false, 0, 5, 0, 0 }, /* transaction 1 is missing */
    { A ":1-5:7-9", false, 5, 9, 0, 0 },
    { A ":1-5:6-9", false, 9, 9, 0, 0 },
    { A ":1-5,\n" B ":1-7", false, 5, 5, 0, 7 },
    { B ":1-7,\n" A ":1-5", false, 5, 5, 0, 7 },
    { A ":1-5:x:1-3", false, 5, 5, 3, 0 },
    { A ":x:1-3", false, 0, 0, 3, 0 },
    { A ":1-5:other:1-9:X:1-3:5,\n" B ":1", false, 5, 5, 3, 1 },
    { A ":x:1-3:6-7:y:4", false, 0, 0, 3, 0 },
    { " " A " : 1 - 5 : x : 1 - 3 , " B " : 1 ", false, 5, 5, 3, 1 },
    { A ":6#12:7#13,\n" B ":1#9", false, 0, 7, 0, 1 }, /* the form of gtid_owned */
    { A ":1-5," A ":6-8", false, 8, 8, 0, 0 },
    { A ":1-5,", false, 5, 5, 0, 0 },
    { A, true, 0, 0, 0, 0 },
    { A ":", true, 0, 0, 0, 0 },
    { A ":x", true, 0, 0, 0, 0 },
    { A ":1-5:x", true, 0, 0, 0, 0 },
    { A ":1-5:", true, 0, 0, 0, 0 },
    { A ":0-5", true, 0, 0, 0, 0 },
    { A ":5-1", true, 0, 0, 0, 0 },
    { A ":1-", true, 0, 0, 0, 0 },
    { A ":1#", true, 0, 0, 0, 0 },
    { A ":1 " B ":1", true, 0, 0, 0, 0 },
    { "3e11fa47:1", true, 0, 0, 0, 0 },
    { "ge11fa47-71ca-11e1-9e33-c80aa9429562:1", true, 0, 0, 0, 0 },
    { "3e11fa47-71ca-11e1-9e33-c80aa942956/:1", true, 0, 0, 0, 0 },
    { "3e11fa47-71ca-11e1-9e33-c80aa942956::1", true, 0, 0, 0, 0 },
    { "3e11fa47-71ca-11e1-9e33-c80aa942956`:1", true, 0, 0, 0, 0 },
    { "3e11fa47:71ca-11e1-9e33-c80aa9429562:1", true, 0, 0, 0, 0 },
    { "3e11fa47-71ca:11e1-9e33-c80aa9429562:1", true, 0, 0, 0, 0 },
    { "3e11fa47-71ca-11e1:9e33-c80aa9429562:1", true, 0, 0, 0, 0 },
    { "3e11fa47-71ca-11e1-9e33:c80aa9429562:1", true, 0, 0, 0, 0 },
    { A, true, 0, 0, 0, 0 },
    { A ":1-5:x1:2-3:x:1-3", false, 5, 5, 3, 0 },
    { A ":1x:1", true, 0, 0, 0, 0 },
    { A ":x:1:0", true, 0, 0, 0, 0 },
    { ",", false, 0, 0, 0, 0 },
    { "3e11fa47-71ca-11e1-9e33-c80aa942956g:1", true, 0, 0, 0, 0 },
    { A ":a23456789012345678901234567890123:1", true, 0, 0, 0, 0 }, /* a tag of 33 bytes */
};

static uint64_t reach(const struct gtid_table *table, const char *text)
{
    const struct gtid_entry *entry = gtid_table_find(table, source_of(FAMILY_MYSQL, text));
    return entry != NULL ? entry->reach : 0;
}

TEST(sets_of_mysql_are_read)
{
    for (size_t i = 0; i < sizeof mysql / sizeof *mysql; i++) {
        struct gtid_table table = { 0 };
        struct span exact = exact_copy(span_cstr(mysql[i].text));
        bool is_read = gtid_table_read(&table, FAMILY_MYSQL, exact);
        drop_copy(exact);
        assert_int_equal(is_read, !mysql[i].is_malformed);
        assert_true(is_read || table.count == 0);
        assert_int_equal(reach(&table, A ":1"), mysql[i].a);
        assert_int_equal(reach(&table, A ":x:1"), mysql[i].a_tag);
        assert_int_equal(reach(&table, B ":1"), mysql[i].b);
        const struct gtid_entry *entry = gtid_table_find(&table, source_of(FAMILY_MYSQL, A ":1"));
        assert_int_equal(entry != NULL ? entry->last : 0, mysql[i].a_last);
        gtid_table_fini(&table);
    }
}

/* Each text holds one transaction. The texts of a row have the same source or different ones. */
TEST(sources_are_compared_without_regard_to_case)
{
    static const struct {
        const char *one, *other;
        bool is_same;
    } rows[] = {
        { A ":1", "3E11FA47-71CA-11E1-9E33-C80AA9429562:1", true },
        { A ":az09_:1", A ":AZ09_:1", true },
        { A ":_:1", A ":_:2", true },
        { A ":a:1", A ":b:1", false },
        { A ":a:1", A ":1", false },
        { A ":a2345678901234567890123456789012:1", A ":A2345678901234567890123456789012:1", true },
        { A ":a2345678901234567890123456789012:1", A ":a2345678901234567890123456789013:1", false },
        { A ":1", B ":1", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_row((source_of(FAMILY_MYSQL, rows[i].one) == source_of(FAMILY_MYSQL, rows[i].other)) ==
                       rows[i].is_same,
                   "%s and %s", rows[i].one, rows[i].other);
    /* This number is in tokens that applications keep, so it must never change. */
    assert_true(source_of(FAMILY_MYSQL, A ":1") == UINT64_C(0x9f59c1eef0e60ced));
    assert_true(source_of(FAMILY_MYSQL, A ":x:1") == UINT64_C(0xa27df79100b1a35b));
}

TEST(a_comma_at_the_end_is_no_interval)
{
    static const struct {
        enum server_family family;
        const char *text;
        unsigned intervals;
    } rows[] = { { FAMILY_MYSQL, A ":1-5,", 1 },
                 { FAMILY_MYSQL, ",", 0 },
                 { FAMILY_MYSQL, "," A ":1:2," B ":1", 3 },
                 { FAMILY_MYSQL, "", 0 },
                 { FAMILY_MARIADB, "0-1-2,1-1-2", 2 },
                 { FAMILY_MARIADB, "", 0 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct gtid_walk walk;
        struct gtid_interval interval;
        unsigned count = 0;
        gtid_walk_begin(&walk, rows[i].family, span_cstr(rows[i].text));
        while (gtid_walk_next(&walk, &interval)) {
            assert_true(interval.first == 1 || interval.first == 2);
            count++;
        }
        assert_row(count == rows[i].intervals && !walk.is_malformed, "%s", rows[i].text);
    }
}

/* The table of a server, the position that a session requires, and whether the server has it. */
static const struct {
    enum server_family family;
    const char *table, *position;
    bool is_there;
} questions[] = {
    { FAMILY_MARIADB, "", "", true },
    { FAMILY_MARIADB, "", "0-1-1", false },
    { FAMILY_MARIADB, "0-1-7", "", true },
    { FAMILY_MARIADB, "0-1-7", "0-1-7", true },
    { FAMILY_MARIADB, "0-1-7", "0-9-7", true }, /* written by another server */
    { FAMILY_MARIADB, "0-1-7", "0-1-8", false },
    { FAMILY_MARIADB, "0-1-7,1-1-3", "0-1-7,1-1-3", true },
    { FAMILY_MARIADB, "0-1-7,1-1-3", "0-1-7,1-1-4", false },
    { FAMILY_MARIADB, "0-1-70", "1-1-3", false },
    { FAMILY_MARIADB, "0-1-9,1-1-9,2-1-9,3-1-9,4-1-9", "0-1-1,1-1-1,2-1-1,3-1-1", true },
    /* a position with more than four domains counts as unknown */
    { FAMILY_MARIADB, "0-1-9,1-1-9,2-1-9,3-1-9,4-1-9", "0-1-1,1-1-1,2-1-1,3-1-1,4-1-1", false },
    { FAMILY_MARIADB, "0-1-9", "nonsense", false },
    { FAMILY_MYSQL, A ":1-16", A ":15-16", true },
    { FAMILY_MYSQL, A ":1-15", A ":15-16", false },
    { FAMILY_MYSQL, A ":1-3:5-16", A ":16", false }, /* applied out of order: 4 is missing */
    { FAMILY_MYSQL, A ":1-16", A ":x:2", false },
    { FAMILY_MYSQL, A ":1-16:x:1-2", A ":x:2", true },
    { FAMILY_MYSQL, A ":1-16," B ":1-3", B ":3," A ":2", true },
    { FAMILY_MYSQL, A ":1-16", A ":", false },
};

TEST(tables_answer_for_positions)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct gtid_position position = { 0 };
        struct gtid_table table = table_of(questions[i].family, questions[i].table);
        gtid_position_read(&position, questions[i].family, span_cstr(questions[i].position));
        assert_int_equal(gtid_table_contains(&table, &position), questions[i].is_there);
        gtid_table_fini(&table);
    }
}

TEST(positions_only_rise)
{
    struct gtid_position position = { 0 }, other = { 0 };
    gtid_position_read(&position, FAMILY_MARIADB, SPAN_LITERAL("0-1-9"));
    gtid_position_read(&position, FAMILY_MARIADB, SPAN_LITERAL("0-1-5"));
    gtid_position_read(&other, FAMILY_MARIADB, SPAN_LITERAL("0-1-7,3-1-2"));
    gtid_position_merge(&position, &other);
    assert_int_equal(position.count, 2);
    assert_int_equal(position.marks[0].reach, 9);
    assert_int_equal(position.marks[1].reach, 2);
    assert_false(position.is_unknown);
    other.is_unknown = true;
    gtid_position_merge(&position, &other);
    assert_true(position.is_unknown);
}

/* A table is read in addition to its present contents: replicated positions and a server's own. */
TEST(positions_cover_what_asks_for_no_more)
{
    struct gtid_position none = { 0 }, both = { 0 }, one = { 0 }, more = { 0 },
                         unknown = { .is_unknown = true };
    gtid_position_raise(&both, 7, 100);
    gtid_position_raise(&both, 8, 50);
    gtid_position_raise(&one, 8, 50);
    gtid_position_raise(&more, 8, 51);
    assert_true(gtid_position_covers(&none, &none) && gtid_position_covers(&both, &none));
    assert_true(gtid_position_covers(&both, &one) && gtid_position_covers(&more, &one));
    assert_false(gtid_position_covers(&one, &both) || gtid_position_covers(&both, &more));
    assert_false(gtid_position_covers(&none, &one) || gtid_position_covers(&both, &unknown));
}

TEST(tables_unite_what_is_read)
{
    struct gtid_table table = table_of(FAMILY_MARIADB, "0-1-9,1-1-1");
    assert_true(gtid_table_read(&table, FAMILY_MARIADB, SPAN_LITERAL("0-2-5,1-2-4,7-1-1")));
    assert_int_equal(table.count, 3);
    assert_int_equal(gtid_table_find(&table, 0)->reach, 9);
    assert_int_equal(gtid_table_find(&table, 1)->reach, 4);
    assert_int_equal(gtid_table_find(&table, 7)->reach, 1);
    gtid_table_fini(&table);
    table = table_of(FAMILY_MARIADB, "0-1-9,2-1-1");
    assert_true(gtid_table_read(&table, FAMILY_MARIADB, SPAN_LITERAL("1-2-4,0-1-11,5-1-1,2-1-3,1-2-2")));
    static const uint64_t want[] = { 11, 4, 3, 0, 0, 1 };
    for (uint64_t i = 0; i < COUNT_OF(want); i++)
        assert_int_equal(want[i], want[i] == 0 ? 0 : gtid_table_find(&table, i)->reach);
    assert_null(gtid_table_find(&table, 3));
    assert_int_equal(table.count, 4);
    gtid_table_fini(&table);
}

TEST(tables_compare)
{
    struct gtid_table before = table_of(FAMILY_MYSQL, A ":1-5:9," B ":1-3");
    struct gtid_table now = table_of(FAMILY_MYSQL, A ":1-10," B ":1-3");
    struct gtid_position moved = { 0 };
    assert_true(gtid_table_includes(&now, &before));
    assert_false(gtid_table_includes(&before, &now));
    assert_false(gtid_table_includes(&before, &before)); /* its newest transaction is beyond a gap */
    gtid_table_diff(&now, &before, &moved);
    assert_int_equal(moved.count, 1);
    assert_int_equal(moved.marks[0].source, source_of(FAMILY_MYSQL, A ":1"));
    assert_int_equal(moved.marks[0].reach, 10);
    assert_true(gtid_table_reaches(&now, &moved));
    assert_false(gtid_table_reaches(&before, &moved));
    moved.marks[0].reach = 9;
    assert_true(gtid_table_reaches(&before, &moved)); /* the transaction is beyond the gap, but it is there */
    assert_false(gtid_table_contains(&before, &moved));
    assert_true(gtid_table_copy(&before, &now));
    assert_true(gtid_table_includes(&before, &now));
    mem_fail_after(0);
    gtid_table_fini(&before);
    assert_false(gtid_table_copy(&before, &now));
    mem_fail_after(-1);
    assert_int_equal(before.count, 0);
    gtid_table_fini(&before);
    gtid_table_fini(&now);
}

/* A server may have thousands of sources; memory is kept from one reading to the next. */
TEST(long_sets_are_read)
{
    struct text set = { 0 };
    struct gtid_table table = { 0 };
    for (unsigned i = 0; i < 5000; i++)
        (void)text_appendf(&set, "%s%08x-71ca-11e1-9e33-c80aa9429562:1-%u", i > 0 ? ",\n" : "",
                           i * 2654435761u, i + 1);
    for (unsigned round = 0; round < 2; round++) {
        gtid_table_clear(&table);
        assert_true(gtid_table_read(&table, FAMILY_MYSQL, text_span(&set)));
        assert_int_equal(table.count, 5000);
    }
    assert_int_equal(reach(&table, "00000000-71ca-11e1-9e33-c80aa9429562:1"), 1);
    assert_int_equal(reach(&table, "9e3779b1-71ca-11e1-9e33-c80aa9429562:1"), 2);
    gtid_table_fini(&table);
    text_fini(&set);
}

TEST(truncations_are_safe)
{
    static const char *const texts[] = { "0-1-123,1-2-45", A ":1-5:7:tag:1-3,\n" B ":1#5" };
    static const enum server_family families[] = { FAMILY_MARIADB, FAMILY_MYSQL };
    for (size_t i = 0; i < 2; i++)
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            struct span part = exact_copy(span_of(texts[i], len));
            struct gtid_table table = { 0 };
            if (!gtid_table_read(&table, families[i], part))
                assert_int_equal(table.count, 0);
            gtid_table_fini(&table);
            drop_copy(part);
        }
}

TEST(no_memory_is_no_table)
{
    struct gtid_table table = { 0 };
    mem_fail_after(0);
    assert_false(gtid_table_read(&table, FAMILY_MARIADB, SPAN_LITERAL("0-1-1")));
    mem_fail_after(-1);
    assert_int_equal(table.count, 0);
    gtid_table_fini(&table);
}

RUN_TESTS(NULL, NULL)
