/* The admin commands: one row per command gives its words, argument, help and function. */
#pragma once

#include "admin/request.h"

#include <stdbool.h>

/* Finds and runs a command line. request->on_done is called exactly once, before or after this function
 * returns. */
void command_run(struct request *request, struct span line);

/* Command `index` as shown by `help`: its words, its argument ("" or "<SERVER>", "[CLUSTER]" …) and what it
 * does; static text. False: no such index. */
bool command_describe(size_t index, const char **words_r, const char **argument_r, const char **help_r);

/* All possible columns of the answer of command `index`; NULL: no such index. */
const struct columns *command_columns(size_t index);
