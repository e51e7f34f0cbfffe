/* The states IDLE and READING: a client's command, from its first byte to the file that handles this kind of
 * command.
 *
 *      command_reading ─► command->manner ─┬─► command_statement ─┐
 *                                          ├─► command_prepared ──┼─► command_by_facts ─► command_go
 *                                          └─► a handler here ────┘         └─► command_refuse_route
 */
#ifndef HEADGATE_SESSION_COMMAND_H
#define HEADGATE_SESSION_COMMAND_H

#include "session/session.h"

enum step command_idle(struct session *session);
enum step command_reading(struct session *session);

#endif
