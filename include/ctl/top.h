/* `top`: shows servers, sessions and digests every second until q; without a terminal, prints them once. */
#pragma once

#include "ctl/link.h"

#include <stdbool.h>

/* `link` may be open, and is closed afterwards. If headgate stops and starts again meanwhile, the terminal
 * shows the error and then the new state. False, with a message on stderr: headgate cannot be reached at the
 * start, or the terminal cannot be set up. */
bool top_run(struct link *link);
