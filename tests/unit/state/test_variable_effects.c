/* What statements do to user variables, and which jobs lack them: rows of statement, session and result. */
#include "../base/unit.h"

#include "mysql/reply.h"
#include "sql/classify.h"
#include "state/facet.h"
#include "state/pending_set.h"
#include "state/pooled.h"
#include "state/variable_effects.h"

static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB, .multi_statements = true };
static const struct command query = { .byte = COM_QUERY, .manner = COMMAND_STATEMENT };

struct scene {
    struct facets facets;
    struct job job;
    struct pooled connection;
    struct slot slots[SLOT_COUNT], *at[SLOT_COUNT];
};

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

/* `where`: a @a is 1, known to both connections; r the statement runs on the replica; p on a port for reads; e it
 * fails; P, R, M the variables are known only on the primary, on the replica, perhaps on the replica; l the
 * primary's connection lacks known values; v other variables of the session have changed since; x the text is
 * cut; i it is the SET of an EXECUTE; g it is a login. */
static void begin(struct scene *scene, const char *sql, const char *where)
{
    *scene = (struct scene){ .job.command = &query };
    struct facets *facets = &scene->facets;
    struct job *job = &scene->job;
    if (has(where, 'a'))
        user_variables_assign(&facets->user_vars, SPAN_LITERAL("a"), SPAN_LITERAL("'1'"));
    for (int i = 0; i < SLOT_COUNT; i++) {
        scene->slots[i].upstream = &scene->connection.upstream;
        scene->slots[i].user_version = facets->user_vars.version;
        scene->at[i] = &scene->slots[i];
    }
    if (has(where, 'l'))
        scene->slots[ROUTE_PRIMARY].user_version = 0;
    facets->mode = has(where, 'p') ? LISTENER_REPLICA : LISTENER_SPLIT;
    facets->variables = has(where, 'P')   ? VARIABLES_PRIMARY
                        : has(where, 'R') ? VARIABLES_REPLICA
                        : has(where, 'M') ? VARIABLES_MAYBE_REPLICA
                                          : VARIABLES_NOWHERE;
    facets->vars.version = has(where, 'v');
    job->facts = classify(span_cstr(sql), false, &dialect);
    job->place = has(where, 'r') ? ROUTE_REPLICA : ROUTE_PRIMARY;
    job->is_home = job->place == facets_home(facets);
    job->is_cut = has(where, 'x');
    job->is_inner_set = has(where, 'i');
    job->facts.may_hide_state &= !has(where, 'i');
    job->is_login = has(where, 'g');
    job->reply.has_error = has(where, 'e');
    assert_true(variable_effects_note_names(job, span_cstr(sql), &dialect));
    if (job->facts.kind == SQL_SET)
        job->pending_set = pending_set_read(span_cstr(sql), &dialect);
}

static void end(struct scene *scene)
{
    user_variables_fini(&scene->facets.user_vars);
    pending_set_fini(scene->job.pending_set);
    text_fini(&scene->job.names.text);
}

/* Where the values are known, what @a is ("?": not known), and: other, the session may have variables that no text
 * named; odd, it has such whose names cannot be written; late, the connection of the statement lacks values. */
static void describe(const struct scene *scene, char *words, size_t size)
{
    static const char *const places[] = { [VARIABLES_NOWHERE] = "everywhere",
                                          [VARIABLES_PRIMARY] = "primary",
                                          [VARIABLES_REPLICA] = "replica",
                                          [VARIABLES_MAYBE_REPLICA] = "maybe" };
    const struct uservars *vars = &scene->facets.user_vars;
    struct span literal = user_variables_literal(vars, SPAN_LITERAL("a"));
    (void)snprintf(words, size, "%s %.*s%s%s%s%s", places[scene->facets.variables], (int)literal.len,
                   (const char *)literal.data, user_variables_has(vars, SPAN_LITERAL("a")) ? "" : "?",
                   vars->has_others ? " other" : "", vars->has_odd ? " odd" : "",
                   scene->at[scene->job.place]->user_version != vars->version ? " late" : "");
}

