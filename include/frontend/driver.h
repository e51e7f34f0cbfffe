/* The driver: opens a session, calls the step of the session's state until the session waits, and closes the
 * session.
 *
 *      accept ─► open ─► run ◄── client is ready, connection events, deadlines, new views, messages
 *                         │
 *                         └─► the step of the state (tbl/session_states.h), until it returns no STEP_MORE
 *
 * Only code that creates workers includes this header. All other code calls the driver through
 * worker->driver. */
#pragma once

#include "session/session.h"

extern const struct session_driver session_driver;
