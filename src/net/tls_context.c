/* Files are opened here and not by OpenSSL, so that an error tells the file and the system's reason. */
#include "net/tls_context.h"

#include "base/str.h"
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>

#define ERROR_TAKEN 160 /* bytes of a file's name in a message */

/* ---- files ---- */

static FILE *open_file(const char *path, const char *what, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        (void)error_errno(err, errno, "the %s %.*s", what, ERROR_TAKEN, path);
    return file;
}

/* An encrypted key is refused: there is no terminal to ask for its passphrase. */
static int no_passphrase(char *buffer, int size, int is_writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static bool bad_file(const char *path, const char *what, struct error *err)
{
    char attempt[ERROR_TAKEN + 64];
    (void)snprintf(attempt, sizeof attempt, "the %s %.*s", what, ERROR_TAKEN, path);
    return tls_error(err, attempt);
}

/* The certificates behind the first one in the file: the chain that is sent with it. */
static bool add_chain(SSL_CTX *context, FILE *file)
{
    X509 *link;
    while ((link = PEM_read_X509(file, NULL, no_passphrase, NULL)) != NULL)
        if (SSL_CTX_add0_chain_cert(context, link) != 1) {
            X509_free(link);
            return false;
        }
    bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (is_end)
        ERR_clear_error();
    return is_end;
}

static bool use_certificate(SSL_CTX *context, const char *path, struct error *err)
{
    FILE *file = open_file(path, "certificate", err);
    if (file == NULL)
        return false;
    X509 *certificate = PEM_read_X509_AUX(file, NULL, no_passphrase, NULL);
    bool is_used = certificate != NULL && SSL_CTX_use_certificate(context, certificate) == 1 &&
                   SSL_CTX_clear_chain_certs(context) == 1 && add_chain(context, file);
    X509_free(certificate);
    (void)fclose(file);
    return is_used || bad_file(path, "certificate", err);
}

static bool use_key(SSL_CTX *context, const char *path, struct error *err)
{
    FILE *file = open_file(path, "key", err);
    if (file == NULL)
        return false;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    bool is_used = key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    (void)fclose(file);
    return is_used || bad_file(path, "key", err);
}

static bool use_ca(SSL_CTX *context, const char *path, struct error *err)
{
    FILE *file = open_file(path, "CA file", err);
    if (file == NULL)
        return false;
    (void)fclose(file);
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(path);
    if (names == NULL || SSL_CTX_load_verify_locations(context, path, NULL) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return bad_file(path, "CA file", err);
    }
    SSL_CTX_set_client_CA_list(context, names);
    return true;
}

static bool use_files(SSL_CTX *context, const struct tls_files *files, struct error *err)
{
    if (files->ca != NULL && !use_ca(context, files->ca, err))
        return false;
    if (files->certificate == NULL)
        return true;
    const char *key = files->key != NULL ? files->key : files->certificate;
    if (!use_certificate(context, files->certificate, err) || !use_key(context, key, err))
        return false;
    return SSL_CTX_check_private_key(context) == 1 || bad_file(key, "key", err);
}

/* ---- ciphers ---- */

/* Names of TLS 1.3 begin with TLS_; all others are those of TLS 1.2, in OpenSSL's own syntax. */
static bool use_ciphers(SSL_CTX *context, const char *ciphers, struct error *err)
{
    struct text suites = { 0 }, list = { 0 };
    for (const char *at = ciphers; *at != '\0';) {
        size_t len = strcspn(at, ":");
        struct text *to = strncmp(at, "TLS_", 4) == 0 ? &suites : &list;
        if (len > 0 && to->len > 0)
            (void)text_append_byte(to, ':');
        (void)text_append(to, at, len);
        at += len + (at[len] == ':');
    }
    bool is_used = !suites.is_oom && !list.is_oom;
    if (suites.len > 0)
        is_used = is_used && SSL_CTX_set_ciphersuites(context, text_cstr(&suites)) == 1;
    if (list.len > 0)
        is_used = is_used && SSL_CTX_set_cipher_list(context, text_cstr(&list)) == 1;
    text_fini(&suites);
    text_fini(&list);
    ERR_clear_error();
    return is_used || error_set(err, 0, "no cipher of OpenSSL matches \"%.100s\"", ciphers);
}

bool tls_check_ciphers(const char *ciphers, struct error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    bool is_good = context != NULL ? use_ciphers(context, ciphers, err) : tls_error(err, "TLS");
    SSL_CTX_free(context);
    return is_good;
}

/* ---- contexts ---- */

struct ssl_ctx_st *tls_context_new(const struct ssl_method_st *method, const struct tls_files *files,
                                   struct error *err)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL) {
        (void)tls_error(err, "creating a TLS context");
        return NULL;
    }
    int minimum = files->minimum == TLS_VERSION_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    (void)SSL_CTX_set_min_proto_version(context, minimum);
    (void)SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    /* Many clients end without close_notify. The protocol above has lengths of its own, so a cut is noticed. */
    (void)SSL_CTX_set_options(context,
                              SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    if (!use_ciphers(context, files->ciphers != NULL ? files->ciphers : TLS_CIPHERS, err) ||
        !use_files(context, files, err))
        tls_context_free(&context);
    return context;
}

void tls_context_free(struct ssl_ctx_st **context)
{
    SSL_CTX_free(*context);
    *context = NULL;
}
