/* IDLE, READING, DRAINING: a client's command, from its first byte to headgate's own answer.
 */
#ifndef HEADGATE_SESSION_COMMAND_H
#define HEADGATE_SESSION_COMMAND_H

#include "session/session.h"

enum step command_idle(struct session *session);
enum step command_reading(struct session *session);
enum step command_draining(struct session *session);
/* Answer the present command with ERR; the rest of a long command is discarded first. */
enum step command_refuse(struct session *session, uint16_t code, const char *sqlstate, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
enum step command_done(struct session *session);
/* The session's state went with a connection that was idle (session.lost): the present command, of which
 * nothing has been sent, hears of it. */
enum step command_tell_lost(struct session *session);
/* ERR that there is no right place for it: the reason in words. */
enum step command_refuse_route(struct session *session, enum route_reason reason);
/* The present execution's long data was lost, or the present fetch's cursor; a further piece of data waits
 * for no answer. */
enum step command_refuse_pieces(struct session *session);
/* The client has been idle for too long: because of its open transaction, or altogether. */
enum step command_idle_time_out(struct session *session);
/* Answer the present command with OK. */
enum step command_answer_ok(struct session *session);
/* The text of COM_QUERY or COM_STMT_PREPARE that is being dispatched, as far as the SQL reader looks.
 * Borrows. */
struct span command_text(const struct session *session);
/* What came with the present COM_QUERY or COM_STMT_EXECUTE, from the first attribute on. Borrows. False:
 * there is nothing. */
bool command_attributes(const struct session *session, struct attributes *attributes_r);

#endif
