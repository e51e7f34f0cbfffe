/* Why a session's connections are not given to other sessions, for people: SHOW SESSIONS and SHOW PINS. Runs
 * in the thread of the session's worker.
 */
#ifndef HEADGATE_ADMIN_PINNED_H
#define HEADGATE_ADMIN_PINNED_H

#include "session/session.h"

#define PINNED_SEEN_MAX 8 /* pins of one session that are told one by one: the oldest */

struct pinned_cause {
    enum pin_cause cause;
    unsigned count;    /* how many pins; 0: not known */
    uint64_t since_us; /* the oldest; 0: not known */
};

/* All pins of a session, without PIN_ANSWERS, which ends by itself after timeouts.diagnostics. */
struct pinned {
    struct pinned_cause causes[PIN_CAUSE_COUNT]; /* oldest first */
    size_t cause_count;
    struct pin_seen seen[PINNED_SEEN_MAX]; /* borrow from the session; oldest first */
    size_t seen_count;
    size_t unseen; /* number of younger pins, which are not in `seen` */
};
void pinned_look(const struct session *session, struct pinned *pinned_r);
/* "temporary tables (2) 12s, GET_LOCK (1) 3s", at the end of `text`. `now_us`: the session's clock. */
void pinned_describe(const struct pinned *pinned, uint64_t now_us, struct text *text);
/* "12s CREATE TEMPORARY TABLE `t` ( … ); 3s SELECT GET_LOCK ( ? , ? )", likewise. */
void pinned_describe_statements(const struct pinned *pinned, uint64_t now_us, struct text *text);

#endif
