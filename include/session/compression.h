/* The compressed protocol between a session and its client: what is offered, and when it begins. Its bytes
 * are the stream's matter (net/stream_packed.c).
 */
#ifndef HEADGATE_SESSION_COMPRESSION_H
#define HEADGATE_SESSION_COMPRESSION_H

#include "session/session.h"

/* The capabilities that a client of this session's listener is offered: what the listener has and servers of
 * the family have. */
uint64_t compression_offered(const struct session *session, enum server_family family);

/* The login's OK is in client.out: what follows it is compressed, if that was agreed (session->admit). False
 * when memory is out. */
bool compression_begin(struct session *session);

/* The session's compressed client begins a command: its answer's frames are numbered anew, and the bytes that
 * have passed are counted. */
void compression_next(struct session *session);
/* The session ends: they are counted, if its client compresses. */
void compression_end(struct session *session);

/* The client's frames cannot be read (stream_packing_verdict): the client is told as a server tells it, if it
 * waits for nothing else, and the session ends. The caller calls session_run. */
void compression_refuse(struct session *session);

/* "zlib", "zstd", or NULL. */
const char *compression_name(const struct session *session);

#endif
