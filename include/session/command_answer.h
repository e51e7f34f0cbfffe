/* How a command ends: with the server's answer, one of headgate's own, or none; and how long its client may
 * be silent afterwards.
 */
#ifndef HEADGATE_SESSION_COMMAND_ANSWER_H
#define HEADGATE_SESSION_COMMAND_ANSWER_H

#include "session/session.h"

/* The command is over, and its answer is on its way. */
enum step command_done(struct session *session);
/* Answer the present command with OK. */
enum step command_answer_ok(struct session *session);
/* Answer the present command with ERR; the rest of a long command is discarded first. */
enum step command_refuse(struct session *session, uint16_t code, const char *sqlstate, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
/* ERR, in the servers' own words. */
enum step command_refuse_malformed(struct session *session);
/* The present execution's long data was lost, or the present fetch's cursor; a further piece of data waits
 * for no answer. */
enum step command_refuse_pieces(struct session *session);
/* The session's state went with a connection that was idle (session.lost): the present command, of which
 * nothing has been sent, hears of it. */
enum step command_tell_lost(struct session *session);
/* Discarded to its end, and not answered. */
enum step command_ignore(struct session *session);
/* The step of DRAINING. */
enum step command_draining(struct session *session);
/* The client has been idle for too long: because of its open transaction, or altogether. */
enum step command_idle_time_out(struct session *session);

#endif
