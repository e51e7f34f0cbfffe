#include "upstream/server_tls.h"

#include "base/str.h"
#include "net/tls_client.h"

/* The host of the configured address, without port and brackets; `buffer` has TLS_NAME_MAX bytes. NULL: the address
 * is a unix socket's. */
static const char *host_of(const char *address, char *buffer)
{
    const char *colon = strrchr(address, ':');
    if (address[0] == '/' || colon == NULL)
        return NULL;
    struct span host = span_of(address, (size_t)(colon - address));
    if (host.len >= 2 && host.data[0] == '[')
        host = span_of(host.data + 1, host.len - 2);
    return span_copy_cstr(host, buffer, TLS_NAME_MAX) ? buffer : NULL;
}

static struct tls_client_wish wish_of(const struct server_settings *settings, char *buffer)
{
    return (struct tls_client_wish){
        .files = { .certificate = settings->tls_certificate,
                   .key = settings->tls_key,
                   .ca = settings->tls_ca },
        .verify = settings->tls == TLS_SETTING_VERIFY_IDENTITY ? TLS_VERIFY_IDENTITY
                  : settings->tls == TLS_SETTING_VERIFY_CA     ? TLS_VERIFY_CA
                                                               : TLS_VERIFY_NONE,
        .name = settings->tls_name != NULL ? settings->tls_name : host_of(settings->address, buffer),
        .fingerprint = settings->tls_fingerprint,
    };
}

bool server_tls_load(const struct server_settings *settings, struct ssl_ctx_st **context_r, struct error *err)
{
    char buffer[TLS_NAME_MAX];
    const struct tls_client_wish wish = wish_of(settings, buffer);
    *context_r = settings->tls != TLS_SETTING_OFF ? tls_client_new(&wish, err) : NULL;
    return settings->tls == TLS_SETTING_OFF || *context_r != NULL;
}

/* The first setting that has no effect beside the others. */
static bool check_combination(const struct server_settings *settings, const char **key_r, struct error *err)
{
    bool verifies = settings->tls == TLS_SETTING_VERIFY_CA || settings->tls == TLS_SETTING_VERIFY_IDENTITY;
    char buffer[TLS_NAME_MAX];
    const struct {
        bool is_wrong;
        const char *key, *words;
    } rules[] = {
        { settings->tls_ca != NULL && !verifies, "tls_ca",
          "is for tls = \"verify-ca\" or \"verify-identity\"" },
        { settings->tls_fingerprint != NULL && !verifies && settings->tls != TLS_SETTING_REQUIRED,
          "tls_fingerprint",
          "needs tls = \"required\" or more: otherwise a false server need not offer TLS" },
        { settings->tls_ca != NULL && settings->tls_fingerprint != NULL, "tls_ca",
          "is not used: tls_fingerprint decides" },
        { settings->tls_key != NULL && settings->tls_certificate == NULL, "tls_key",
          "is that of a certificate: tls_certificate is missing" },
        { settings->tls == TLS_SETTING_OFF && settings->tls_certificate != NULL, "tls_certificate",
          "is not used with tls = \"off\"" },
        { settings->tls == TLS_SETTING_VERIFY_IDENTITY && wish_of(settings, buffer).name == NULL, "tls",
          "\"verify-identity\" needs a tls_name for the socket of a server" },
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].is_wrong) {
            *key_r = rules[i].key;
            return error_set(err, 0, "%s %s", rules[i].key, rules[i].words);
        }
    return true;
}

bool server_tls_check(const struct server_settings *settings, const char **key_r, struct error *err)
{
    struct ssl_ctx_st *context;
    if (!check_combination(settings, key_r, err))
        return false;
    if (server_tls_load(settings, &context, err)) {
        tls_context_free(&context);
        return true;
    }
    const char *const files[] = { settings->tls_ca, settings->tls_key, settings->tls_certificate };
    const char *const keys[] = { "tls_ca", "tls_key", "tls_certificate" };
    *key_r = "tls";
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] != NULL && strstr(err->text, files[i]) != NULL) {
            *key_r = keys[i];
            break;
        }
    return false;
}
