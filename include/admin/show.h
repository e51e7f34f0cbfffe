/* What SHOW and EXPLAIN yield: each fills request->table and calls command_answer, now or when workers have
 * spoken. */
#ifndef HEADGATE_ADMIN_SHOW_H
#define HEADGATE_ADMIN_SHOW_H

#include "admin/request.h"

void show_servers(struct request *request);
void show_sessions(struct request *request);
void show_limits(struct request *request);
void show_pools(struct request *request);
void show_pins(struct request *request);
void show_listeners(struct request *request);
void show_users(struct request *request); /* the one that the argument names, or all; never a password */
void show_config(
    struct request *request); /* settings that begin like the argument, or all; secrets as "***" */
void show_version(struct request *request);
void explain(struct request *request);
void explain_session(struct request *request);

/* What these answer with. */
extern const struct columns show_servers_columns;
extern const struct columns show_sessions_columns;
extern const struct columns show_limits_columns;
extern const struct columns show_pools_columns;
extern const struct columns show_pins_columns;
extern const struct columns show_listeners_columns;
extern const struct columns show_users_columns;
extern const struct columns show_config_columns;
extern const struct columns show_version_columns;
extern const struct columns explain_columns; /* of explain_session as well */

#endif
