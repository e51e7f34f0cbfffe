/* A connection comes into the schema that its session is in.
 *
 * Servers tell names of schemas in utf8, and read them in the connection's client character set. A name that
 * all client character sets read alike (charset_is_neutral) is said as it is. Any other one is said in utf8,
 * where the session's client character set is utf8; otherwise the connection reads utf8 for a moment:
 *
 *      SYNC_UTF8 ──► SYNC_SCHEMA ──► SYNC_OWN_CHARSET, then the session's variables anew
 *
 * and the server must tell the same name as it agrees. At login the name is what the client wrote, in the
 * handshake's character set: the server's answer tells what it is in utf8, which is the session's from then
 * on.
 */
#ifndef HEADGATE_STATE_SCHEMA_H
#define HEADGATE_STATE_SCHEMA_H

#include "session/session.h"

/* The name with which a login may be sent: empty, if it has to be said afterwards. Borrows. */
struct span schema_of_login(const struct session *session);

/* Is the connection in another schema than the session's? */
bool schema_is_due(const struct session *session, const struct slot *slot);
/* Does the name mean the same whatever the connection's character sets are? Then SYNC_SCHEMA comes first. */
bool schema_is_said_as_it_is(const struct session *session);
/* Otherwise, once the connection has the session's variables: the next of the three tasks. Asked for if the
 * schema is due, or slot.reads_utf8. */
enum sync_task schema_task(const struct session *session, const struct slot *slot, bool is_due);

/* Starts such a task. */
void schema_start(struct session *session, struct slot *slot, enum sync_task task);

/* The server has agreed to it. False: it is in another schema now, says its session tracking; slot.answer is
 * an error then that says so. */
bool schema_note(struct session *session, struct slot *slot);

/* The server has refused the name, or taken it for another one. True: it may have been read in another
 * character set than meant, and is to be said again. */
bool schema_may_retry(struct session *session, struct slot *slot);

/* Is the client's command a USE or COM_INIT_DB? */
static inline bool schema_is_asked_for(const struct job *job)
{
    return job->command->byte == COM_INIT_DB ||
           (job->facts.kind == SQL_USE && job->command->byte == COM_QUERY && !job->facts.is_multi);
}
/* Of such a command: the name is noted before it is sent, and compared with what the server has told when the
 * reply is over. Where they differ, or the server has told nothing, the session stays on its connection.
 * False: no memory. */
bool schema_note_asked(struct session *session);
void schema_note_done(struct session *session);

#endif
