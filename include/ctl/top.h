/* `top`: servers, sessions and digests, drawn again every second until q; where there is no terminal, once.
 */
#ifndef HEADGATE_CTL_TOP_H
#define HEADGATE_CTL_TOP_H

#include "ctl/link.h"

#include <stdbool.h>

/* On a terminal, headgate may go and come back meanwhile: the screen says so. `link` may be open, and is
 * closed afterwards. False, and said on stderr: headgate is not there at the beginning, or the terminal is of
 * no use. */
bool top_run(struct link *link);

#endif
