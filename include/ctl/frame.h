/* What `top` shows at one moment, as lines that fit a screen. Pure.
 */
#ifndef HEADGATE_CTL_FRAME_H
#define HEADGATE_CTL_FRAME_H

#include "base/str.h"
#include "ctl/sheet.h"

#include <stddef.h>

struct frame_scene {
    struct sheet version, servers, sessions; /* answers of the `show` commands of these names */
    struct sheet digests;                    /* the same; without root: this headgate has none */
    struct sheet servers_before;             /* of the look before, for rates; without root: there was none */
    double seconds;                          /* between the two */
};

/* Appends at most `height` lines (0: as many as there is to tell), none wider than `width` characters: the
 * whole, the servers, the sessions that are busy or were last, the digests in the order of the answer. Check
 * out->is_oom. */
void frame_build(const struct frame_scene *scene, size_t width, size_t height, struct text *out);

/* Frees the answers. */
void frame_fini(struct frame_scene *scene);

#endif
