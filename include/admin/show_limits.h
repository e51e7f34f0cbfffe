/* SHOW LIMITS: the limits of clients and connections, and the number of clients refused because of them. */
#ifndef HEADGATE_ADMIN_SHOW_LIMITS_H
#define HEADGATE_ADMIN_SHOW_LIMITS_H

#include "admin/request.h"

void show_limits(struct request *request);

extern const struct columns show_limits_columns;

#endif
