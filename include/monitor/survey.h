/* Reads the stored code of a cluster from its primary, over a connection of its own, so that a long list or a
 * refusal does not affect the probes.
 *
 *      survey_begin ──► login ──► sums ──┬── as before ─────────────────────────────► on_done, always once
 *                                        └──► rows, page by page ──► sums again ──┘
 *
 * A sum is a row count and a hash of one list (routines, views, triggers, columns), made by the server. If
 * all sums are as before, no body travels. If they differ before and after the pages, the pages may not
 * belong together: the survey begins again, SURVEY_TRIES times.
 *
 * Only a whole list is of use: a view that the account may not see could write. Each list comes with the
 * proof that the account may see all of it, or is taken for unknown. */
#pragma once

#include "monitor/monitor_settings.h"
#include "monitor/survey_lists.h"
#include "upstream/upstream.h"
#include "stored_code/catalog_draft.h"

#include <stdbool.h>

#define SURVEY_TRIES 3u

struct survey_sum {
    bool is_known; /* the account may see all of the list */
    uint64_t count;
    uint64_t hash;
};

/* How a survey ended. */
struct survey_end {
    struct catalog *take_catalog; /* one reference; NULL: failed, or the same as before */
    bool is_same;                 /* nothing has changed since the catalog that the survey was given */
    const char *why;              /* "" or, for people, what failed or cannot be seen */
};

struct survey {
    const struct monitor_settings *settings; /* borrows: account and timeout */
    const struct upstream_env *env;          /* borrows */
    struct upstream *upstream;               /* owns; NULL when none is running */
    struct rows rows;
    struct loop_timer deadline; /* of each answer */
    bool is_running;
    bool is_thorough;                     /* generated columns are read as well */
    bool is_reading;                      /* pages, not sums */
    bool is_second;                       /* sums after the pages */
    unsigned step;                        /* enum survey_list; SURVEY_LISTS: before the first */
    unsigned tries;                       /* tries that are left */
    uint64_t page_from;                   /* rows of this list that were read */
    uint64_t mark;                        /* of the catalog that is known already; 0: none */
    struct survey_sum sums[SURVEY_LISTS]; /* kept from survey to survey, for the list of columns */
    struct survey_sum before[SURVEY_LISTS];
    struct catalog_draft *draft; /* owns */
    /* Once per survey_begin, possibly before it returns. */
    void (*on_done)(struct survey *survey, const struct survey_end *end);
    void *owner; /* borrows */
};

void survey_init(struct survey *survey, const struct monitor_settings *settings,
                 const struct upstream_env *env, void (*on_done)(struct survey *, const struct survey_end *),
                 void *owner);
/* Asks `server`, which is at `addr` (copied), unless a survey is running. `mark`: catalog_mark() of what is
 * known; 0: nothing, and the survey is thorough. Reading the columns of all tables is costly on a MariaDB
 * server with many tables: only a thorough survey does so, other surveys use the former answer. */
void survey_begin(struct survey *survey, struct server *server, const struct addr *addr, uint64_t mark,
                  bool is_thorough);
/* Gives up a survey that is running, without on_done. Does nothing if none is running. */
void survey_stop(struct survey *survey);
