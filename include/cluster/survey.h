/* Which stored functions only read: asked of the primary now and then, over a connection of its own, so that
 * neither a long list nor a refusal is any concern of the probes.
 *
 *      survey_begin ──► login ──► one query ──► routines_new ──► on_done, always once
 *
 * Only the whole list is of use: a function of the same name that the account may not see could write. So the
 * query is made such that it fails, or gives no proof, unless the account may see all functions.
 */
#ifndef HEADGATE_CLUSTER_SURVEY_H
#define HEADGATE_CLUSTER_SURVEY_H

#include "cluster/cluster_settings.h"
#include "cluster/upstream.h"
#include "sql/routines.h"

#include <stdbool.h>

/* More stored and loadable functions than this on a server: none is used. */
#define SURVEY_FUNCTIONS_MAX 10000

struct survey {
    const struct monitor_settings *settings; /* borrows: account and timeout */
    const struct upstream_env *env;          /* borrows */
    struct upstream *upstream;               /* owns; NULL when none is running */
    struct rows rows;
    struct loop_timer deadline;
    bool is_running;
    /* Once per survey_begin, possibly before it returns. `take_routines`: one reference, or NULL; then `why`,
     * for people. */
    void (*on_done)(struct survey *survey, struct routines *take_routines, const char *why);
    void *owner; /* borrows */
};

void survey_init(struct survey *survey, const struct monitor_settings *settings,
                 const struct upstream_env *env,
                 void (*on_done)(struct survey *, struct routines *, const char *), void *owner);
/* Asks `server`, which is at `addr` (copied), unless a survey is running. */
void survey_begin(struct survey *survey, struct server *server, const struct addr *addr);
/* Gives up a survey that is running: on_done is not called. Otherwise nothing. */
void survey_stop(struct survey *survey);

#endif
