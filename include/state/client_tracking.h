/* Filters the session tracking of servers for the client. headgate asks servers for more tracking than the
 * client has asked for; the client sees what it would see without headgate. */
#pragma once

#include "base/str.h"
#include "cluster/view.h"

#include <stdbool.h>
#include <stdint.h>

/* Which session tracking the client is told. */
struct tracking {
    uint8_t types;     /* types that servers track by default: 1 << enum sesstrack_type, no variables */
    uint8_t asked;     /* types that the client has asked for: the same bits */
    bool has_names;    /* the default list of variables is `names`; false: it is track_defaults_factory's */
    struct text names; /* owns */
};

/* Sets the state after a login: the defaults that the primary has now. If there is no memory for the names,
 * the client is told no variable. */
void client_tracking_begin(struct tracking *tracking, const struct view *view);

/* Appends to `to` those entries of `from`, the session tracking of a server's OK, that the client is told.
 * Each variable becomes an entry of its own, as MariaDB does and MySQL's clients accept. MariaDB 11 reports
 * only one of several variables that share memory; the set-up of a connection makes it the variable that the
 * client would be told. */
void client_tracking_filter(const struct tracking *tracking, struct span from, struct text *to);
