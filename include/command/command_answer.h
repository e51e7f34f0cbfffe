/* How a command ends: with the server's answer, with an answer of headgate's own, or without an answer. Also
 * how long the client may be idle afterwards. */
#pragma once

#include "session/session.h"

/* The present command is over, and its answer is on its way to the client. */
enum step command_done(struct session *session);
/* Answers the present command with OK. */
enum step command_answer_ok(struct session *session);
/* Answers the present command with ERR, after the rest of a long command has been read and discarded. A
 * command without a reply (COM_STMT_SEND_LONG_DATA) gets no answer: the next execution of its statement
 * fails instead. */
enum step command_refuse(struct session *session, uint16_t code, const char *sqlstate, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
/* Answers ERR 1835 (malformed packet) with the text that servers use. */
enum step command_refuse_malformed(struct session *session);
/* Refuses the present command because its statement's long data, or the cursor that it fetches from, was
 * lost with a connection. */
enum step command_refuse_pieces(struct session *session);
/* An idle connection that held state of the session was lost (session.lost). Refuses the present command,
 * of which nothing has been sent, with that reason, and closes the session afterwards. */
enum step command_tell_lost(struct session *session);
/* Reads the present command to its end and discards it, without an answer. */
enum step command_ignore(struct session *session);
/* The step of DRAINING: reads and discards the rest of the present command. */
enum step command_draining(struct session *session);
/* The client was idle for too long: longer than its open transaction may be, or longer than wait_timeout.
 * Closes the session. */
enum step command_idle_time_out(struct session *session);

/* ---- the cost: times, rows and bytes, for the digest of the statement and the statement log ---- */

/* A statement is about to run: its cost is measured from now on. `sql`: its text, or the text of its prepared
 * statement; `shape`: facts.shape of that text; `is_cut`: only the beginning of the text is known. */
void cost_begin(struct session *session, struct span sql, uint64_t shape, bool is_cut);
/* The present statement is over. `end`: NULL, or why the statement was not answered. No effect if the
 * statement is not measured. */
void cost_end(struct session *session, const char *end);
