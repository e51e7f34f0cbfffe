/* Questions about earlier statements: which connection knows the answer, and how long it is kept. */
#include "../base/unit.h"

#include "state/diagnostics.h"
#include "state/facet.h"

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
    { "ROW_COUNT() of the first one", SQL_ASKS_LAST, BIT(SQL_ASKS_LAST), { .last = 1 }, true },
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

/* ---- a statement has ended ---- */

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

/* Which connection knows: here, there (another one), lost, or nothing was run. */
static const char *who(uint64_t knows)
{
    return knows == 3 ? "here" : knows == ANSWERS_LOST ? "lost" : knows == 0 ? "-" : "there";
}

/* `how`: m MySQL; e an error, E a duplicate key; w warnings; r rows; c changed rows; p PREPARE, x EXECUTE, k
 * EXECUTE with a cursor, i COM_INIT_DB, l a command that headgate answers; f it runs known stored code, u unknown
 * stored code; t another connection knew the answers, h this one did; W the session had warnings, and the
 * connection too, s only the session, v only the connection. `after`: who knows ROW_COUNT() and its value ("?":
 * not told), who knows the warnings and whether there are any (+), who knows FOUND_ROWS(), "calc" after
 * SQL_CALC_FOUND_ROWS, "kept" if the connection is kept from now on, "W" if it has warnings. */
static const struct {
    const char *sql, *how, *after;
} ended[] = {
    { "SELECT 1", "r", "here -1, -, here" },
    { "SELECT 1", "rm", "here -1, here, here" },
    { "SELECT 1", "rt", "here -1, there, here" },
    { "SELECT a FROM t", "rt", "here -1, here, here" },
    { "SELECT a FROM t", "rwt", "here -1, here+, here kept W" },
    { "SELECT a FROM t", "eh", "here -1, here+, here kept W" },
    { "SELECT a FROM t", "et", "here -1, here+, lost kept W" },
    { "SELECT a FROM t", "rkh", "here ?, here, here" },
    { "SELECT a FROM t", "rxh", "here -1, here, here" },
    { "SELECT a FROM t", "ph", "here ?, here, here" },
    { "SELECT a FROM t", "peh", "here ?, here+, here kept W" },
    { "SELECT SQL_CALC_FOUND_ROWS a FROM t", "r", "here -1, here, here calc kept" },
    { "SELECT SQL_CALC_FOUND_ROWS a FROM t; SELECT 1", "r", "here ?, here, here kept" },
    { "INSERT INTO t VALUES (1)", "c", "here 2, here, -" },
    { "INSERT INTO t VALUES (1)", "ct", "here 2, here, there" },
    { "INSERT INTO t VALUES (1)", "cW", "here 2, here, -" },
    { "INSERT INTO t VALUES (1) RETURNING a", "rc", "here ?, here, -" },
    { "INSERT INTO t SELECT a FROM u", "ct", "here 2, here, here" },
    { "INSERT INTO t SELECT a FROM u", "Et", "here -1, here+, lost kept W" },
    { "INSERT INTO t SELECT a FROM u", "et", "here -1, here+, lost kept W" },
    { "INSERT INTO t SELECT a FROM u", "Emt", "here -1, here+, there kept W" },
    { "SET @a = 1", "t", "here 0, there, there" },
    { "SET @a = 1", "tm", "here 0, here, there" },
    { "SET @a = 1", "tW", "here 0, there+, there W" },
    { "SET @a = 1", "wh", "here 0, here+, here kept W" },
    { "BEGIN", "h", "here 0, here, here" },
    { "USE d", "ih", "here ?, here, here" },
    { "USE d", "iwt", "here ?, there, there" },
    { "USE d", "iet", "here ?, here+, there kept W" },
    { "SHOW WARNINGS", "rtW", "here -1, there+, there W" },
    { "SHOW WARNINGS", "rhW", "here -1, here+, here W" },
    { "SHOW WARNINGS", "eh", "here -1, here+, here kept W" },
    { "GET DIAGNOSTICS @a = ROW_COUNT", "hW", "here ?, here+, here W" },
    { "GET DIAGNOSTICS @a = ROW_COUNT", "eh", "here -1, here+, here kept W" },
    { "SHOW COLUMNS FROM t", "eh", "here ?, here+, here kept W" },
    { "SHOW COLUMNS FROM t", "et", "lost ?, here+, lost kept W" },
    { "SHOW COLUMNS FROM t", "etm", "here -1, here+, there kept W" },
    { "HELP 'x'", "rh", "here ?, here, here" },
    { "HELP 'x'", "rt", "lost ?, here, there" },
    { "CALL p()", "ct", "here ?, here, lost" },
    { "CALL p()", "rt", "here ?, here, here" },
    { "CALL p()", "cts", "here ?, lost+, lost" },
    { "CALL p()", "ctv", "here ?, lost+, lost kept W" },
    { "CALL p()", "chs", "here ?, here+, here" },
    { "CALL p()", "h", "here ?, here, here" },
    { "PREPARE s FROM 'SELECT a FROM t'", "ts", "here ?, lost+, there" },
    { "DO 1", "t", "here ?, there, there" },
    { "DO 1", "ft", "here ?, here, there" },
    { "DO 1", "ut", "here ?, here, there" },
    { "CREATE TABLE IF NOT EXISTS t SELECT 1", "t", "here 0, here, lost" },
    { "CREATE TABLE IF NOT EXISTS t SELECT 1", "ct", "here 2, here, here" },
    { "UPDATE t SET a = 1; UPDATE t SET a = 2", "ch", "here ?, here, here" },
    { "SHOW HEADGATE TOKEN", "lrt", "here ?, there, there" },
};

