/* SHOW SERVERS, SHOW SESSIONS, SHOW VERSION. Each SHOW fills request->table and calls request->on_done, now
 * or when the workers have answered. */
#ifndef HEADGATE_ADMIN_SHOW_H
#define HEADGATE_ADMIN_SHOW_H

#include "admin/request.h"

void show_servers(struct request *request);
void show_sessions(struct request *request);
void show_version(struct request *request);

extern const struct columns show_servers_columns;
extern const struct columns show_sessions_columns;
extern const struct columns show_version_columns;

#endif
