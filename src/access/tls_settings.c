#include "access/tls_settings.h"

#include <openssl/ssl.h>
#include <string.h>

static const struct setting_word mode_words[] = {
    { .name = "off", .value = TLS_MODE_OFF },
    { .name = "preferred", .value = TLS_MODE_PREFERRED },
    { .name = "required", .value = TLS_MODE_REQUIRED },
    { .name = NULL },
};

static const struct setting_word version_words[] = {
    { .name = "TLSv1.2", .value = TLS_VERSION_1_2 },
    { .name = "TLSv1.3", .value = TLS_VERSION_1_3 },
    { .name = NULL },
};

static const struct setting tls_settings[] = {
    SETTING("mode", ENUM, struct tls_settings, mode, .words = mode_words, .fallback = "preferred",
            .effect = EFFECT_NEW_SESSIONS,
            .doc = "\"preferred\" encrypts when the client asks for it, \"required\" refuses clients that do "
                   "not (a unix socket counts as encrypted), \"off\" does not offer TLS."),
    SETTING(
        "certificate", STRING, struct tls_settings, certificate, .effect = EFFECT_NEW_SESSIONS,
        .example = "/etc/headgate/server.pem",
        .doc =
            "The certificate that clients see, in PEM, with its chain behind it. The files are read at "
            "the start and at each reload; open connections keep the old certificate. Without this setting "
            "headgate makes a certificate at its start, which MariaDB's clients since 11.4 check by the "
            "password of the account."),
    SETTING("key", STRING, struct tls_settings, key, .effect = EFFECT_NEW_SESSIONS,
            .example = "/etc/headgate/server.key",
            .doc = "Its private key, in PEM and without a passphrase; by default in the certificate's file."),
    SETTING("ca", STRING, struct tls_settings, ca, .effect = EFFECT_NEW_SESSIONS,
            .example = "/etc/headgate/clients-ca.pem",
            .doc =
                "Authorities that sign the certificates of clients, in PEM. With it clients are asked for a "
                "certificate. One that does not verify is refused; whether an account needs one is said "
                "by its `require`."),
    SETTING("minimum", ENUM, struct tls_settings, minimum, .words = version_words, .fallback = "TLSv1.2",
            .effect = EFFECT_NEW_SESSIONS, .doc = "The oldest version that is accepted."),
    SETTING("ciphers", STRING, struct tls_settings, ciphers, .check = tls_check_ciphers,
            .effect = EFFECT_NEW_SESSIONS, .example = "ECDHE+AESGCM:TLS_AES_128_GCM_SHA256",
            .doc =
                "Ciphers in OpenSSL's words, between colons. Names that begin with TLS_ are for TLS 1.3, all "
                "others for TLS 1.2. By default those with forward secrecy and authenticated encryption "
                "(" TLS_CIPHERS ", and all of TLS 1.3)."),
};

const struct section tls_section = {
    .name = "tls",
    .doc = "TLS towards clients.",
    .size_bytes = sizeof(struct tls_settings),
    SECTION_ROWS(tls_settings),
};

static struct tls_files files_of(const struct tls_settings *settings)
{
    return (struct tls_files){ .certificate = settings->certificate,
                               .key = settings->key,
                               .ca = settings->ca,
                               .ciphers = settings->ciphers,
                               .minimum = settings->minimum };
}

static bool can_load(const struct tls_files *files, struct error *err)
{
    struct ssl_ctx_st *context = tls_context_new(TLS_server_method(), files, err);
    bool is_good = context != NULL;
    tls_context_free(&context);
    return is_good;
}

bool tls_settings_check(const struct tls_settings *settings, const char **key_r, struct error *err)
{
    struct tls_files files = files_of(settings);
    const struct tls_files only_ca = { .ca = settings->ca };
    *key_r = "key";
    if (settings->key != NULL && settings->certificate == NULL)
        return error_set(err, 0, "a key without a certificate");
    if (settings->mode == TLS_MODE_OFF)
        return true;
    *key_r = "ca";
    if (!can_load(&only_ca, err))
        return false;
    *key_r = "certificate";
    if (can_load(&files, err))
        return true;
    if (settings->key != NULL && strstr(err->text, settings->key) != NULL)
        *key_r = "key";
    return false;
}

bool tls_settings_load(const struct tls_settings *settings, const struct tls_certificate *self_made,
                       struct tls_server *former, struct tls_server **server_r, struct error *err)
{
    struct tls_files files = files_of(settings);
    *server_r = NULL;
    if (settings->mode == TLS_MODE_OFF)
        return true;
    struct tls_server *server = tls_server_new(&files, self_made, err);
    if (server != NULL && former != NULL &&
        memcmp(server->identity, former->identity, sizeof server->identity) == 0) {
        tls_server_unref(&server);
        server = tls_server_ref(former);
    }
    *server_r = server;
    return server != NULL;
}
