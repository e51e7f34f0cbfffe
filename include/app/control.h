/* The control thread: owns the clusters and their monitors, the listeners and the admin socket; handles
 * signals; starts and ends the workers. */
#pragma once

#include "app/config.h"
#include "base/error.h"

enum control_end {
    CONTROL_ENDED,      /* every session ended by itself */
    CONTROL_CUT,        /* sessions were cut at the deadline: the last line of the log says how many */
    CONTROL_NOT_STARTED /* err says why */
};

/* Runs headgate until a signal ends it. Takes the configuration, also on failure. */
enum control_end control_run(struct config *take_config, struct error *err);
