/* IDLE, READING: a client's command, from its first byte to the file that knows its kind.
 *
 *      command_reading ─► its manner ─┬─► command_statement ─┐
 *                                     ├─► command_prepared ──┼─► command_by_facts ─► command_go
 *                                     └─► a handler here ────┘         └─► command_refuse_route
 */
#ifndef HEADGATE_SESSION_COMMAND_H
#define HEADGATE_SESSION_COMMAND_H

#include "session/session.h"

enum step command_idle(struct session *session);
enum step command_reading(struct session *session);

#endif
