/* Brings a connection into the schema of its session.
 *
 * Servers report names of schemas in utf8, and read them in the connection's client character set. A name
 * that is the same in all client character sets (charset_is_neutral) is sent as it is. Any other name is sent
 * in utf8. If the session's client character set is not utf8, the connection is set to utf8 for the name:
 *
 *      SYNC_UTF8 ──► SYNC_SCHEMA ──► SYNC_OWN_CHARSET ──► SYNC_VARS: the session's variables are set again
 *
 * The server must report the same name in its answer. At login the name is in the client's spelling and in
 * the handshake's character set. The server reports the name in utf8, and the session uses that name from
 * then on.
 */
#ifndef HEADGATE_STATE_SCHEMA_H
#define HEADGATE_STATE_SCHEMA_H

#include "state/facets.h"
#include "state/slot.h"

/* The schema to send with a login; empty: it must be set after the login. Borrows. */
struct span schema_of_login(const struct facets *facets, const struct job *job);

/* The schema in which the job must run: the session's; or the schema of its prepared statement, while this is
 * prepared again. Borrows. */
struct span schema_wanted(const struct facets *facets, const struct job *job);
/* Is the connection in another schema than schema_wanted()? */
bool schema_is_due(const struct facets *facets, const struct job *job, const struct slot *slot);
/* Can the name be sent with any character sets of the connection? Then SYNC_SCHEMA comes before the
 * variables. */
bool schema_is_said_as_it_is(const struct facets *facets, const struct job *job);
/* The next of the three tasks in the drawing above, for a name that cannot be sent as it is. The connection
 * must have the session's variables, and either `is_due` or slot.reads_utf8 is set. */
enum sync_task schema_task(const struct facets *facets, const struct slot *slot, bool is_due);

/* The server has agreed to the slot's task, one of the three. False: session tracking reports another schema;
 * slot.answer is an error that says so. `now_us`: for the session's pins. */
bool schema_note(struct facets *facets, const struct job *job, struct slot *slot, uint64_t now_us);
/* The server has refused the name, or reported another one. True: the server may have read the name in a
 * wrong character set, and the name is sent again in utf8. */
bool schema_may_retry(struct facets *facets, const struct job *job, struct slot *slot);

/* Is the client's command a USE or COM_INIT_DB? */
static inline bool schema_is_asked_for(const struct job *job)
{
    return job->command->byte == COM_INIT_DB ||
           (job->facts.kind == SQL_USE && job->command->byte == COM_QUERY && !job->facts.is_multi);
}
/* For a command of schema_is_asked_for(), whose payload is `text`. schema_note_asked() notes the name before
 * the command is sent; false: no memory. schema_note_done() compares the name with the schema that the server
 * has reported. If they differ, or if the server has reported none, it pins the session to its connection. */
bool schema_note_asked(struct job *job, struct span text);
void schema_note_done(struct facets *facets, const struct job *job, uint64_t now_us);

#endif
