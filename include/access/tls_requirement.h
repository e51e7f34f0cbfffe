/* What an account demands of its clients' channel: REQUIRE SSL, X509, SUBJECT, ISSUER and CIPHER of the servers, for
 * configured accounts and those that were read from servers. */
#pragma once

#include "base/str.h"
#include "net/stream.h"

#include <stdbool.h>

/* Like MariaDB's ssl_type. ANY: TLS; X509: a certificate that a CA of the listener has signed; SPECIFIED: the texts
 * below as well. */
enum account_tls { ACCOUNT_TLS_NONE, ACCOUNT_TLS_ANY, ACCOUNT_TLS_X509, ACCOUNT_TLS_SPECIFIED };

struct tls_requirement {
    enum account_tls tls;
    char *issuer;  /* owns; as X509_NAME_oneline writes it, "/C=SE/CN=app"; NULL: any. With SPECIFIED only */
    char *subject; /* the same */
    char *cipher;  /* owns; NULL: any. With SPECIFIED only */
};

/* Copies the texts; an empty one stands for any. False: memory is out; tls_requirement_fini all the same. */
bool tls_requirement_set(struct tls_requirement *requirement, enum account_tls tls, struct span issuer,
                         struct span subject, struct span cipher);
void tls_requirement_fini(struct tls_requirement *requirement);

/* NULL: the client's channel has what is required. Otherwise what is missing, for the log: the client hears the same
 * as after a wrong password, as from a server. A unix socket is no TLS, as with servers. */
const char *tls_requirement_missing(const struct tls_requirement *requirement, const struct stream *client);
