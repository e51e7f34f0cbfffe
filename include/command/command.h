/* The states IDLE and READING: a client's command, from its first byte to the file that handles this kind of
 * command.
 *
 *      command_reading ─► command->manner ─┬─► command_statement ─┐
 *                                          ├─► command_prepared ──┼─► command_by_facts ─► command_go
 *                                          └─► a handler here ────┘         └─► command_refuse_route */
#pragma once

#include "session/session.h"

/* The step of IDLE: flushes the last answer, then waits for a command. */
enum step command_idle(struct session *session);
/* The step of READING: reads enough of the command to decide, and starts the command. */
enum step command_reading(struct session *session);
/* Handles the present command on a prepared statement (command_execute.c). Enough of its bytes are in the
 * client's window. */
enum step command_prepared(struct session *session);