static const struct {
    const char *sql, *where, *after;
} rows[] = {
    { "SELECT 1", "", "everywhere ?" },
    { "SELECT 1", "a", "everywhere '1'" },
    { "SET @a = 2", "", "everywhere 2" },
    { "SET @a = 2", "a", "everywhere 2" },
    { "SET @a = 2", "al", "everywhere 2 late" },
    { "SET @a = 2", "e", "primary ?" },
    { "SET @a = 2", "p", "everywhere ?" },
    { "SET @a = 2", "rp", "everywhere 2" },
    { "SET @a = 'x'", "v", "primary ?" },
    { "SET @a = NOW()", "", "primary ?" },
    { "SET @a = @b", "", "primary ?" },
    { "SET @a = 2, @b = @a", "", "primary ?" },
    { "SET @a = 2; SELECT 1", "", "primary ? other" },
    { "SET @a = 2, @@b = 1", "", "everywhere 2" },
    { "SET time_zone = @a", "a", "everywhere '1'" },
    { "SET time_zone = 'SYSTEM'", "av", "primary ?" },
    { "SELECT @a", "", "everywhere ?" },
    { "SELECT @a", "a", "everywhere '1'" },
    { "SELECT @a := 2", "a", "primary ?" },
    { "SELECT @@a", "", "everywhere ?" },
    { "SELECT @'a\\nb' := 2", "", "primary ? odd" },
    { "SELECT @'a\\nb'", "", "everywhere ?" },
    { "SELECT @a", "x", "primary ? other" },
    { "INSERT INTO t VALUES (1)", "", "everywhere ?" },
    { "INSERT INTO t VALUES (1)", "a", "primary ? other" },
    { "INSERT INTO t VALUES (@a)", "", "primary ? other" },
    { "CREATE TABLE t (a INT)", "a", "everywhere '1'" },
    { "CALL p()", "a", "primary ? other" },
    { "EXECUTE s", "a", "primary ? other" },
    { "EXECUTE s", "ai", "everywhere '1'" },
    { "SELECT ROW_COUNT()", "aP", "primary '1'" },
    { "SELECT ROW_COUNT(), @a := 2", "a", "primary ?" },
    { "SET @a = 2", "R", "replica ?" },
    { "SET @a = 2", "P", "everywhere 2" },
    { "SET @a = 2", "M", "everywhere 2" },
    { "SELECT @a := 2", "r", "replica ?" },
    { "SELECT @a := 2", "rP", "primary ?" },
    { "SELECT @a", "r", "everywhere ?" },
    { "DO f()", "r", "maybe ?" },
    { "DO f()", "rR", "replica ?" },
};

TEST(statements_leave_values_where_they_ran)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        char after[80];
        begin(&scene, rows[i].sql, rows[i].where);
        variable_effects_note_done(&scene.facets, scene.at, &scene.job);
        describe(&scene, after, sizeof after);
        assert_row(strcmp(after, rows[i].after) == 0, "%s (%s): %s", rows[i].sql, rows[i].where, after);
        assert_true(!scene.job.is_home || scene.facets.user_vars_base == scene.facets.vars.version);
        end(&scene);
    }
}

/* a: the replica must be asked for the values first. l: the job cannot have the values that it needs. n: the job is
 * a question that needs none. o: without its reply, values that were known may be others. */
static const struct {
    const char *sql, *where, *verdicts;
} jobs[] = {
    { "SELECT 1", "", "" },
    { "SELECT 1", "aR", "" },
    { "SELECT @a", "", "" },
    { "SELECT @a", "R", "al" },
    { "SELECT @a", "P", "" },
    { "SELECT @a", "Rr", "" },
    { "SELECT @a", "Rp", "" },
    { "SELECT @a", "Rg", "" },
    { "SELECT @a := 1", "", "o" },
    { "SET @a = 1", "R", "alo" },
    { "INSERT INTO t VALUES (1)", "", "" },
    { "INSERT INTO t VALUES (1)", "a", "o" },
    { "INSERT INTO t VALUES (1)", "R", "a" },
    { "CREATE TABLE t (a INT)", "aR", "" },
    { "UPDATE t SET a = 1; SELECT 1", "a", "o" },
    { "SELECT 1; SELECT 2", "a", "o" },
    { "SELECT 1", "ax", "o" },
    { "DO f()", "a", "o" },
    { "EXECUTE s", "a", "o" },
    { "EXECUTE s", "ai", "" },
    { "SELECT ROW_COUNT()", "al", "n" },
    { "SELECT ROW_COUNT(), @a", "a", "" },
    { "SELECT ROW_COUNT(), @a", "al", "l" },
    { "SELECT ROW_COUNT(), @a", "alr", "" },
    { "SELECT ROW_COUNT(), @a", "aR", "l" },
    { "SET @a = ROW_COUNT()", "R", "lo" },
    { "INSERT INTO t VALUES (ROW_COUNT())", "al", "lo" },
};

TEST(jobs_that_lack_variables_are_known)
{
    for (size_t i = 0; i < COUNT_OF(jobs); i++) {
        struct scene scene;
        char got[8];
        begin(&scene, jobs[i].sql, jobs[i].where);
        (void)snprintf(got, sizeof got, "%s%s%s%s",
                       variable_effects_are_away(&scene.facets, &scene.job) ? "a" : "",
                       variable_effects_are_lost(&scene.facets, scene.at, &scene.job) ? "l" : "",
                       variable_effects_needs_none(&scene.job) ? "n" : "",
                       variable_effects_may_be_lost(&scene.facets, &scene.job) ? "o" : "");
        assert_row(strcmp(got, jobs[i].verdicts) == 0, "%s (%s): %s", jobs[i].sql, jobs[i].where, got);
        end(&scene);
    }
}

