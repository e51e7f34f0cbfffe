#include "ctl_test.h"

#include "ctl/frame.h"

#define VERSION "[{\"version\":\"0.1\",\"uptime_s\":3723,\"workers\":2,\"sessions\":3}]"
#define SERVERS(first, second)                                                                               \
    "[{\"cluster\":\"main\",\"name\":\"db1\",\"role\":\"primary\",\"state\":\"up\",\"lag_ms\":null,"         \
    "\"queries\":" first ",\"errors\":0},{\"cluster\":\"main\",\"name\":\"d\xC3\xA4"                         \
    "b2\",\"role\":"                                                                                         \
    "\"replica\",\"state\":\"up\",\"lag_ms\":250,\"queries\":" second ",\"errors\":1}]"
#define SESSIONS                                                                                             \
    "[{\"id\":1,\"user\":\"idle_long\",\"state\":\"idle\",\"idle_s\":9},"                                    \
    "{\"id\":2,\"user\":\"idle_short\",\"state\":\"idle\",\"idle_s\":1},"                                    \
    "{\"id\":3,\"user\":\"busy\\u001b[2J\",\"state\":\"waiting for a reply\",\"idle_s\":99}]"

static struct frame_scene scene_of(const char *before, const char *now)
{
    struct frame_scene scene = { .version = json_table_of(VERSION),
                                 .servers = json_table_of(now),
                                 .sessions = json_table_of(SESSIONS) };
    if (before != NULL) {
        scene.servers_before = json_table_of(before);
        scene.seconds = 2;
    }
    return scene;
}

static const char *build(const struct frame_scene *scene, size_t width, size_t height)
{
    static struct text out;
    text_clear(&out);
    frame_build(scene, width, height, &out);
    assert_false(out.is_oom);
    return text_cstr(&out);
}

TEST(rates_are_told_from_the_second_look_on)
{
    struct frame_scene scene = scene_of(NULL, SERVERS("100", "50"));
    const char *frame = build(&scene, 200, 0);
    assert_non_null(strstr(frame, "headgate 0.1   up 1:02:03   workers 2   sessions 3\n"));
    frame_fini(&scene);
    scene = scene_of(SERVERS("100", "50"), SERVERS("300", "51"));
    frame = build(&scene, 200, 0);
    /* (200 + 1) / 2, rounded to the even number */
    assert_non_null(strstr(frame, "sessions 3   queries/s 100\n"));
    assert_non_null(strstr(frame, "db1     primary  up          -        100         0"));
    assert_non_null(strstr(frame, "d\xC3\xA4"
                                  "b2    replica  up        250          0         0"));
    frame_fini(&scene);
}

TEST(a_server_that_began_anew_has_no_negative_rate)
{
    struct frame_scene scene = scene_of(SERVERS("100", "50"), SERVERS("3", "50"));
    assert_null(strstr(build(&scene, 200, 0), "-4"));
    frame_fini(&scene);
}

TEST(who_is_busy_comes_first_and_nobody_moves_the_cursor)
{
    struct frame_scene scene = scene_of(NULL, SERVERS("1", "1"));
    const char *frame = build(&scene, 200, 0);
    const char *busy = strstr(frame, "busy?[2J"), *brief = strstr(frame, "idle_short"),
               *old = strstr(frame, "idle_long");
    assert_true(busy != NULL && busy < brief && brief < old);
    assert_null(strchr(frame, '\033'));
    frame_fini(&scene);
}

/* For any size of the screen: no line is wider, and there are no more lines than fit. */
TEST(a_frame_fits_its_screen)
{
    struct frame_scene scene = scene_of(SERVERS("1", "1"), SERVERS("1", "1"));
    scene.digests =
        json_table_of("[{\"digest\":\"SELECT ?\",\"count\":7},{\"digest\":\"x\",\"count\":12345}]");
    for (size_t width = 1; width < 120; width += 7)
        for (size_t height = 1; height < 20; height++) {
            size_t lines = 0;
            for (const char *line = build(&scene, width, height), *end; *line != '\0';
                 line = end + 1, lines++) {
                size_t characters = 0;
                end = strchr(line, '\n');
                for (const char *c = line; c < end; c++)
                    characters += ((uint8_t)*c & 0xC0) != 0x80;
                assert_true(characters <= width);
            }
            assert_true(lines <= height);
        }
    assert_non_null(strstr(build(&scene, 120, 0), "    7  SELECT ?\n"));
    frame_fini(&scene);
}

RUN_TESTS(NULL, NULL)
