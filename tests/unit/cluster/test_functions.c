/* Which stored functions only read, as the primary says it: over loopback, in a whole cluster. */
#include "cluster_scene.h"

#define FUNCTIONS(fake, ...)                                                                                 \
    do {                                                                                                     \
        static const char *const list_[] = { __VA_ARGS__ };                                                  \
        (fake)->functions = list_;                                                                           \
        (fake)->function_count = COUNT_OF(list_) / 3;                                                        \
    } while (0)

static void open_scene_of_functions(struct scene *scene)
{
    open_scene(scene);
    scene->settings.read_functions = true;
    scene->settings.read_functions_interval_us = 3000;
    FUNCTIONS(&scene->fakes[0], "app", "price", "READS SQL DATA", "app", "tax", "NO SQL", "app", "pay",
              "MODIFIES SQL DATA", "app", "plain", "CONTAINS SQL", "app", "twice", "READS SQL DATA", "app2",
              "Twice", "MODIFIES SQL DATA", "", "loaded", "LOADABLE", "app", "loaded", "NO SQL", "pkg",
              "inside", "PACKAGE", "sys", "ps_is_on", "READS SQL DATA", "sys", "price", "NO SQL");
}

static bool knows(const struct scene *scene, const char *schema, const char *name)
{
    return scene->view != NULL &&
           routines_only_reads(scene->view->routines, span_cstr(schema), span_cstr(name));
}

static void turn_until_surveyed(struct scene *scene, unsigned server, unsigned more)
{
    unsigned enough = scene->fakes[server].surveys + more;
    while (scene->fakes[server].surveys < enough)
        turn(&scene->loop);
}

static void functions_that_only_read_travel_with_the_view(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    start(&scene);
    while (!knows(&scene, "", "price"))
        turn(&scene.loop);
    static const char *const others[] = {
        "pay", "plain", "twice", "loaded", "inside", "ps_is_on", "ALL", ""
    };
    assert_true(knows(&scene, "app", "PRICE") && knows(&scene, "", "tax"));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_row(!knows(&scene, "", others[i]), "%s", others[i]);
    assert_false(knows(&scene, "sys", "price"));
    assert_int_equal(routines_count(scene.view->routines), 2);
    assert_true(looks_like(&scene, "PRR"));
    assert_int_equal(scene.fakes[1].surveys + scene.fakes[2].surveys, 0);
    /* The same again is no news. */
    unsigned views = scene.views;
    turn_until_surveyed(&scene, 0, 3);
    assert_int_equal(scene.views, views);
    /* One is dropped: whoever holds the old view goes on with the old set. */
    struct view *before = view_acquire(scene.view);
    FUNCTIONS(&scene.fakes[0], "app", "tax", "NO SQL");
    while (knows(&scene, "", "price"))
        turn(&scene.loop);
    assert_true(knows(&scene, "", "tax"));
    assert_true(routines_only_reads(before->routines, span_cstr(""), span_cstr("price")));
    view_release(&before);
    close_scene(&scene);
}

static void nobody_is_asked_for_functions_unless_it_is_set(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    scene.settings.read_functions = false;
    settle(&scene, "PRR");
    probe_thrice(&scene);
    assert_int_equal(scene.fakes[0].surveys, 0);
    assert_null(scene.view->routines);
    close_scene(&scene);
}

/* A list that is not whole, or does not come, is none: and no reason to think less of the server. */
static void without_the_whole_list_no_function_is_known(void **state)
{
    (void)state;
    static const struct {
        bool hides_some;
        uint16_t refusal;
        bool is_thinking;
        unsigned repeats;
        const char *why;
    } rows[] = {
        { .hides_some = true, .why = "may not see all of them" },
        { .refusal = 1142, .why = "may not see all of them" },
        { .refusal = 1317, .why = "1317 SELECT command denied" },
        { .is_thinking = true, .why = "no answer within" },
        { .repeats = SURVEY_FUNCTIONS_MAX - 10, .why = "too many" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene scene;
        open_scene_of_functions(&scene);
        start(&scene);
        while (!knows(&scene, "", "price"))
            turn(&scene.loop);
        scene.settings.monitor.timeout_us = rows[i].is_thinking ? 200000 : 30000000;
        scene.fakes[0].hides_some = rows[i].hides_some;
        scene.fakes[0].refusal = rows[i].refusal;
        scene.fakes[0].is_thinking = rows[i].is_thinking;
        scene.fakes[0].repeats = rows[i].repeats;
        while (knows(&scene, "", "price"))
            turn(&scene.loop);
        assert_null(scene.view->routines);
        assert_row(strstr(scene.cluster.survey_error, rows[i].why) != NULL, "%s", scene.cluster.survey_error);
        turn_until_surveyed(&scene, 0, 2);
        assert_true(looks_like(&scene, "PRR"));
        assert_string_equal(scene.view->servers[0].detail, "");
        /* It comes back with the list. */
        scene.fakes[0].hides_some = scene.fakes[0].is_thinking = false;
        scene.fakes[0].refusal = 0;
        scene.fakes[0].repeats = 0;
        while (!knows(&scene, "", "price"))
            turn(&scene.loop);
        assert_string_equal(scene.cluster.survey_error, "");
        close_scene(&scene);
    }
}

static void as_many_functions_as_allowed_are_read(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    scene.fakes[0].repeats = SURVEY_FUNCTIONS_MAX - scene.fakes[0].function_count;
    start(&scene);
    while (!knows(&scene, "", "tax"))
        turn(&scene.loop);
    close_scene(&scene);
}

static void a_new_primary_is_asked_at_once_and_the_old_ones_word_forgotten(void **state)
{
    (void)state;
    struct scene scene;
    open_scene_of_functions(&scene);
    scene.settings.read_functions_interval_us = 3600000000;
    FUNCTIONS(&scene.fakes[1], "app", "other", "NO SQL");
    start(&scene);
    while (!knows(&scene, "", "price"))
        turn(&scene.loop);
    assert_int_equal(scene.fakes[0].surveys, 1);
    fake_close(&scene.fakes[0]);
    turn_until_it_looks_like(&scene, "dRR");
    assert_null(scene.view->routines);
    scene.fakes[1].is_replica = false;
    scene.fakes[1].is_writable = true;
    turn_until_it_looks_like(&scene, "dPR");
    while (!knows(&scene, "", "other"))
        turn(&scene.loop);
    assert_false(knows(&scene, "", "price"));
    close_scene(&scene);
}

static void a_survey_without_rights_is_told_once(void **state)
{
    (void)state;
    struct scene scene;
    char text[8192];
    open_scene_of_functions(&scene);
    keep_log(&scene);
    scene.fakes[0].refusal = 1142;
    start(&scene);
    turn_until_surveyed(&scene, 0, 4);
    read_log(&scene, text, sizeof text);
    const char *line =
        strstr(text, "stored functions stay on the primary: the monitor's account may not see");
    assert_row(line != NULL && strstr(line, "performance_schema.user_defined_functions") != NULL, "%s", text);
    assert_row(strstr(line + 1, "stored functions") == NULL, "%s", text);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_that_only_read_travel_with_the_view),
        cmocka_unit_test(nobody_is_asked_for_functions_unless_it_is_set),
        cmocka_unit_test(without_the_whole_list_no_function_is_known),
        cmocka_unit_test(as_many_functions_as_allowed_are_read),
        cmocka_unit_test(a_new_primary_is_asked_at_once_and_the_old_ones_word_forgotten),
        cmocka_unit_test(a_survey_without_rights_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
