/* Prepares a connection for a session: resets the state of the last session, and turns on the session
 * tracking that headgate relies on. Each is an exchange (upstream/upstream_exchange), with the login's
 * deadline. */
#pragma once

#include "upstream/upstream.h"

/* READY only: runs the statement that turns on session tracking. Must be called again after
 * COM_RESET_CONNECTION. */
void upstream_set_up(struct upstream *upstream);

/* READY only: sends COM_RESET_CONNECTION. The caller must set up the session and restore character sets
 * again. */
void upstream_reset(struct upstream *upstream);

/* READY only: sets the character sets of the handshake again. COM_RESET_CONNECTION leaves a MySQL server's
 * default character sets. */
void upstream_restore_charsets(struct upstream *upstream);

/* ---- for the files of an upstream ---- */

/* A login or a reset begins a new session on the connection: notes the time and the server's present
 * defaults. */
void upstream_note_beginning(struct upstream *upstream);