TEST(each_statement_leaves_its_answers_where_it_ran)
{
    static const struct command local = { .manner = COMMAND_LOCAL };
    for (size_t i = 0; i < COUNT_OF(ended); i++) {
        const char *how = ended[i].how;
        struct sql_dialect dialect = { .family = has(how, 'm') ? SQL_FAMILY_MYSQL : SQL_FAMILY_MARIADB,
                                       .multi_statements = true };
        struct upstream upstream = { .family = has(how, 'm') ? FAMILY_MYSQL : FAMILY_MARIADB };
        struct slot slot = { .upstream = &upstream,
                             .generation = 3,
                             .has_warnings = has(how, 'W') || has(how, 'v') };
        struct facets facets = { 0 };
        struct answers *answers = &facets.answers;
        char after[100];
        if (has(how, 't') || has(how, 'h'))
            answers->last = answers->found = answers->diagnostics = has(how, 't') ? 4 : 3;
        answers->has_diagnostics = has(how, 'W') || has(how, 's');
        uint8_t byte = has(how, 'p')                    ? COM_STMT_PREPARE
                       : has(how, 'x') || has(how, 'k') ? COM_STMT_EXECUTE
                       : has(how, 'i')                  ? COM_INIT_DB
                                                        : COM_QUERY;
        struct job job = { .command = has(how, 'l') ? &local : command_find(byte),
                           .place = ROUTE_REPLICA,
                           .facts = classify(span_cstr(ended[i].sql), false, &dialect) };
        job.facts.runs_code |= has(how, 'f');
        job.facts.may_hide_state |= has(how, 'u');
        job.reply = (struct job_reply){ .has_rows = has(how, 'r'),
                                        .has_changed = has(how, 'c'),
                                        .affected = has(how, 'c') ? 2 : 0,
                                        .has_warnings = has(how, 'w'),
                                        .has_error = has(how, 'e') || has(how, 'E'),
                                        .error_code = has(how, 'e')   ? 1146
                                                      : has(how, 'E') ? 1062
                                                                      : 0,
                                        .has_cursor = has(how, 'k'),
                                        .has_multi = job.facts.is_multi };
        bool is_first = diagnostics_note_done(&facets, &job, &slot, true, 50);
        int len = snprintf(after, sizeof after, "%s ", who(answers->last));
        len += answers->row_count.is_known
                   ? snprintf(after + len, sizeof after - (size_t)len, "%d", (int)answers->row_count.value)
                   : snprintf(after + len, sizeof after - (size_t)len, "?");
        (void)snprintf(after + len, sizeof after - (size_t)len, ", %s%s, %s%s%s%s", who(answers->diagnostics),
                       answers->has_diagnostics ? "+" : "", who(answers->found),
                       answers->is_calculated ? " calc" : "", is_first ? " kept" : "",
                       slot.has_warnings ? " W" : "");
        assert_row(strcmp(after, ended[i].after) == 0, "%s (%s): %s", ended[i].sql, how, after);
        assert_true(!is_first || slot.answers_us == 50);
    }
}

/* ---- the facet ---- */

/* `where`: C SYNC_COUNT is due; H headgate's own warnings; W warnings of a statement; d the session has warnings;
 * f the client may ask this connection for FOUND_ROWS(); k this connection knows the warnings, o another one does; q a
 * question about warnings, p one in passing, r a question about ROW_COUNT(). */
