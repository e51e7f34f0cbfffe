/* The wait of a Galera node for the session's writes on another node, and the SET after it. */
#include "../base/unit.h"

#include "state/facet.h"

static const struct {
    bool must_wait, has_waited;
    enum sync_task task;
    const char *said;
    bool waited_after;
} rows[] = {
    { false, false, SYNC_NOTHING, NULL, false },
    { true, false, SYNC_WAIT, "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1", true },
    { true, true, SYNC_WAIT, "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1", true },
    { false, true, SYNC_WAITED, "SET SESSION wsrep_sync_wait = @@session.wsrep_sync_wait", false },
};

TEST(node_waits_and_its_state_change_is_taken)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slot slot = { .must_wait = rows[i].must_wait, .has_waited = rows[i].has_waited };
        struct replay_command command = { 0 };
        const struct replay replay = { .slot = &slot, .task = rows[i].task };
        assert_row(facet_galera_wait.lacks(&replay) == rows[i].task, "row %zu", i);
        if (rows[i].said == NULL)
            continue;
        facet_galera_wait.say(&replay, &command);
        assert_span(text_span(&command.argument), rows[i].said);
        facet_galera_wait.note(&replay);
        assert_row(!slot.must_wait && slot.has_waited == rows[i].waited_after, "row %zu", i);
        text_fini(&command.argument);
    }
}

RUN_TESTS(NULL, NULL)
