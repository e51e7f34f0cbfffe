/* What can be set for a listener: where clients connect, and to what.
 */
#ifndef HEADGATE_PROXY_LISTENER_SETTINGS_H
#define HEADGATE_PROXY_LISTENER_SETTINGS_H

#include "settings/schema.h"

enum listener_mode { LISTENER_SPLIT, LISTENER_PRIMARY, LISTENER_REPLICA };

struct listener_settings {
    char *name;          /* owns; unique */
    char *address;       /* owns; "ipv4:port", "[ipv6]:port" or "/path"; unique */
    char *cluster;       /* owns; the name of one that exists */
    int mode;            /* enum listener_mode */
    int64_t max_clients; /* 0: off */
    int consistency;     /* enum consistency_setting */
};

extern const struct section listener_section;

#endif
