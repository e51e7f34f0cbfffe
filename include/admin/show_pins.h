/* SHOW PINS: what keeps the connections of sessions from being shared, and how often. */
#ifndef HEADGATE_ADMIN_SHOW_PINS_H
#define HEADGATE_ADMIN_SHOW_PINS_H

#include "admin/request.h"

void show_pins(struct request *request);

extern const struct columns show_pins_columns;

#endif
