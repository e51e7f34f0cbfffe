/* The settings of TLS towards clients: the group `tls` of a listener and of the admin address. */
#pragma once

#include "net/tls_server.h"
#include "settings/schema.h"

enum tls_mode { TLS_MODE_OFF, TLS_MODE_PREFERRED, TLS_MODE_REQUIRED };

struct tls_settings {
    int mode;          /* enum tls_mode */
    char *certificate; /* owns; path; NULL: the self-made certificate */
    char *key;         /* owns; path; NULL: in the certificate's file */
    char *ca;          /* owns; path; NULL: clients are not asked for certificates */
    int minimum;       /* enum tls_version */
    char *ciphers;     /* owns; NULL: TLS_CIPHERS */
};

extern const struct section tls_section;

/* True if all files can be used. Otherwise *err names the file and the reason, and *key_r the setting. */
bool tls_settings_check(const struct tls_settings *settings, const char **key_r, struct error *err);

/* Loads the files. *server_r: NULL with mode "off"; else `former` with one more reference, if nothing has
 * changed since it was loaded (then its tickets stay valid), or a new one. `former` may be NULL. False: *err
 * names the file and the reason. */
bool tls_settings_load(const struct tls_settings *settings, const struct tls_certificate *self_made,
                       struct tls_server *former, struct tls_server **server_r, struct error *err);
