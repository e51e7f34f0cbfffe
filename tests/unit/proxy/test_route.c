/* Rows a DBA can read, then every combination there is. */
#include "../base/unit.h"

#include "proxy/route.h"

/* The statement: r a harmless read, p about the previous one; else anything. The session, any of: t in a
 * transaction, u unknown whether in one, p pinned, n no replica, x the replica refused, R the previous one
 * ran on a replica. */
static const struct {
    const char *what, *statement, *session;
    enum listener_mode mode;
    enum route_place place;
    enum route_reason reason;
} rows[] = {
    { "SELECT", "r", "", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ },
    { "UPDATE", "", "", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NOT_A_READ },
    { "SELECT in BEGIN … COMMIT", "r", "t", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION },
    { "SELECT FOUND_ROWS() in BEGIN … COMMIT", "p", "tR", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_TRANSACTION },
    { "SELECT after a deadlock", "r", "u", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_UNKNOWN_TRANSACTION },
    { "SHOW WARNINGS after a read", "p", "R", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_PREVIOUS },
    { "SHOW WARNINGS after a write", "p", "", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_PREVIOUS },
    { "SHOW WARNINGS after a failed write", "p", "u", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_PREVIOUS },
    { "SHOW WARNINGS, pinned since", "p", "pR", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_PREVIOUS },
    { "SELECT with a temporary table about", "r", "p", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_PINNED },
    { "SELECT after USE mysql", "r", "s", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_SYSTEM_SCHEMA },
    { "SELECT, all replicas down", "r", "n", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NO_REPLICA },
    { "SELECT, SET refused by the replica", "r", "x", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_REPLICA_REFUSED },
    { "UPDATE through the reading port", "", "", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_LISTENER_REPLICA },
    { "SELECT in BEGIN through it", "r", "t", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_LISTENER_REPLICA },
    { "SELECT through the writing port", "r", "R", LISTENER_PRIMARY, ROUTE_PRIMARY,
      ROUTE_REASON_LISTENER_PRIMARY },
};

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

static void statement_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sql_facts facts = { .is_read = has(rows[i].statement, 'r'),
                                   .refers_previous = has(rows[i].statement, 'p') };
        const char *session = rows[i].session;
        struct route_state now = { .mode = rows[i].mode,
                                   .is_in_transaction = has(session, 't'),
                                   .is_transaction_unknown = has(session, 'u'),
                                   .is_pinned = has(session, 'p'),
                                   .is_in_system_schema = has(session, 's'),
                                   .has_replica = !has(session, 'n'),
                                   .has_replica_refused = has(session, 'x'),
                                   .previous = has(session, 'R') ? ROUTE_REPLICA : ROUTE_PRIMARY };
        struct route route = route_decide(&facts, &now);
        assert_row(route.place == rows[i].place, "%s: %s", rows[i].what, route_place_name(route.place));
        assert_row(route.reason == rows[i].reason, "%s: %s", rows[i].what, route_reason_name(route.reason));
    }
}

/* ---- every combination ---- */

#define COMBINATIONS (3u << 9)

static void combine(unsigned bits, struct sql_facts *facts, struct route_state *state)
{
    *facts = (struct sql_facts){ .is_read = bits & 1, .refers_previous = bits & 2 };
    *state = (struct route_state){ .is_in_transaction = bits & 4,
                                   .is_transaction_unknown = bits & 8,
                                   .is_pinned = bits & 16,
                                   .has_replica = bits & 32,
                                   .has_replica_refused = bits & 64,
                                   .previous = bits & 128 ? ROUTE_REPLICA : ROUTE_PRIMARY,
                                   .is_in_system_schema = bits & 256,
                                   .mode = (enum listener_mode)(bits >> 9) };
}

static void a_listener_of_one_place_has_no_other(void **state)
{
    (void)state;
    struct sql_facts facts;
    struct route_state now;
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        combine(bits, &facts, &now);
        struct route route = route_decide(&facts, &now);
        if (now.mode == LISTENER_PRIMARY)
            assert_row(route.place == ROUTE_PRIMARY, "bits %x", bits);
        if (now.mode == LISTENER_REPLICA)
            assert_row(route.place == ROUTE_REPLICA, "bits %x", bits);
    }
}

static void a_replica_is_given_only_what_nothing_forbids(void **state)
{
    (void)state;
    struct sql_facts facts;
    struct route_state now;
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        combine(bits, &facts, &now);
        struct route route = route_decide(&facts, &now);
        if (now.mode != LISTENER_SPLIT || route.place != ROUTE_REPLICA)
            continue;
        assert_row(!now.is_in_transaction, "bits %x", bits);
        if (facts.refers_previous)
            assert_row(now.previous == ROUTE_REPLICA, "bits %x", bits);
        else
            assert_row(facts.is_read && !now.is_transaction_unknown && !now.is_pinned &&
                           !now.is_in_system_schema && now.has_replica && !now.has_replica_refused,
                       "bits %x", bits);
    }
}

static void what_is_about_the_previous_statement_goes_there(void **state)
{
    (void)state;
    struct sql_facts facts;
    struct route_state now;
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        combine(bits, &facts, &now);
        if (now.mode == LISTENER_SPLIT && facts.refers_previous && !now.is_in_transaction)
            assert_row(route_decide(&facts, &now).place == now.previous, "bits %x", bits);
    }
}

/* Taking a fact away that keeps a statement on the primary never sends it there. */
static void fewer_doubts_never_take_a_read_off_the_replica(void **state)
{
    (void)state;
    struct sql_facts facts, easier_facts;
    struct route_state now, easier;
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        combine(bits, &facts, &now);
        if (facts.refers_previous)
            continue;
        for (unsigned bit = 0; bit < 7; bit++) {
            unsigned fewer = bit == 0 || bit == 5 ? bits | 1u << bit : bits & ~(1u << bit);
            combine(fewer, &easier_facts, &easier);
            if (route_decide(&facts, &now).place == ROUTE_REPLICA)
                assert_row(route_decide(&easier_facts, &easier).place == ROUTE_REPLICA, "bits %x %x", bits,
                           fewer);
        }
    }
}

static void every_reason_occurs_and_has_words(void **state)
{
    (void)state;
    bool has_occurred[ROUTE_REASON_COUNT] = { false };
    struct sql_facts facts;
    struct route_state now;
    for (unsigned bits = 0; bits < COMBINATIONS; bits++) {
        combine(bits, &facts, &now);
        struct route route = route_decide(&facts, &now);
        has_occurred[route.reason] = true;
    }
    for (unsigned i = 0; i < ROUTE_REASON_COUNT; i++) {
        assert_row(has_occurred[i], "%s", route_reason_name((enum route_reason)i));
        assert_true(strlen(route_reason_words((enum route_reason)i)) > 0);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(route_reason_name((enum route_reason)i),
                                    route_reason_name((enum route_reason)j));
    }
    assert_string_equal(route_place_name(ROUTE_PRIMARY), "primary");
    assert_string_equal(route_place_name(ROUTE_REPLICA), "replica");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statement_rows),
        cmocka_unit_test(a_listener_of_one_place_has_no_other),
        cmocka_unit_test(a_replica_is_given_only_what_nothing_forbids),
        cmocka_unit_test(what_is_about_the_previous_statement_goes_there),
        cmocka_unit_test(fewer_doubts_never_take_a_read_off_the_replica),
        cmocka_unit_test(every_reason_occurs_and_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
