/* Where the administrator's door is.
 */
#ifndef HEADGATE_ADMIN_ADMIN_SETTINGS_H
#define HEADGATE_ADMIN_ADMIN_SETTINGS_H

#include "mysql/auth.h"
#include "settings/schema.h"

/* Who may log in at the address. */
struct admin_user_settings {
    char *name;     /* owns; unique */
    char *password; /* owns; clear text, or '*' and 40 hexadecimal digits as a server keeps it */
};

struct admin_settings {
    char *socket;                      /* owns; path of a unix socket */
    char *group;                       /* owns; of that socket; NULL: the process' own */
    char *address;                     /* owns; for MySQL clients; NULL: none */
    struct admin_user_settings *users; /* owns */
    size_t user_count;
};

extern const struct section admin_section;

/* What an account can prove itself with. False: its password is too long to be one. */
bool admin_user_secret(const struct admin_user_settings *user, struct auth_secret *secret_r);

#endif
