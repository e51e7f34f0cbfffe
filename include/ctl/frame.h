/* What `top` shows at one moment, as lines that fit a screen. Pure. */
#pragma once

#include "base/str.h"
#include "ctl/json_table.h"

#include <stddef.h>

struct frame_scene {
    struct json_table version, servers, sessions; /* answers of the `show` commands of these names */
    struct json_table digests; /* answer to `show digests`; root NULL: this headgate has no digests */
    struct json_table
        servers_before; /* the former answer to `show servers`, for rates; root NULL: none yet */
    double seconds;     /* between the former and the present answer to `show servers` */
};

/* Appends at most `height` lines (0: no limit), none wider than `width` characters: a summary; the servers;
 * the sessions, busy ones first, then those that became idle last; the digests in the order of the answer.
 * Check out->is_oom. */
void frame_build(const struct frame_scene *scene, size_t width, size_t height, struct text *out);

/* Frees all answers of the scene. */
void frame_fini(struct frame_scene *scene);
