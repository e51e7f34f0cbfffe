/* Questions about earlier statements: ROW_COUNT(), FOUND_ROWS(), the warnings. Only the connection that ran
 * the earlier statement knows the answer, so the question goes to that connection. If the connection is gone,
 * the question is refused, unless replies told headgate the answer (command/local_answers.h). */
#pragma once

#include "state/facets.h"
#include "state/job.h"
#include "state/slot.h"

/* A command of the client has ended on the slot's connection: notes which connection can answer questions
 * about it. `is_kept`, and the result: as for diagnostics_note(). */
bool diagnostics_note_done(struct facets *facets, const struct job *job, struct slot *slot, bool is_kept,
                           uint64_t now_us);
/* What a reply has done to the answer of FOUND_ROWS() on its connection. `results`: its results that ended
 * without error. `has_error`: an ERR ended it.
 *
 * Seen on MariaDB 10.11, 11.8 and MySQL 9, for a text of one or more statements: a statement that succeeds
 * sets the count, whatever later statements do. A statement that fails leaves the count unchanged on MySQL. On
 * MariaDB that depends on the error: the count may be that of the rows found until then. */
enum diagnostics_count { COUNT_LEFT, COUNT_SET, COUNT_UNKNOWN };
enum diagnostics_count diagnostics_count_of(const struct sql_facts *facts, bool is_mariadb, uint32_t results,
                                            bool has_error);
/* A statement of the client has ended on the slot's connection, and the client may ask about it. `has_set`:
 * the statement has set or cleared the warnings. `is_kept`: connections are kept for such questions
 * (timeouts.diagnostics). True: the connection is kept from now on. */
bool diagnostics_note(const struct job *job, struct slot *slot, bool has_set, bool is_kept, uint64_t now_us);
/* Connections are kept for questions for `kept_us`, because programs ask at once: is the slot's connection
 * still within that time? LASTVAL() of a sequence is such a question, too. */
bool diagnostics_keep(const struct slot *slot, uint64_t kept_us, uint64_t now_us);

/* If `knows`, a field of struct answers, names the slot's connection, the answer is lost. */
void diagnostics_lose(uint64_t *knows, const struct slot *slot);
/* A statement of headgate has ended on the slot's connection (slot.answer). If it left warnings, the client
 * must not see them, and the warnings of the client's statements are gone. */
void diagnostics_note_own(struct answers *answers, struct slot *slot);
/* The server has refused a statement of headgate on the slot's connection: the ERR is not the client's. */
void diagnostics_note_refusal(struct answers *answers, struct slot *slot);
/* A statement of headgate has read a table on a MariaDB server. The server then forgets the warnings and the
 * row count of earlier statements. */
void diagnostics_note_table_read(struct answers *answers, struct slot *slot);

/* The job asks about an earlier statement, and the connection at the job's place does not know the answer:
 * another connection knows it, or none. A PREPARE asks nothing yet. `is_current`: the job is to use the
 * connection at that place. */
bool diagnostics_are_gone(const struct answers *answers, struct slot *const slots[SLOT_COUNT],
                          const struct job *job, bool is_current);
/* A statement with these facts runs at `place` in any case, and asks as a part of its work: `INSERT … VALUES
 * (FOUND_ROWS())`. True: another connection than the one at `place` knows the answer. `is_current`: as for
 * diagnostics_are_gone(). */
bool diagnostics_are_elsewhere(const struct answers *answers, struct slot *const slots[SLOT_COUNT],
                               const struct sql_facts *facts, enum route_place place, bool is_current);
/* True: diagnostics_are_elsewhere() for the job, which is then refused (ANSWERS_AWAY). A PREPARE asks nothing
 * yet. */
bool diagnostics_forbid(const struct answers *answers, struct slot *const slots[SLOT_COUNT],
                        const struct job *job, bool is_current);
