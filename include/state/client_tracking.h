/* Session tracking as the client would see it without headgate, which asks servers for more than the client
 * has asked for.
 */
#ifndef HEADGATE_STATE_CLIENT_TRACKING_H
#define HEADGATE_STATE_CLIENT_TRACKING_H

#include "base/str.h"
#include "cluster/view.h"

#include <stdbool.h>
#include <stdint.h>

/* What the client is told. */
struct tracking {
    uint8_t types;     /* by the server's defaults: 1 << enum sesstrack_type, without variables */
    uint8_t asked;     /* what the client has asked for: the same bits */
    bool has_names;    /* by default other variables than tracked_usual's are told: those of `names` */
    struct text names; /* owns */
};

/* As after a login: by the defaults that the primary has now. Without memory for the names no variable is
 * told. */
void client_tracking_begin(struct tracking *tracking, const struct view *view);

/* Appends to `to` what the client is told of `from`, the entries of a server's OK. Variables are put one to
 * an entry, as MariaDB does and MySQL's clients accept. MariaDB 11 tells one of several variables that share
 * memory; the set-up of connections sees to it that it is the variable that the client would be told. */
void client_tracking_filter(const struct tracking *tracking, struct span from, struct text *to);

#endif
