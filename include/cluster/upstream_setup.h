/* Prepares a connection for a session: resets the state of the last session, and turns on the session
 * tracking that headgate relies on. Each is an exchange (cluster/upstream_exchange), with the login's
 * deadline.
 */
#ifndef HEADGATE_CLUSTER_UPSTREAM_SETUP_H
#define HEADGATE_CLUSTER_UPSTREAM_SETUP_H

#include "cluster/upstream.h"

/* The statement that turns on the session tracking headgate relies on; run it again after
 * COM_RESET_CONNECTION. */
void upstream_set_up(struct upstream *upstream);

/* Sends COM_RESET_CONNECTION; set-up and character sets are to follow. READY only. */
void upstream_reset(struct upstream *upstream);

/* COM_RESET_CONNECTION leaves a MySQL server's default character sets: sets those of the handshake again.
 * READY only. */
void upstream_restore_charsets(struct upstream *upstream);

/* ---- for the files of an upstream ---- */

/* The connection's session begins again now, with the server's present defaults. */
void upstream_note_beginning(struct upstream *upstream);

#endif
