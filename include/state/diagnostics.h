/* What earlier statements left to be asked about: ROW_COUNT(), FOUND_ROWS(), the warnings. Only the
 * connection that ran the statement knows; a question goes there, and is refused where that connection is
 * gone, unless replies told the answer (session/local_answers.h).
 */
#ifndef HEADGATE_STATE_DIAGNOSTICS_H
#define HEADGATE_STATE_DIAGNOSTICS_H

#include "route/route.h"
#include "state/job.h"
#include "state/slot.h"

#include <stdbool.h>
#include <stdint.h>

/* An answer that headgate knows itself. */
struct recalled {
    bool is_known;
    int64_t value;
};

/* Which connection knows the answers to questions about earlier statements: slot.generation each, at the
 * place that is noted with it; 0: no statement has left anything. */
struct answers {
    uint64_t last;                      /* ROW_COUNT() and the like */
    uint64_t found;                     /* FOUND_ROWS() */
    uint64_t diagnostics;               /* warnings and errors */
    struct recalled row_count;          /* ROW_COUNT(), as replies told */
    struct recalled found_rows;         /* FOUND_ROWS(), as the connection told before it was given up */
    bool is_calculated;                 /* FOUND_ROWS() is of SQL_CALC_FOUND_ROWS: likely to be asked for */
    bool has_diagnostics;               /* there are some warnings, or an error */
    enum route_place last_place;        /* of the last statement */
    enum route_place found_place;       /* of the last statement that counted rows for FOUND_ROWS() */
    enum route_place diagnostics_place; /* of the last statement that set or cleared the warnings */
};

/* In struct answers: the connection that knew is gone, or has run something else since. */
#define ANSWERS_LOST UINT64_MAX

/* A statement of the client has ended on the slot's connection: what it left may be asked about. `has_set`:
 * it has set or cleared the warnings. `is_kept`: connections are kept for such questions
 * (timeouts.diagnostics). True: the connection is kept from now on. */
bool diagnostics_note(const struct job *job, struct slot *slot, bool has_set, bool is_kept, uint64_t now_us);
/* For so long connections are kept for questions: is the slot's connection still within that time? Programs
 * ask at once. LASTVAL() of a sequence is such a question, too. */
bool diagnostics_keep(const struct slot *slot, uint64_t kept_us, uint64_t now_us);

/* If the slot's connection knows (one of struct answers): it does no longer. */
void diagnostics_lose(uint64_t *knows, const struct slot *slot);
/* A statement of headgate's own has ended there (slot.answer). Its warnings are not the client's, and the
 * client's are gone. */
void diagnostics_note_own(struct answers *answers, struct slot *slot);
/* A statement of headgate's own has read a table of a MariaDB server, which forgets by that what earlier
 * statements have left: warnings, and the count of rows. */
void diagnostics_note_table_read(struct answers *answers, struct slot *slot);

/* The job asks about an earlier statement (a PREPARE does not yet), and another connection than the one at
 * the job's place knows, or none. `is_current`: the connection there is to be used. */
bool diagnostics_are_gone(const struct answers *answers, const struct slot slots[SLOT_COUNT],
                          const struct job *job, bool is_current);
/* A statement with these facts runs at `place` in any case, and asks in passing: `INSERT … VALUES
 * (FOUND_ROWS())`. Does another connection than the one there know the answer? `is_current`: likewise. */
bool diagnostics_are_elsewhere(const struct answers *answers, const struct slot slots[SLOT_COUNT],
                               const struct sql_facts *facts, enum route_place place, bool is_current);
/* The same of the job, which is to be refused then (ANSWERS_AWAY). A PREPARE asks nothing yet. */
bool diagnostics_forbid(const struct answers *answers, const struct slot slots[SLOT_COUNT],
                        const struct job *job, bool is_current);

#endif
