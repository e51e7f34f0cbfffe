#include "access/tls_requirement.h"

#include "base/mem.h"
#include "net/stream_tls.h"

#include <string.h>

/* False: memory is out. */
static bool keep(char **to, struct span text)
{
    if (text.len == 0)
        return true;
    *to = mem_zalloc(text.len + 1);
    if (*to != NULL)
        memcpy(*to, text.data, text.len);
    return *to != NULL;
}

bool tls_requirement_set(struct tls_requirement *requirement, enum account_tls tls, struct span issuer,
                         struct span subject, struct span cipher)
{
    *requirement = (struct tls_requirement){ .tls = tls };
    return keep(&requirement->issuer, issuer) && keep(&requirement->subject, subject) &&
           keep(&requirement->cipher, cipher);
}

void tls_requirement_fini(struct tls_requirement *requirement)
{
    mem_free(requirement->issuer);
    mem_free(requirement->subject);
    mem_free(requirement->cipher);
    *requirement = (struct tls_requirement){ .tls = ACCOUNT_TLS_NONE };
}

static bool is_other(const char *required, const char *present)
{
    return required != NULL && strcmp(required, present) != 0;
}

const char *tls_requirement_missing(const struct tls_requirement *requirement, const struct stream *client)
{
    struct stream_peer peer;
    if (requirement->tls == ACCOUNT_TLS_NONE)
        return NULL;
    if (!stream_is_secure(client))
        return "the account requires TLS";
    if (requirement->tls == ACCOUNT_TLS_ANY)
        return NULL;
    bool has_certificate = stream_has_certificate(client, &peer);
    if (requirement->tls == ACCOUNT_TLS_SPECIFIED && is_other(requirement->cipher, stream_cipher(client)))
        return "the account requires another cipher";
    bool needs_one =
        requirement->tls == ACCOUNT_TLS_X509 || requirement->issuer != NULL || requirement->subject != NULL;
    if (!needs_one)
        return NULL;
    if (!has_certificate)
        return "the account requires a client certificate";
    if (requirement->tls == ACCOUNT_TLS_X509)
        return NULL;
    if (is_other(requirement->issuer, peer.issuer))
        return "the account requires another issuer of the client's certificate";
    return is_other(requirement->subject, peer.subject)
               ? "the account requires another subject of the client's certificate"
               : NULL;
}
