/* `headgate -t --connect`: can the servers of a configuration be reached, and do they accept the monitor's
 * login? Each server is probed once, as at a start of headgate. Nothing else is opened.
 */
#ifndef HEADGATE_APP_CONNECT_CHECK_H
#define HEADGATE_APP_CONNECT_CHECK_H

#include "app/config.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints a line for each server, as soon as all have answered or monitor.timeout is over. True: each probe
 * has passed. False: one has not, or err says why none was made. */
bool connect_check_run(const struct config *config, FILE *out, struct error *err);

#endif
