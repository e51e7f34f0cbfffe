/* Questions about earlier statements: which connection knows the answer, and how long it is kept. */
#include "../base/unit.h"

#include "state/diagnostics.h"

#define BIT(question) (1u << (question))

static const struct {
    const char *name;
    struct job_reply reply;
    bool has_set, is_kept, has_count;
    uint64_t before_us; /* slot.answers_us before the statement, which ends at 50 */
    bool has_warnings;  /* after it; before, the connection has the warnings of headgate's own statement */
    uint64_t answers_us;
    bool is_first;
} statements[] = {
    { "SET without warnings", { 0 }, true, true, false, 0, false, 0, false },
    { "warnings", { .has_warnings = true }, true, true, false, 0, true, 50, true },
    { "an error", { .has_error = true }, true, true, false, 0, true, 50, true },
    { "… again", { .has_error = true }, true, true, false, 40, true, 50, false },
    { "… and connections are not kept", { .has_error = true }, true, false, false, 40, true, 0, false },
    { "a statement that leaves the warnings",
      { .has_error = true },
      false,
      true,
      false,
      40,
      false,
      0,
      false },
    { "SELECT SQL_CALC_FOUND_ROWS", { 0 }, true, true, true, 0, false, 50, true },
};

TEST(answers_keep_the_connection_for_a_time)
{
    for (size_t i = 0; i < COUNT_OF(statements); i++) {
        struct job job = { .reply = statements[i].reply };
        struct slot slot = { .answers_us = statements[i].before_us, .has_our_warnings = true };
        job.facts.reason = statements[i].has_count ? SQL_REASON_FOUND_ROWS : SQL_REASON_PLAIN_READ;
        bool is_first = diagnostics_note(&job, &slot, statements[i].has_set, statements[i].is_kept, 50);
        assert_row(is_first == statements[i].is_first, "%s", statements[i].name);
        assert_row(slot.has_warnings == statements[i].has_warnings, "%s", statements[i].name);
        assert_row(slot.has_our_warnings != statements[i].has_set, "%s", statements[i].name);
        assert_row(slot.answers_us == statements[i].answers_us, "%s", statements[i].name);
    }
    struct slot slot = { .answers_us = 100 };
    assert_true(diagnostics_keep(&slot, 10, 109));
    assert_false(diagnostics_keep(&slot, 10, 110));
    slot.drawn_us = 105;
    assert_true(diagnostics_keep(&slot, 10, 114));
    assert_false(diagnostics_keep(&slot, 10, 115));
    assert_false(diagnostics_keep(&(struct slot){ 0 }, 10, 1));
}

/* The connection at the primary has number 3. */
static const struct {
    const char *name;
    enum sql_question question;
    unsigned questions;
    struct answers answers;
    bool is_gone;
} questions[] = {
    { "nothing was run", SQL_ASKS_LAST, BIT(SQL_ASKS_LAST), { 0 }, false },
    { "ROW_COUNT() of this connection", SQL_ASKS_LAST, BIT(SQL_ASKS_LAST), { .last = 3 }, false },
    { "ROW_COUNT() of another one", SQL_ASKS_LAST, BIT(SQL_ASKS_LAST), { .last = 4, .found = 3 }, true },
    { "ROW_COUNT() that is lost", SQL_ASKS_LAST, BIT(SQL_ASKS_LAST), { .last = ANSWERS_LOST }, true },
    { "FOUND_ROWS()", SQL_ASKS_FOUND_ROWS, BIT(SQL_ASKS_FOUND_ROWS), { .last = 4, .found = 3 }, false },
    { "… of another one", SQL_ASKS_FOUND_ROWS, BIT(SQL_ASKS_FOUND_ROWS), { .last = 3, .found = 4 }, true },
    { "SHOW WARNINGS",
      SQL_ASKS_DIAGNOSTICS,
      BIT(SQL_ASKS_DIAGNOSTICS),
      { .diagnostics = 3, .has_diagnostics = true },
      false },
    { "… of another one",
      SQL_ASKS_DIAGNOSTICS,
      BIT(SQL_ASKS_DIAGNOSTICS),
      { .diagnostics = 4, .has_diagnostics = true },
      true },
    { "… which has none", SQL_ASKS_DIAGNOSTICS, BIT(SQL_ASKS_DIAGNOSTICS), { .diagnostics = 4 }, false },
    { "the second question is of another one",
      SQL_ASKS_LAST,
      BIT(SQL_ASKS_LAST) | BIT(SQL_ASKS_DIAGNOSTICS),
      { .last = 3, .diagnostics = 4, .has_diagnostics = true },
      true },
    { "the first question is of another one",
      SQL_ASKS_FOUND_ROWS,
      BIT(SQL_ASKS_LAST) | BIT(SQL_ASKS_FOUND_ROWS),
      { .last = 4, .found = 3 },
      true },
};

