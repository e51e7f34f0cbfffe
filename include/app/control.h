/* The control thread: owns the clusters and their monitors, the listeners, the admin socket and the signals;
 * makes the workers and ends them.
 */
#ifndef HEADGATE_APP_CONTROL_H
#define HEADGATE_APP_CONTROL_H

#include "app/config.h"
#include "base/error.h"

#include <stdbool.h>

/* Run until a signal ends it. Returns false with `err` when it could not start; what the exit was like is
 * logged. */
bool control_run(const struct config *config, struct error *err);

#endif
