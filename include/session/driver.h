/* The driver: it opens a session, calls the step of its state until the session waits, and closes it.
 *
 *      accept ─► open ─► run ◄── readiness of the client, events of connections, deadlines, views, mail
 *                         │
 *                         └─► the step of the state (tbl/session_states.h), again and again, while it returns
 * STEP_MORE
 *
 * Nothing includes this but what makes workers: everything else reaches the driver by the row of its worker.
 */
#ifndef HEADGATE_SESSION_DRIVER_H
#define HEADGATE_SESSION_DRIVER_H

#include "session/session.h"

extern const struct session_driver session_driver;

#endif