TEST(questions_go_to_the_connection_that_knows)
{
    static const struct command query = { .byte = COM_QUERY }, prepare = { .byte = COM_STMT_PREPARE };
    struct slot primary = { .generation = 3 }, replica = { .generation = 4 };
    struct slot *const slots[SLOT_COUNT] = { [ROUTE_PRIMARY] = &primary, [ROUTE_REPLICA] = &replica };
    for (size_t i = 0; i < COUNT_OF(questions); i++) {
        const struct answers *answers = &questions[i].answers;
        struct job job = { .command = &query, .place = ROUTE_PRIMARY };
        job.facts = (struct sql_facts){ .kind = SQL_SELECT,
                                        .refers_previous = true,
                                        .question = questions[i].question,
                                        .questions = questions[i].questions };
        bool is_asked = answers->last != 0 || answers->found != 0 || answers->has_diagnostics;
        assert_row(diagnostics_are_gone(answers, slots, &job, true) == questions[i].is_gone, "%s",
                   questions[i].name);
        assert_row(diagnostics_are_gone(answers, slots, &job, false) == is_asked, "%s", questions[i].name);
        job.facts.kind = SQL_SHOW;
        assert_false(diagnostics_are_gone(answers, slots, &job, true));
        job.facts.kind = SQL_SELECT;
        job.command = &prepare;
        assert_false(diagnostics_are_gone(answers, slots, &job, true));
        assert_false(diagnostics_forbid(answers, slots, &job, true));
        job.command = NULL;
        assert_row(diagnostics_are_gone(answers, slots, &job, true) == questions[i].is_gone, "%s",
                   questions[i].name);
        /* the same question in passing, as a part of a write */
        job.command = &query;
        job.facts = (struct sql_facts){ .kind = SQL_WRITE, .asks_before = questions[i].questions };
        assert_row(diagnostics_forbid(answers, slots, &job, true) == questions[i].is_gone, "%s",
                   questions[i].name);
        job.command = &prepare;
        assert_false(diagnostics_forbid(answers, slots, &job, true));
        assert_row(diagnostics_are_elsewhere(answers, slots, &job.facts, ROUTE_PRIMARY, true) ==
                       questions[i].is_gone,
                   "%s", questions[i].name);
        job.facts.kind = SQL_SHOW;
        assert_false(diagnostics_are_elsewhere(answers, slots, &job.facts, ROUTE_PRIMARY, true));
        job.facts.kind = SQL_WRITE, job.facts.refers_previous = true;
        assert_false(diagnostics_are_elsewhere(answers, slots, &job.facts, ROUTE_PRIMARY, true));
    }
}

/* Answers that are known to connection 3, and to connection 4. */
static const struct answers known = { .last = 3, .found = 3, .diagnostics = 3, .has_diagnostics = true };
static const struct answers elsewhere = { .last = 4, .found = 4, .diagnostics = 4, .has_diagnostics = true };

TEST(own_statements_lose_answers)
{
    struct slot slot = { .generation = 3, .has_warnings = true };
    struct answers answers = known;
    diagnostics_note_own(&answers, &slot);
    assert_false(slot.has_our_warnings);
    assert_true(answers.diagnostics == 3);
    slot.answer.warnings = 1;
    diagnostics_note_own(&answers, &slot);
    assert_true(slot.has_our_warnings && answers.diagnostics == ANSWERS_LOST && answers.last == 3);
    answers = known, answers.has_diagnostics = false;
    diagnostics_note_own(&answers, &slot);
    assert_true(answers.diagnostics == 3);
    answers = known, slot.has_our_warnings = false;
    diagnostics_note_refusal(&answers, &slot);
    assert_true(slot.has_our_warnings && answers.diagnostics == ANSWERS_LOST &&
                answers.last == ANSWERS_LOST && answers.found == 3);
    answers = known;
    diagnostics_note_table_read(&answers, &slot);
    assert_true(!slot.has_our_warnings && !slot.has_warnings);
    assert_true(answers.diagnostics == ANSWERS_LOST && answers.found == ANSWERS_LOST && answers.last == 3);
    answers = known, answers.has_diagnostics = false;
    diagnostics_note_table_read(&answers, &slot);
    assert_true(answers.diagnostics == 3);
    answers = elsewhere;
    diagnostics_note_refusal(&answers, &slot);
    diagnostics_note_table_read(&answers, &slot);
    assert_memory_equal(&answers, &elsewhere, sizeof answers);
}

RUN_TESTS(NULL, NULL)
