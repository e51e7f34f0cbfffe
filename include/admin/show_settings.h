/* SHOW LISTENERS, SHOW USERS, SHOW CONFIG: the running configuration. Passwords are never shown. */
#ifndef HEADGATE_ADMIN_SHOW_SETTINGS_H
#define HEADGATE_ADMIN_SHOW_SETTINGS_H

#include "admin/request.h"

void show_listeners(struct request *request);
void show_users(struct request *request); /* the account that the argument names, or all */
void show_config(
    struct request *request); /* settings whose name begins with the argument, or all; secrets as "***" */

extern const struct columns show_listeners_columns;
extern const struct columns show_users_columns;
extern const struct columns show_config_columns;

#endif
