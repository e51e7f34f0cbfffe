/* `headgate -t --connect`: are the servers of a configuration there, and do they let its monitor in? Every
 * one is probed once, as a headgate that starts would, and nothing else is opened.
 */
#ifndef HEADGATE_APP_TRIAL_H
#define HEADGATE_APP_TRIAL_H

#include "app/config.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints a line for each server, as soon as all have answered or monitor.timeout is over. True: each probe
 * has passed. False: one has not, or err says why none was made. */
bool trial_run(const struct config *config, FILE *out, struct error *err);

#endif
