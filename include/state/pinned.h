/* Why a session's connection may not be given to somebody else: its pins (pins.h), and what else of the
 * session lives in that connection only. One answer for all who ask: giving it up (share.c), SHOW SESSIONS
 * and SHOW PINS, the counters, and the words that those hear who wait in vain.
 *
 *      command_end ─► pinned_note      counts what has come, notes since when and by which statement
 *      yield_give_up ─► pinned_by       0: it may be given up
 *      show sessions ─► pinned_describe
 */
#ifndef HEADGATE_STATE_PINNED_H
#define HEADGATE_STATE_PINNED_H

#include "session/session.h"

#define PINNED_SEEN_MAX 8 /* pins of one session that are told one by one: the oldest */

/* All causes, a bit each (pin_bit), for which the connection at that place is kept; 0: there is none. Reads
 * the table of prepared statements. */
uint32_t pinned_by(const struct session *session, enum route_place place);
/* Those of them without which the session would have lost state: a transaction, user variables, pins. Costs a
 * few comparisons. */
uint32_t pinned_by_state(const struct session *session, enum route_place place);
/* Those that are in prepared statements, which could not be had again: cursors, long data, long texts. */
uint32_t pinned_by_statements(const struct session *session, enum route_place place);

/* A statement of the session's is over, and what it does to the session is noted: counts the causes that have
 * come. One comparison where they are as they were. */
void pinned_note(struct session *session);
/* The same of causes that pinned_note does not look for: one has come; one has come in a prepared statement.
 */
void pinned_count(struct session *session, enum pin_cause cause);
void pinned_note_statement(struct session *session, struct prepared *prepared, enum pin_cause cause);

/* One cause of a session's. */
struct pinned_cause {
    enum pin_cause cause;
    unsigned count;    /* how many there are of it; 0: that is not told */
    uint64_t since_us; /* the oldest; 0: not known */
};

/* What a session is pinned by, for people; but for what is over after timeouts.diagnostics by itself
 * (PIN_ANSWERS). */
struct pinned {
    struct pinned_cause causes[PIN_CAUSE_COUNT]; /* oldest first */
    size_t cause_count;
    struct pin_seen seen[PINNED_SEEN_MAX]; /* borrow from the session; oldest first */
    size_t seen_count;
    size_t unseen; /* so many more, which are younger */
};
void pinned_look(const struct session *session, struct pinned *pinned_r);
/* "temporary tables (2) 12s, GET_LOCK (1) 3s", at the end of `text`. `now_us`: the session's clock. */
void pinned_describe(const struct pinned *pinned, uint64_t now_us, struct text *text);
/* "12s CREATE TEMPORARY TABLE `t` ( … ); 3s SELECT GET_LOCK ( ? , ? )", likewise. */
void pinned_describe_statements(const struct pinned *pinned, uint64_t now_us, struct text *text);

#endif
