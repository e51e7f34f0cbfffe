/* Shared by the files of an upstream: failing, writing, and its name in messages. Other files use
 * upstream/upstream, upstream/upstream_exchange and so on. */
#pragma once

#include "upstream/upstream.h"

/* The server's name and address for messages, such as "db1 (127.0.0.1:3306)". The text is valid within the
 * block of the caller. */
#define UPSTREAM_WHERE_MAX 256
#define UPSTREAM_WHERE(upstream) upstream_where(upstream, (char[UPSTREAM_WHERE_MAX]){ 0 })
/* Writes this text into `buffer` (UPSTREAM_WHERE_MAX bytes), and returns `buffer`. */
const char *upstream_where(const struct upstream *upstream, char *buffer);

/* The server's counters of the upstream's worker. Borrows. */
struct server_counters *upstream_counters(struct upstream *upstream);

/* Called for every failure: the upstream becomes DEAD, and on_failed is called once. A failed login is
 * counted, as refused if err->sqlstate is set. On return the owner may have closed the upstream. */
void upstream_fail(struct upstream *upstream, const struct error *err);
/* Calls upstream_fail for a failure of the stream: an error, or the server has closed the connection.
 * `during`: words for the present activity. */
void upstream_fail_lost(struct upstream *upstream, const char *during);

/* Sends the stream's output as far as possible, and waits for readiness to send the rest and to read. False:
 * the upstream has failed. */
bool upstream_push(struct upstream *upstream);

/* What may have ended a first login, to be appended to an error; "" if nothing is likely. A server that refuses a
 * PROXY header closes the connection with bytes unread: its own error is often lost by the reset. */
const char *upstream_probable_reason(const struct upstream *upstream);