/* ---- the facet ---- */

/* l: the connection of the job lacks values. */
static const struct {
    const char *sql, *where;
    enum sync_task task;
} applied[] = {
    { "SELECT 1", "a", SYNC_NOTHING },
    { "SELECT 1", "al", SYNC_USER_VARS },
    { "SELECT 1", "alr", SYNC_NOTHING },
    { "SELECT 1", "alrp", SYNC_USER_VARS },
    { "SELECT @a", "alr", SYNC_USER_VARS },
    { "SELECT ROW_COUNT()", "al", SYNC_NOTHING },
    { "SELECT ROW_COUNT(), @a", "al", SYNC_USER_VARS },
    { "SELECT ROW_COUNT(), @a", "alr", SYNC_USER_VARS },
    { "GET DIAGNOSTICS @a = ROW_COUNT", "alr", SYNC_NOTHING },
};

TEST(connection_gets_the_values_that_it_needs)
{
    for (size_t i = 0; i < COUNT_OF(applied); i++) {
        struct scene scene;
        struct replay_command command = { 0 };
        begin(&scene, applied[i].sql, applied[i].where);
        struct slot *slot = scene.at[scene.job.place];
        const struct replay replay = { .facets = &scene.facets, .job = &scene.job, .slot = slot };
        slot->user_version = has(applied[i].where, 'l') ? 0 : scene.facets.user_vars.version;
        assert_int_equal(facet_variable_effects.left(&scene.facets, slot),
                         slot->user_version != 0 ? LEFT_TO_RESET : LEFT_KNOWN);
        assert_row(facet_variable_effects.lacks(&replay) == applied[i].task, "%s (%s)", applied[i].sql,
                   applied[i].where);
        if (applied[i].task == SYNC_USER_VARS) {
            facet_variable_effects.say(&replay, &command);
            assert_span(text_span(&command.argument), "SET @`a`='1'");
            facet_variable_effects.note(&replay);
        }
        assert_true(applied[i].task == SYNC_NOTHING || facet_variable_effects.lacks(&replay) == SYNC_NOTHING);
        text_fini(&command.argument);
        end(&scene);
    }
}

/* The connection is asked for @a, or (has_others) for all names. `code`: the error that it answers. */
static const struct {
    bool has_others, is_late; /* is_late: the variables have changed since the question */
    uint16_t code;
    bool is_unlisted;
} refused[] = {
    { false, false, 1146, false }, { true, false, 1146, true }, { true, false, ERR_QUERY_INTERRUPTED, false },
    { true, true, 1146, false },   { false, true, 0, false },
};

TEST(refused_question_is_not_asked_again_before_a_change)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct scene scene;
        struct text sql = { 0 };
        begin(&scene, "SELECT 1", "aP");
        struct facets *facets = &scene.facets;
        struct uservars *vars = &facets->user_vars;
        const struct facet *facet = &facet_variable_effects;
        user_variables_forget(vars, SPAN_LITERAL("a"));
        vars->has_others = refused[i].has_others;
        assert_int_equal(facet->keeps(facets, ROUTE_PRIMARY), pin_bit(PIN_USER_VARIABLES));
        assert_int_equal(facet->keeps(facets, ROUTE_REPLICA), 0);
        assert_true(facet->is_asked(facets, scene.at, ROUTE_PRIMARY));
        assert_false(facet->is_asked(facets, scene.at, ROUTE_REPLICA));
        assert_int_equal(facet->ask(facets, &scene.slots[0], &sql), refused[i].has_others);
        assert_int_equal(span_equal(text_span(&sql), span_cstr(user_variables_list_query(false))),
                         refused[i].has_others);
        const struct upstream_answer told = { .is_err = refused[i].code != 0, .error.code = refused[i].code };
        const struct facet_answer answer = { .told = &told, .version = vars->version - refused[i].is_late };
        assert_false(facet->learn(facets, &scene.slots[0], &answer));
        assert_row(vars->is_unlisted == refused[i].is_unlisted, "row %zu", i);
        assert_true(scene.slots[0].user_version == vars->version && facets->variables == VARIABLES_PRIMARY);
        assert_false(facet->is_asked(facets, scene.at, ROUTE_PRIMARY));
        facet->reset(facets);
        assert_true(vars->count == 0 && facets->variables == VARIABLES_NOWHERE);
        facets->variables = VARIABLES_PRIMARY; /* the answer comes after a reset */
        assert_true(facet->learn(facets, &scene.slots[0], &(struct facet_answer){ .version = 99 }));
        assert_int_equal(facets->variables, VARIABLES_NOWHERE);
        text_fini(&sql);
        end(&scene);
    }
}

RUN_TESTS(NULL, NULL)
