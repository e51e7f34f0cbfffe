/* The stored code that the primary reports: over loopback, in a whole cluster. */
#include "cluster_scene.h"

#include "cluster/catalog_refresh.h"

#define CODE(fake, ...)                                                                                      \
    do {                                                                                                     \
        static const char *const list_[] = { __VA_ARGS__ };                                                  \
        (fake)->code = list_;                                                                                \
        (fake)->code_count = COUNT_OF(list_) / 4;                                                            \
    } while (0)

#define READS "RETURN (SELECT COUNT(*) FROM t)"
#define WRITES "BEGIN INSERT INTO t VALUES (1); RETURN 1; END"

static void open_scene_of_code(struct scene *scene)
{
    open_scene(scene);
    scene->settings.read_functions = true;
    scene->settings.read_functions_interval_us = 3000;
    CODE(&scene->fakes[0], "FUNCTION", "app", "price", READS, "FUNCTION", "app", "pay", WRITES, "FUNCTION",
         "app", "twice", "RETURN 1", "FUNCTION", "app2", "Twice", WRITES, "LOADABLE", "", "loaded", "",
         "FUNCTION", "app", "loaded", "RETURN 1", "VIEW", "app", "plain",
         "select `app`.`t`.`a` AS `a` from `app`.`t`", "VIEW", "app", "paying", "select `app`.`pay`() AS `p`",
         "VIEW", "app", "secret", "", "TRIGGER", "app", "t", "SET @x = 1");
}

static unsigned effects(const struct scene *scene, enum code_kind kind, const char *schema, const char *name)
{
    const struct span none = { 0 };
    return scene->view == NULL
               ? CODE_UNKNOWN
               : catalog_effects(scene->view->catalog, kind, none, span_cstr(schema), span_cstr(name)) &
                     ~CATALOG_CALLS;
}

static bool knows(const struct scene *scene, const char *schema, const char *name)
{
    return effects(scene, CODE_FUNCTION, schema, name) == 0;
}

static void turn_until_surveyed(struct scene *scene, unsigned server, unsigned more)
{
    unsigned enough = scene->fakes[server].surveys + more;
    while (scene->fakes[server].surveys < enough)
        turn(&scene->loop);
}

#define CODE_TEST(name) TEST_OF(struct scene, scene, open_scene_of_code, close_scene, name)

CODE_TEST(stored_code_travels_with_the_view)
{
    start(scene);
    while (!knows(scene, "app", "price"))
        turn(&scene->loop);
    assert_int_equal(effects(scene, CODE_FUNCTION, "app", "PRICE"), 0);
    assert_int_equal(effects(scene, CODE_FUNCTION, "app", "pay"), CODE_WRITES | CODE_SETS_VARIABLES);
    assert_int_equal(effects(scene, CODE_FUNCTION, "app", "twice"), 0);
    assert_int_not_equal(effects(scene, CODE_FUNCTION, "", "twice"), 0);
    assert_int_equal(effects(scene, CODE_FUNCTION, "app", "loaded"), CODE_UNKNOWN);
    assert_int_equal(effects(scene, CODE_FUNCTION, "app", "missing"), CODE_UNKNOWN);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "plain"), 0);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "t"), 0);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "paying"), CODE_WRITES | CODE_SETS_VARIABLES);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "secret"), CODE_UNKNOWN);
    assert_int_equal(effects(scene, CODE_TRIGGER, "app", "t"), CODE_SETS_VARIABLES);
    assert_true(looks_like(scene, "PRR"));
    assert_int_equal(scene->fakes[1].surveys + scene->fakes[2].surveys, 0);
    /* An unchanged list makes no new view, and no bodies are transferred. */
    unsigned views = scene->views, pages = scene->fakes[0].pages;
    turn_until_surveyed(scene, 0, 3);
    assert_int_equal(scene->views, views);
    assert_int_equal(scene->fakes[0].pages, pages);
    /* A function is dropped: a holder of the old view still has the old catalog. */
    struct view *before = view_acquire(scene->view);
    CODE(&scene->fakes[0], "FUNCTION", "app", "tax", "RETURN 1");
    while (knows(scene, "app", "price"))
        turn(&scene->loop);
    assert_true(knows(scene, "app", "tax"));
    assert_int_equal(
        catalog_effects(before->catalog, CODE_FUNCTION, span_cstr("app"), span_cstr(""), span_cstr("price")),
        0);
    view_release(&before);
}

/* A list that is not complete counts as unknown; the other lists are known. */
TEST(a_list_without_its_proof_is_not_known)
{
    static const struct {
        const char *hides, *why;
        unsigned view, function, trigger; /* effects of app.plain, app.price, and of writing app.t */
    } rows[] = {
        { "VIEW", "may not see all views", CODE_UNKNOWN, CODE_PRIMARY, CODE_UNKNOWN | CODE_SETS_VARIABLES },
        { "FUNCTION", "may not see all routines", 0, CODE_UNKNOWN, CODE_SETS_VARIABLES },
        { "TRIGGER", "may not see all triggers", 0, 0, CODE_UNKNOWN },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene_of_code(&scene);
        scene.fakes[0].hides = rows[i].hides;
        start(&scene);
        while (scene.view == NULL || scene.view->catalog == NULL)
            turn(&scene.loop);
        assert_row(effects(&scene, CODE_TABLE, "app", "plain") == rows[i].view, "%s", rows[i].hides);
        assert_row(effects(&scene, CODE_FUNCTION, "app", "price") == rows[i].function, "%s", rows[i].hides);
        assert_row(effects(&scene, CODE_TRIGGER, "app", "t") == rows[i].trigger, "%s", rows[i].hides);
        assert_row(strstr(scene.cluster.survey_error, rows[i].why) != NULL, "%s", scene.cluster.survey_error);
        close_scene(&scene);
    }
}

