/* The control thread: owns the clusters and their monitors, the listeners, the admin socket and the signals;
 * makes the workers and ends them.
 */
#ifndef HEADGATE_APP_CONTROL_H
#define HEADGATE_APP_CONTROL_H

#include "app/config.h"
#include "base/error.h"

enum control_end {
    CONTROL_ENDED,      /* every session ended by itself */
    CONTROL_CUT,        /* some did not in time: the last line of the log says how many */
    CONTROL_NOT_STARTED /* err says why */
};

/* Run until a signal ends it. */
enum control_end control_run(struct config *take_config, struct error *err);

#endif
