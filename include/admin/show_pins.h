/* SHOW PINS: the causes that keep the connections of sessions from being shared, and how often they occur. */
#ifndef HEADGATE_ADMIN_SHOW_PINS_H
#define HEADGATE_ADMIN_SHOW_PINS_H

#include "admin/request.h"

void show_pins(struct request *request);

extern const struct columns show_pins_columns;

#endif
