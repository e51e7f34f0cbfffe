/* A connection begins anew: what the last one has left is reset, and what headgate relies on is turned on.
 * Each is an exchange (cluster/upstream_exchange), with the login's deadline.
 */
#ifndef HEADGATE_CLUSTER_UPSTREAM_SETUP_H
#define HEADGATE_CLUSTER_UPSTREAM_SETUP_H

#include "cluster/upstream.h"

/* The statement that turns on the session tracking headgate relies on; run it again after
 * COM_RESET_CONNECTION. */
void upstream_set_up(struct upstream *upstream);

/* COM_RESET_CONNECTION, of our own; set-up and character sets are to follow. READY only. */
void upstream_reset(struct upstream *upstream);

/* COM_RESET_CONNECTION left the character sets of a MySQL server at its defaults: as the handshake had set
 * them. READY only. */
void upstream_restore_charsets(struct upstream *upstream);

/* ---- for the files of an upstream ---- */

/* It begins anew now, with what its server's defaults are now. */
void upstream_note_beginning(struct upstream *upstream);

#endif
