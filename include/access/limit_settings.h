/* How many clients headgate accepts in all. Listeners and users have limits of their own. */
#ifndef HEADGATE_ACCESS_LIMIT_SETTINGS_H
#define HEADGATE_ACCESS_LIMIT_SETTINGS_H

#include "settings/schema.h"

#define LIMIT_MAX 1000000 /* more clients than one process has ever been seen to serve */

/* The word "off" for 0, for every limit that may be off. */
extern const struct setting_word limit_words[];

struct limit_settings {
    int64_t max_clients;
    int64_t max_clients_per_address; /* 0: off */
};

extern const struct section limit_section;

#endif
