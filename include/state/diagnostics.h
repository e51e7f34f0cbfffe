/* What earlier statements left to be asked about: ROW_COUNT(), FOUND_ROWS(), the warnings. The connection
 * that ran the statement knows; a question goes there, and is refused where it is gone, but for what replies
 * told (recall.h).
 */
#ifndef HEADGATE_STATE_DIAGNOSTICS_H
#define HEADGATE_STATE_DIAGNOSTICS_H

#include "route/route.h"

#include <stdbool.h>
#include <stdint.h>

struct session;
struct slot;
enum step;

struct recalled {
    bool is_known;
    int64_t value;
};

/* Who knows the answers to questions about earlier statements: a connection's generation each, of the place
 * that is remembered beside it; 0: nothing has been left to be asked about. */
struct answers {
    uint64_t last;                      /* ROW_COUNT() and the like */
    uint64_t found;                     /* FOUND_ROWS() */
    uint64_t diagnostics;               /* the warnings … */
    struct recalled row_count;          /* what it is, whoever else knows: recall.h */
    struct recalled found_rows;         /* likewise */
    bool is_calculated;                 /* FOUND_ROWS() is of SQL_CALC_FOUND_ROWS: likely to be asked for */
    bool has_diagnostics;               /* … of which there are some, or an error */
    enum route_place last_place;        /* of the last statement */
    enum route_place found_place;       /* of the last one that counted rows for FOUND_ROWS() */
    enum route_place diagnostics_place; /* of the last one that set or cleared the warnings */
};

/* In struct answers: nobody does any more. */
#define ANSWERS_LOST UINT64_MAX

/* A statement has ended at the present job's place: what it left there may be asked about. `has_set`: it has
 * set or cleared the warnings. */
void diagnostics_note(struct session *session, bool has_set);
/* If it is this connection that knows (one of struct answers): it does not any more. */
void diagnostics_lose(uint64_t *knows, const struct slot *slot);
/* The present job asks about an earlier statement (a PREPARE does not yet), and another connection than the
 * one at its place knows, or none. `is_current`: the one there is to be used. */
bool diagnostics_have_gone(const struct session *session, bool is_current);
enum step diagnostics_refuse(struct session *session);
/* It runs at `place` whatever it asks, and asks in passing: `INSERT … VALUES (FOUND_ROWS())`. Does another
 * connection than the one there know the answer? `is_current`: as above. */
bool diagnostics_are_elsewhere(const struct session *session, const struct sql_facts *facts,
                               enum route_place place, bool is_current);
/* The same of the present command: it is to be refused (ANSWERS_AWAY). A PREPARE asks nothing yet. */
bool diagnostics_forbid(const struct session *session, bool is_current);

#endif
