/* A connection comes into the schema that its session is in.
 *
 * Servers tell names of schemas in utf8, and read them in the connection's client character set. A name that
 * all client character sets read alike (charset_is_neutral) is said as it is. Any other name is said in utf8
 * where the session's client character set is utf8; otherwise the connection reads utf8 for a moment:
 *
 *      SYNC_UTF8 ──► SYNC_SCHEMA ──► SYNC_OWN_CHARSET, then the session's variables anew
 *
 * and the server must tell the same name as it agrees. At login the name is what the client wrote, in the
 * handshake's character set; the server tells the name in utf8, which is the session's from then on.
 */
#ifndef HEADGATE_STATE_SCHEMA_H
#define HEADGATE_STATE_SCHEMA_H

#include "state/facets.h"
#include "state/slot.h"

/* The name with which a login may be sent; empty: it has to be said afterwards. Borrows. */
struct span schema_of_login(const struct facets *facets, const struct job *job);

/* The schema that the job is to run in: the session's, or for a moment that of its prepared statement, which
 * is prepared again. Borrows. */
struct span schema_wanted(const struct facets *facets, const struct job *job);
/* Is the connection in another one? */
bool schema_is_due(const struct facets *facets, const struct job *job, const struct slot *slot);
/* Does the name mean the same whatever the connection's character sets are? Then SYNC_SCHEMA comes first. */
bool schema_is_said_as_it_is(const struct facets *facets, const struct job *job);
/* Otherwise, once the connection has the session's variables: the next of the three tasks, if the schema is
 * due or slot.reads_utf8. */
enum sync_task schema_task(const struct facets *facets, const struct slot *slot, bool is_due);

/* The server has agreed to the slot's task. False: it is in another schema now, by its session tracking;
 * slot.answer is an error then that says so. `now_us`: for the session's pins. */
bool schema_note(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us);
/* The server has refused the name, or taken it for another one. True: it may have been read in another
 * character set than meant, and is to be said again. */
bool schema_may_retry(struct facets *facets, const struct job *job, struct slot *slot);

/* Is the client's command a USE or COM_INIT_DB? */
static inline bool schema_is_asked_for(const struct job *job)
{
    return job->command->byte == COM_INIT_DB ||
           (job->facts.kind == SQL_USE && job->command->byte == COM_QUERY && !job->facts.is_multi);
}
/* Of such a command, whose payload is `text`: the name is noted before it is sent, and compared with what the
 * server has told when the reply is over. Where they differ, or the server has told nothing, the session
 * stays on its connection. False: no memory. */
bool schema_note_asked(struct job *job, struct span text);
void schema_note_done(struct facets *facets, const struct job *job, uint64_t now_us);

#endif
