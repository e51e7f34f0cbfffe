/* The admin commands: one row each gives the words, the arguments, the help and the function. */
#ifndef HEADGATE_ADMIN_COMMAND_H
#define HEADGATE_ADMIN_COMMAND_H

#include "admin/request.h"

#include <stdbool.h>

/* Finds and runs a command line. on_done follows, now or later, exactly once. */
void command_run(struct request *request, struct span line);

/* Command `index` as `help` has it: its words, what it takes ("" or "<SERVER>", "[CLUSTER]" …), what it does;
 * static text. False: there are no more. */
bool command_describe(size_t index, const char **words_r, const char **argument_r, const char **help_r);

/* The columns of what it answers, all that there can be; NULL: there is no such command. */
const struct columns *command_columns(size_t index);

#endif
