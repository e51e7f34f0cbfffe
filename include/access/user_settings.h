/* An account: clients log in with it, and headgate logs in to servers with it for them. */
#ifndef HEADGATE_ACCESS_USER_SETTINGS_H
#define HEADGATE_ACCESS_USER_SETTINGS_H

#include "access/tls_requirement.h"
#include "mysql/auth.h"
#include "settings/schema.h"

struct user_settings {
    char *name;              /* owns; unique */
    char *password;          /* owns; clear text, or a hash: see user_settings_read_password() */
    int64_t max_connections; /* 0: off */
    int consistency;         /* enum consistency_setting */
    int require;             /* enum account_tls, up to ACCOUNT_TLS_X509 */
    char *require_subject;   /* owns; NULL: any; otherwise `require` is at least X509 */
    char *require_issuer;    /* the same */
};

extern const struct section user_section;

/* Reads a configured password, in clear text or as a hash as servers store it for mysql_native_password: '*'
 * and 40 hexadecimal digits. False: it is too long. The caller wipes the secret. */
bool user_settings_read_password(const char *password, struct auth_secret *secret_r);
/* What the account demands of its clients' channel. False: memory is out; the caller frees it all the same. */
bool user_settings_read_requirement(const struct user_settings *settings,
                                    struct tls_requirement *requirement_r);

#endif
