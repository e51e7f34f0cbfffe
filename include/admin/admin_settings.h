/* Where the administrator's door is.
 */
#ifndef HEADGATE_ADMIN_ADMIN_SETTINGS_H
#define HEADGATE_ADMIN_ADMIN_SETTINGS_H

#include "settings/schema.h"

struct admin_settings {
    char *socket; /* owns; path of a unix socket */
    char *group;  /* owns; of that socket; NULL: the process' own */
};

extern const struct section admin_section;

#endif