static const struct {
    const char *where;
    enum sync_task task;
} cleared[] = {
    { "", SYNC_NOTHING },     { "C", SYNC_COUNT },      { "CH", SYNC_COUNT },    { "H", SYNC_QUIET },
    { "Hf", SYNC_NOTHING },   { "Hfr", SYNC_NOTHING },  { "Hfq", SYNC_QUIET },   { "Hfp", SYNC_QUIET },
    { "Wq", SYNC_NOTHING },   { "Wo", SYNC_NOTHING },   { "Woq", SYNC_QUIET },   { "Wop", SYNC_QUIET },
    { "Woqd", SYNC_NOTHING }, { "Wkq", SYNC_NOTHING },  { "oq", SYNC_NOTHING },  { "Wor", SYNC_NOTHING },
    { "Woqf", SYNC_QUIET },   { "Wkqd", SYNC_NOTHING }, { "HWkqd", SYNC_QUIET },
};

TEST(warnings_that_are_not_the_clients_are_cleared)
{
    for (size_t i = 0; i < COUNT_OF(cleared); i++) {
        const char *where = cleared[i].where;
        struct facets facets = { 0 };
        struct slot slot = { .generation = 3,
                             .must_count = has(where, 'C'),
                             .has_our_warnings = has(where, 'H'),
                             .has_warnings = has(where, 'W') };
        struct job job = { 0 };
        struct replay_command command = { 0 };
        const struct replay replay = {
            .facets = &facets, .job = &job, .slot = &slot, .task = cleared[i].task
        };
        facets.answers.found = has(where, 'f') ? 3 : 4;
        facets.answers.diagnostics = has(where, 'k') ? 3 : has(where, 'o') ? 4 : 0;
        facets.answers.has_diagnostics = has(where, 'd');
        job.facts.questions =
            (has(where, 'q') ? BIT(SQL_ASKS_DIAGNOSTICS) : 0) | (has(where, 'r') ? BIT(SQL_ASKS_LAST) : 0);
        job.facts.asks_before = has(where, 'p') ? BIT(SQL_ASKS_DIAGNOSTICS) : 0;
        assert_row(facet_diagnostics.lacks(&replay) == cleared[i].task, "%s", where);
        enum facet_left left = has(where, 'H') || has(where, 'W') ? LEFT_TO_RESET : LEFT_KNOWN;
        assert_row(facet_diagnostics.left(&facets, &slot) == left, "%s", where);
        if (cleared[i].task == SYNC_NOTHING)
            continue;
        bool is_count = cleared[i].task == SYNC_COUNT;
        facet_diagnostics.say(&replay, &command);
        assert_span(text_span(&command.argument),
                    is_count ? "SELECT 1 FROM (SELECT 1) a LIMIT 0" : "SELECT 1 FROM (SELECT 1) a");
        facet_diagnostics.note(&replay);
        assert_false(slot.must_count || slot.has_our_warnings || (slot.has_warnings && !is_count));
        assert_row(facets.answers.found == (!has(where, 'f') ? 4 : is_count ? 3 : ANSWERS_LOST), "%s", where);
        text_fini(&command.argument);
    }
}

TEST(count_is_asked_for_where_it_was_calculated)
{
    struct slot primary = { .generation = 3 }, replica = { .generation = 4 };
    struct slot *const slots[SLOT_COUNT] = { [ROUTE_PRIMARY] = &primary, [ROUTE_REPLICA] = &replica };
    struct facets facets = { .mode = LISTENER_REPLICA, .answers = { .found = 3, .is_calculated = true } };
    assert_true(facet_diagnostics.is_asked(&facets, slots, ROUTE_PRIMARY));
    assert_false(facet_diagnostics.is_asked(&facets, slots, ROUTE_REPLICA));
    facets.answers.is_calculated = false;
    assert_false(facet_diagnostics.is_asked(&facets, slots, ROUTE_PRIMARY));
    facet_diagnostics.learn_number(&facets, &primary, 34);
    assert_true(facets.answers.found_rows.is_known && facets.answers.found_rows.value == 34);
    facet_diagnostics.reset(&facets);
    assert_true(facets.answers.found == 0 && !facets.answers.found_rows.is_known);
    assert_true(facets.answers.last_place == ROUTE_REPLICA && facets.answers.found_place == ROUTE_REPLICA &&
                facets.answers.diagnostics_place == ROUTE_REPLICA);
}

RUN_TESTS(NULL, NULL)