/* After an answer that does not come or cannot be used, nothing is known. The server's state does not suffer.
 */
TEST(without_an_answer_nothing_is_known)
{
    static const struct {
        uint16_t refusal;
        bool is_thinking, is_restless;
        unsigned repeats;
        const char *why;
    } rows[] = {
        { .refusal = 1142, .why = "may not see all routines" },
        { .refusal = 1317, .why = "1317 SELECT command denied" },
        { .is_thinking = true, .why = "no answer within" },
        { .is_restless = true, .why = "it changed each time" },
        { .repeats = CATALOG_ROWS_MAX, .why = "too many" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene_of_code(&scene);
        start(&scene);
        while (!knows(&scene, "app", "price"))
            turn(&scene.loop);
        scene.settings.monitor.timeout_us = rows[i].is_thinking ? 200000 : 30000000;
        scene.fakes[0].refusal = rows[i].refusal;
        scene.fakes[0].is_thinking = rows[i].is_thinking;
        scene.fakes[0].is_restless = rows[i].is_restless;
        scene.fakes[0].repeats = rows[i].repeats;
        while (knows(&scene, "app", "price"))
            turn(&scene.loop);
        assert_int_equal(effects(&scene, CODE_TABLE, "app", "plain"), CODE_UNKNOWN);
        assert_row(strstr(scene.cluster.survey_error, rows[i].why) != NULL, "%s", scene.cluster.survey_error);
        turn_until_surveyed(&scene, 0, 2);
        assert_true(looks_like(&scene, "PRR"));
        assert_string_equal(scene.view->servers[0].detail, "");
        /* The catalog returns with the list. */
        scene.fakes[0].is_thinking = scene.fakes[0].is_restless = false;
        scene.fakes[0].refusal = 0;
        scene.fakes[0].repeats = 0;
        while (!knows(&scene, "app", "price"))
            turn(&scene.loop);
        assert_string_equal(scene.cluster.survey_error, "");
        close_scene(&scene);
    }
}

/* The list has more than one page. */
CODE_TEST(as_much_as_is_allowed_is_read)
{
    scene->fakes[0].repeats = 2000;
    start(scene);
    while (!knows(scene, "app", "price"))
        turn(&scene->loop);
    assert_int_equal(catalog_count(scene->view->catalog), 2000 + scene->fakes[0].code_count);
}

CODE_TEST(a_new_primary_is_asked_at_once_and_the_old_ones_word_forgotten)
{
    scene->settings.read_functions_interval_us = 3600000000;
    CODE(&scene->fakes[1], "FUNCTION", "app", "other", "RETURN 1");
    start(scene);
    while (!knows(scene, "app", "price"))
        turn(&scene->loop);
    assert_int_equal(scene->fakes[0].surveys, 1);
    fake_close(&scene->fakes[0]);
    turn_until_it_looks_like(scene, "dRR");
    assert_int_equal(effects(scene, CODE_TABLE, "app", "plain"), CODE_UNKNOWN);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "t"), 0);
    scene->fakes[1].is_replica = false;
    scene->fakes[1].is_writable = true;
    turn_until_it_looks_like(scene, "dPR");
    while (!knows(scene, "app", "other"))
        turn(&scene->loop);
    assert_false(knows(scene, "app", "price"));
}

/* Changed code is unknown from that moment on. When the change has ended, the primary is asked at once. */
CODE_TEST(a_change_that_passes_is_not_known_until_it_was_asked_about)
{
    struct code_change change;
    scene->settings.read_functions_interval_us = 3600000000;
    start(scene);
    while (!knows(scene, "app", "price"))
        turn(&scene->loop);
    struct sql_dialect dialect = { 0 };
    assert_true(code_change_read(SPAN_LITERAL("CREATE VIEW fresh AS SELECT pay()"), &dialect, &change));
    code_changes_begin(scene->view->code_changes, &change);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "fresh"), CODE_UNKNOWN);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "plain"), CODE_UNKNOWN);
    assert_int_equal(effects(scene, CODE_FUNCTION, "app", "price"), CODE_UNKNOWN);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "t"), 0);
    unsigned surveys = scene->fakes[0].surveys;
    code_changes_end(scene->view->code_changes);
    catalog_refresh_note_change(&scene->cluster);
    while (!knows(scene, "app", "price"))
        turn(&scene->loop);
    assert_int_equal(scene->fakes[0].surveys, surveys + 1);
    assert_int_equal(effects(scene, CODE_TABLE, "app", "plain"), 0);
}

CODE_TEST(a_survey_without_rights_is_told_once)
{
    char text[8192];
    keep_log(scene);
    scene->fakes[0].refusal = 1142;
    start(scene);
    turn_until_surveyed(scene, 0, 4);
    read_log(scene, text, sizeof text);
    const char *line =
        strstr(text, "stored functions stay on the primary: the monitor's account may not see");
    assert_row(line != NULL && strstr(line, "performance_schema.user_defined_functions") != NULL, "%s", text);
    assert_row(strstr(line + 1, "stored functions") == NULL, "%s", text);
}

RUN_TESTS(NULL, NULL)
