/* Autocommit and the open transaction: where they are, which connections get them, and what they keep. */
#include "../base/unit.h"

#include "mysql/command.h"
#include "state/transaction.h"

#define AUTO STATUS_AUTOCOMMIT
#define OPEN STATUS_IN_TRANS
#define OPEN_READ (STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY)
#define OTHER 0x0010 /* a flag that is not about transactions */

static const struct {
    uint16_t session, connection;
    bool is_login, must_begin;
    enum route_place place;
    enum sync_task task;
    const char *said;
    uint16_t after; /* status of the connection */
} applied[] = {
    { AUTO, AUTO, false, false, ROUTE_PRIMARY, SYNC_NOTHING, NULL, AUTO },
    { 0, AUTO | OTHER, false, false, ROUTE_PRIMARY, SYNC_VARS, "SET autocommit=0", OTHER },
    { AUTO | OPEN, OTHER, false, false, ROUTE_REPLICA, SYNC_VARS, "SET autocommit=1", AUTO | OTHER },
    { 0, AUTO, true, false, ROUTE_PRIMARY, SYNC_NOTHING, NULL, AUTO },
    { AUTO | OPEN, AUTO, false, false, ROUTE_PRIMARY, SYNC_NOTHING, NULL, AUTO },
    { 0, AUTO, false, true, ROUTE_PRIMARY, SYNC_VARS, "SET autocommit=0", 0 },
    { AUTO, AUTO, false, true, ROUTE_REPLICA, SYNC_NOTHING, NULL, AUTO },
    { AUTO, AUTO, false, true, ROUTE_PRIMARY, SYNC_BEGIN, "START TRANSACTION READ ONLY", AUTO | OPEN_READ },
};

TEST(connection_gets_autocommit_then_the_transaction)
{
    for (size_t i = 0; i < COUNT_OF(applied); i++) {
        struct upstream upstream = { .status = applied[i].connection };
        struct slot slot = { .upstream = &upstream };
        struct facets facets = { .status = applied[i].session };
        struct replay_command command = { 0 };
        const struct job job = { .is_login = applied[i].is_login, .place = applied[i].place };
        const struct replay replay = {
            .facets = &facets, .job = &job, .slot = &slot, .task = applied[i].task
        };
        if (applied[i].must_begin)
            transaction_begin_again(&facets);
        assert_int_equal(facets.set, applied[i].must_begin ? facet_bit(FACET_TRANSACTION) : 0);
        assert_row(facet_transaction.lacks(&replay) == applied[i].task, "row %zu", i);
        if (applied[i].said == NULL)
            continue;
        facet_transaction.say(&replay, &command);
        assert_span(text_span(&command.argument), applied[i].said);
        facet_transaction.note(&replay);
        bool begins = applied[i].task == SYNC_BEGIN;
        assert_row(upstream.status == applied[i].after, "row %zu: %x", i, upstream.status);
        assert_int_equal(facets.status, applied[i].session | (begins ? OPEN_READ : 0));
        assert_int_equal(facets.transaction.must_begin, applied[i].must_begin && !begins);
        assert_int_equal(facets.set != 0, applied[i].must_begin && !begins);
        text_fini(&command.argument);
    }
}

static const struct {
    uint16_t status;
    bool is_unknown, is_away;
    enum route_place place;
    bool is_kept, is_asked;
} kept[] = {
    { AUTO, false, false, ROUTE_PRIMARY, false, false },
    { AUTO | OPEN, false, false, ROUTE_PRIMARY, true, false },
    { AUTO | OPEN, false, false, ROUTE_REPLICA, false, false },
    { AUTO | OPEN, false, true, ROUTE_PRIMARY, false, false },
    { AUTO | OPEN, false, true, ROUTE_REPLICA, true, false },
    { AUTO, true, false, ROUTE_PRIMARY, true, true },
    { AUTO, true, false, ROUTE_REPLICA, false, false },
    { AUTO, true, true, ROUTE_PRIMARY, false, false },
    { AUTO, true, true, ROUTE_REPLICA, true, false },
};

TEST(transaction_keeps_the_connection_at_home)
{
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        const struct facets facets = { .status = kept[i].status,
                                       .transaction = { .is_unknown = kept[i].is_unknown,
                                                        .is_away = kept[i].is_away } };
        uint32_t pin = kept[i].is_kept ? pin_bit(PIN_TRANSACTION) : 0;
        assert_row(facet_transaction.keeps(&facets, kept[i].place) == pin, "row %zu", i);
        assert_row(facet_transaction.is_asked(&facets, NULL, kept[i].place) == kept[i].is_asked, "row %zu",
                   i);
    }
}

