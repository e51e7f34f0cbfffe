/* The prompt: reads commands that a person types, with history (~/.headgatectl_history, readable by its owner
 * only) and completion from the running headgate. If stdin is no terminal, reads the lines of a script. The
 * only file that uses libedit. */
#pragma once

#include "ctl/link.h"

#include <stdbool.h>

/* Runs commands until the end of input, `quit` or `exit`. False: headgate cannot be reached at the start, or
 * a command of a script has failed. A failed command at a terminal is only printed. */
bool prompt_run(struct link *link, bool is_json);
