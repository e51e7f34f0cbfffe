/* The compressed protocol between a session and its client: which algorithms are offered, and when
 * compression begins. net/stream_packed.c packs and unpacks the bytes. */
#pragma once

#include "session/session.h"

/* The compression capabilities that are offered to a client of this session's listener: those that the
 * listener allows and servers of this family have. */
uint64_t compression_offered(const struct session *session, enum server_family family);

/* The login's OK is in client.out. If compression was agreed (session->login), all that follows is
 * compressed. False when memory is out. */
bool compression_begin(struct session *session);

/* Counts the bytes since the last call. The client uses compression: it begins a command, or the session
 * ends. */
void compression_count(struct session *session);

/* The client's frames cannot be read (stream_packing_verdict): the session ends. If no command runs, the
 * client gets the servers' ERR first. The caller calls session_run afterwards. */
void compression_refuse(struct session *session);

/* "zlib", "zstd", or NULL without compression. */
const char *compression_name(const struct session *session);
