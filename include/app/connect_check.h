/* `headgate -t --connect`: can the servers of a configuration be reached, and do they accept the monitor's
 * login? Each server is probed as at the start of headgate. No listener is opened. */
#pragma once

#include "app/config.h"

#include <stdbool.h>
#include <stdio.h>

/* Prints a line for each server, when all servers have answered or monitor.timeout is over. True: all probes
 * have passed. False: a probe has failed, or no probe was made and *err says why. */
bool connect_check_run(const struct config *config, FILE *out, struct error *err);
