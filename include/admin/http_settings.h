/* Where metrics, health and the status page are to be had.
 */
#ifndef HEADGATE_ADMIN_HTTP_SETTINGS_H
#define HEADGATE_ADMIN_HTTP_SETTINGS_H

#include "settings/schema.h"

struct http_settings {
    char *address; /* owns; NULL: nowhere */
    char *hosts;   /* owns; names, parted by blanks; NULL: none */
};

extern const struct section http_section;

#endif
