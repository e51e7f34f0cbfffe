/* Brings a connection into the schema of its session.
 *
 * Servers report names of schemas in utf8, and read them in the connection's client character set. A name
 * that is the same in all client character sets (charset_is_neutral) is sent as it is. Any other name is sent
 * in utf8. If the session's client character set is not utf8, the connection is set to utf8 for the name:
 *
 *      SYNC_UTF8 ──► SYNC_UTF8_SCHEMA ──► SYNC_OWN_CHARSET ──► SYNC_VARS: the variables are set again
 *
 * The server must report the same name in its answer. At login the name is in the client's spelling and in
 * the handshake's character set. The server reports the name in utf8, and the session uses that name from
 * then on. */
#pragma once

#include "state/facet.h"

/* The schema to send with a login; empty: it must be set after the login. Borrows. */
struct span schema_of_login(const struct facets *facets, const struct job *job);

/* The connection is not in the schema that it was in. */
static inline void schema_note_left(struct slot *slot)
{
    text_clear(&slot->upstream->schema);
    slot->set |= facet_bit(FACET_SCHEMA);
}
/* Does the task send the name of a schema? */
static inline bool schema_is_task(enum sync_task task)
{
    return task == SYNC_SCHEMA || task == SYNC_UTF8_SCHEMA;
}
/* The server has refused the name, or reported another one. True: the server may have read the name in a
 * wrong character set, and the name is sent again in utf8. */
bool schema_may_retry(struct facets *facets, struct slot *slot);

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
