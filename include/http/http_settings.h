/* Settings of the HTTP address for metrics, health and the status page. */
#pragma once

#include "settings/schema.h"

struct http_settings {
    char *address; /* owns; NULL: HTTP is off */
    char *hosts;   /* owns; names separated by blanks; NULL: none */
};

extern const struct section http_section;
