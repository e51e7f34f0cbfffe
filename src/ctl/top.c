#include "ctl/top.h"

#include "base/clock.h"
#include "ctl/answer.h"
#include "ctl/frame.h"
#include "ctl/terminal.h"

#include <stdio.h>
#include <string.h>

#define WIDTH_ALONE 160 /* characters per line, without a terminal */
#define REDRAW_MS 1000
#define KEY_CTRL_C 3
#define KEY_CTRL_D 4

struct top {
    struct link *link;
    struct frame_scene scene;
    uint64_t looked_us; /* monotonic; last answer to `show servers`; 0: none over this connection */
    bool has_digests;
};

/* *has_r: does this headgate have the command? False: headgate cannot be asked. */
static bool knows(struct link *link, const char *command, bool *has_r, struct error *err)
{
    struct json_table help;
    *has_r = false;
    if (!link_ask_table(link, "help", &help, err))
        return false;
    for (size_t i = 0; i < json_table_rows(&help); i++)
        *has_r |= strcmp(json_table_text(&help, i, "command"), command) == 0;
    json_table_fini(&help);
    return true;
}

static bool open_link(struct top *top, struct error *err)
{
    link_close(top->link);
    top->looked_us = 0;
    return link_open_lasting(top->link, err) && knows(top->link, "show digests", &top->has_digests, err);
}

/* Asks for everything that is shown. The former answer to `show servers` is kept for the rates. */
static bool look(struct top *top, struct error *err)
{
    struct frame_scene next = { 0 };
    if (top->link->fd < 0 && !open_link(top, err))
        return false;
    bool is_whole = link_ask_table(top->link, "show version", &next.version, err) &&
                    link_ask_table(top->link, "show servers", &next.servers, err);
    uint64_t now_us = clock_monotonic_us();
    is_whole = is_whole && link_ask_table(top->link, "show sessions", &next.sessions, err) &&
               (!top->has_digests || link_ask_table(top->link, "show digests", &next.digests, err));
    if (!is_whole) {
        link_close(top->link);
        frame_fini(&next);
        return false;
    }
    if (top->looked_us != 0) {
        next.servers_before = top->scene.servers;
        top->scene.servers = (struct json_table){ 0 };
        next.seconds = (double)(now_us - top->looked_us) / 1e6;
    }
    frame_fini(&top->scene);
    top->scene = next;
    top->looked_us = now_us;
    return true;
}

/* Asks and draws once. False: the terminal cannot be written to, or memory is out. */
static bool draw(struct top *top)
{
    struct error err = { 0 };
    struct text lines = { 0 };
    size_t width, height;
    terminal_size(&width, &height);
    if (look(top, &err))
        frame_build(&top->scene, width, height > 1 ? height - 1 : 1, &lines);
    else
        (void)text_appendf(&lines, "%.*s\n", (int)width, err.text);
    bool is_drawn = !lines.is_oom && terminal_draw(text_span(&lines));
    text_fini(&lines);
    return is_drawn;
}

static bool is_end(int key)
{
    return key < 0 || key == 'q' || key == 'Q' || key == KEY_CTRL_C || key == KEY_CTRL_D;
}

static bool show_once(struct top *top)
{
    struct text lines = { 0 };
    frame_build(&top->scene, WIDTH_ALONE, 0, &lines);
    bool is_written =
        !lines.is_oom && fwrite(lines.data, 1, lines.len, stdout) == lines.len && fflush(stdout) == 0;
    text_fini(&lines);
    return is_written;
}

bool top_run(struct link *link)
{
    struct top top = { .link = link };
    struct error err = { 0 };
    bool is_good = open_link(&top, &err) && look(&top, &err);
    bool is_view = is_good && terminal_is_there();
    is_good = is_good && (!is_view || terminal_begin(&err));
    if (!is_good) {
        (void)answer_print_failure(&err);
    } else if (is_view) {
        /* Draws every second until a key that ends the view; any other key draws at once. */
        while (draw(&top) && !is_end(terminal_key(REDRAW_MS)))
            ;
        terminal_end();
    } else {
        is_good = show_once(&top);
    }
    link_close(link);
    frame_fini(&top.scene);
    return is_good;
}
