/* Why the connections of a session cannot be given to other sessions, for SHOW SESSIONS and SHOW PINS. Runs
 * in the thread of the session's worker. */
#pragma once

#include "session/session.h"

#define PINNED_SEEN_MAX 8 /* pins of one session that are listed individually: the oldest ones */

struct pinned_cause {
    enum pin_cause cause;
    unsigned count;    /* number of pins; 0: unknown */
    uint64_t since_us; /* of the oldest pin; 0: unknown */
};

/* All pins of a session except PIN_ANSWERS, which ends by itself after timeouts.diagnostics. */
struct pinned {
    struct pinned_cause causes[PIN_CAUSE_COUNT]; /* oldest first */
    size_t cause_count;
    struct pin_seen seen[PINNED_SEEN_MAX]; /* borrow from the session; oldest first */
    size_t seen_count;
    size_t unseen; /* number of younger pins that are not in `seen` */
};
void pinned_look(const struct session *session, struct pinned *pinned_r);
/* Appends the causes to `text`: "temporary tables (2) 12s, GET_LOCK (1) 3s". `now_us`: the session's
 * clock. */
void pinned_describe(const struct pinned *pinned, uint64_t now_us, struct text *text);
/* Appends the statements to `text`: "12s CREATE TEMPORARY TABLE `t` ( … ); 3s SELECT GET_LOCK ( ? , ? )".
 * `now_us`: the session's clock. */
void pinned_describe_statements(const struct pinned *pinned, uint64_t now_us, struct text *text);