static const struct {
    uint16_t session, connection, new_connection;
    bool is_unknown;
    enum facet_left left;
} given_up[] = {
    { AUTO, AUTO, AUTO, false, LEFT_KNOWN },           { 0, 0, 0, false, LEFT_KNOWN },
    { AUTO, AUTO | OTHER, AUTO, false, LEFT_KNOWN },   { 0, 0, AUTO, false, LEFT_TO_RESET },
    { AUTO, AUTO, 0, false, LEFT_TO_RESET },           { AUTO | OPEN, AUTO, AUTO, false, LEFT_TO_RESET },
    { AUTO, AUTO | OPEN, AUTO, false, LEFT_TO_RESET }, { AUTO, AUTO, AUTO, true, LEFT_TO_RESET },
};

TEST(connection_as_new_needs_no_reset)
{
    for (size_t i = 0; i < COUNT_OF(given_up); i++) {
        struct upstream upstream = { .status = given_up[i].connection,
                                     .new_status = given_up[i].new_connection };
        const struct slot slot = { .upstream = &upstream };
        struct facets facets = { .status = given_up[i].session,
                                 .transaction.is_unknown = given_up[i].is_unknown,
                                 .calls_in_read_only = true };
        assert_row(facet_transaction.left(&facets, &slot) == given_up[i].left, "row %zu", i);
        facet_transaction.reset(&facets);
        assert_int_equal(facets.status, AUTO);
        assert_false(facets.transaction.is_unknown || facets.calls_in_read_only);
    }
}

TEST(status_of_the_answer_tells_whether_a_transaction_is_open)
{
    struct facets facets = { .status = AUTO | OPEN, .transaction.is_unknown = true };
    struct text sql = { 0 };
    struct upstream_answer told = { .is_err = true, .status = AUTO };
    const struct facet_answer answer = { .told = &told };
    assert_false(facet_transaction.ask(&facets, NULL, &sql)); /* it reads no table */
    assert_span(text_span(&sql), "SELECT 1 LIMIT 1");
    assert_false(facet_transaction.learn(&facets, NULL, &answer));
    assert_true(facets.transaction.is_unknown && facets.status == (AUTO | OPEN));
    told.is_err = false;
    assert_true(facet_transaction.learn(&facets, NULL, &answer));
    assert_true(!facets.transaction.is_unknown && facets.status == AUTO);
    text_fini(&sql);
}

TEST(transaction_of_the_replica_is_forgotten)
{
    for (int is_away = 0; is_away < 2; is_away++) {
        struct facets facets = { .status = AUTO | OPEN_READ,
                                 .transaction = {
                                     .is_away = is_away != 0, .has_seen = true, .must_begin = true } };
        transaction_come_home(&facets);
        assert_int_equal(facets.status, is_away ? AUTO : AUTO | OPEN_READ);
        assert_false(facets.transaction.is_away || facets.transaction.has_seen ||
                     facets.transaction.must_begin);
    }
}

TEST(set_transaction_pins_until_it_is_used_up)
{
    static const struct command query = { .byte = COM_QUERY };
    static const struct {
        const char *sql;
        bool is_pinned;
    } rows[] = {
        { "SET TRANSACTION READ ONLY;", true },
        { "set transaction", true },
        { "SET TRANSACTIO", false },
        { "START TRANSACTION READ ONLY;", false },
        { "", false },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int was_pinned = 0; was_pinned < 2; was_pinned++) {
            struct facets facets = { 0 };
            struct job job = { .command = &query };
            const struct report report = { .facets = &facets, .job = &job, .now_us = 1 };
            const struct sesstrack_change change = { .value = span_cstr(rows[i].sql) };
            if (was_pinned)
                facets_pin(&facets, PIN_NEXT_TRANSACTION, &(struct pin_origin){ 0 });
            facet_transaction.told(&report, &change);
            assert_row(pins_has(&facets.pins, PIN_NEXT_TRANSACTION) == rows[i].is_pinned, "%s", rows[i].sql);
            pins_clear(&facets.pins);
        }
}

RUN_TESTS(NULL, NULL)
