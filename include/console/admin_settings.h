/* Settings of the admin socket and of the admin address for MySQL clients. */
#pragma once

#include "access/tls_settings.h"
#include "mysql/auth.h"
#include "settings/schema.h"

/* An account that may log in at the address. */
struct admin_user_settings {
    char *name;     /* owns; unique */
    char *password; /* owns; clear text, or '*' and 40 hexadecimal digits as in mysql.user */
};

struct admin_settings {
    char *socket;                      /* owns; path of a unix socket */
    char *group;                       /* owns; group of that socket; NULL: the process' own group */
    char *address;                     /* owns; for MySQL clients; NULL: none */
    struct admin_user_settings *users; /* owns */
    size_t user_count;
    struct tls_settings tls; /* TLS of the address */
};

extern const struct section admin_section;

/* The secret with which an account proves itself. False: the password is too long. */
bool admin_user_secret(const struct admin_user_settings *user, struct auth_secret *secret_r);
