#include "net/tls_server.h"

#include "base/mem.h"
#include "net/tls.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define SELF_MADE_NAME "headgate"
#define SELF_MADE_SECONDS (10L * 365 * 24 * 3600)
#define BACKDATED_SECONDS (-24L * 3600) /* clients' clocks may be slow */
#define SECONDS_PER_DAY 86400

struct tls_certificate {
    X509 *x509;    /* owns */
    EVP_PKEY *key; /* owns */
};

/* ---- the self-made certificate ---- */

static bool name_it(X509 *x509)
{
    X509_NAME *name = X509_get_subject_name(x509);
    const unsigned char *text = (const unsigned char *)SELF_MADE_NAME;
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(x509, name) == 1;
}

/* A serial number of its own: some clients refuse two certificates of one issuer with the same number. */
static bool number_it(X509 *x509)
{
    uint64_t number = 0;
    return RAND_bytes((unsigned char *)&number, sizeof number) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), number >> 1) == 1;
}

static bool fill(struct tls_certificate *certificate)
{
    X509 *x509 = certificate->x509 = X509_new();
    certificate->key = EVP_EC_gen("P-256");
    return x509 != NULL && certificate->key != NULL && X509_set_version(x509, X509_VERSION_3) == 1 &&
           number_it(x509) && X509_gmtime_adj(X509_getm_notBefore(x509), BACKDATED_SECONDS) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(x509), SELF_MADE_SECONDS) != NULL && name_it(x509) &&
           X509_set_pubkey(x509, certificate->key) == 1 &&
           X509_sign(x509, certificate->key, EVP_sha256()) > 0;
}

struct tls_certificate *tls_certificate_make(struct error *err)
{
    struct tls_certificate *certificate = mem_zalloc(sizeof *certificate);
    if (certificate != NULL && fill(certificate))
        return certificate;
    if (certificate == NULL)
        (void)error_set(err, 0, "out of memory");
    else
        (void)tls_error(err, "making a certificate");
    tls_certificate_free(&certificate);
    return NULL;
}

void tls_certificate_free(struct tls_certificate **certificate)
{
    if (*certificate == NULL)
        return;
    X509_free((*certificate)->x509);
    EVP_PKEY_free((*certificate)->key);
    mem_free(*certificate);
    *certificate = NULL;
}

/* ---- servers ---- */

static bool add_file(EVP_MD_CTX *digest, const char *text)
{
    return EVP_DigestUpdate(digest, text != NULL ? text : "", text != NULL ? strlen(text) + 1 : 1) == 1;
}

/* All certificates that the context verifies with: a ticket that was given before a CA was changed is not
 * accepted afterwards. */
static bool add_ca(EVP_MD_CTX *digest, SSL_CTX *context)
{
    STACK_OF(X509) *all = X509_STORE_get1_all_certs(SSL_CTX_get_cert_store(context));
    bool is_added = true;
    for (int i = 0; i < sk_X509_num(all); i++) {
        uint8_t one[TLS_DIGEST_BYTES];
        is_added = is_added && X509_digest(sk_X509_value(all, i), EVP_sha256(), one, NULL) == 1 &&
                   EVP_DigestUpdate(digest, one, sizeof one) == 1;
    }
    sk_X509_pop_free(all, X509_free);
    return is_added;
}

static bool add_chain(EVP_MD_CTX *digest, SSL_CTX *context)
{
    STACK_OF(X509) *chain = NULL;
    (void)SSL_CTX_get0_chain_certs(context, &chain);
    bool is_added = true;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        uint8_t one[TLS_DIGEST_BYTES];
        is_added = is_added && X509_digest(sk_X509_value(chain, i), EVP_sha256(), one, NULL) == 1 &&
                   EVP_DigestUpdate(digest, one, sizeof one) == 1;
    }
    return is_added;
}

static bool identify(struct tls_server *server, const struct tls_files *files)
{
    const char minimum[] = { (char)('0' + files->minimum), '\0' };
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool is_done = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(digest, server->fingerprint, sizeof server->fingerprint) == 1 &&
                   add_chain(digest, server->context) && add_ca(digest, server->context) &&
                   add_file(digest, files->ciphers) && add_file(digest, files->ca) &&
                   add_file(digest, minimum) && EVP_DigestFinal_ex(digest, server->identity, NULL) == 1;
    EVP_MD_CTX_free(digest);
    return is_done &&
           SSL_CTX_set_session_id_context(server->context, server->identity, sizeof server->identity) == 1;
}

static bool read_certificate(struct tls_server *server)
{
    struct tm end;
    const X509 *x509 = SSL_CTX_get0_certificate(server->context);
    if (x509 == NULL || X509_digest(x509, EVP_sha256(), server->fingerprint, NULL) != 1 ||
        ASN1_TIME_to_tm(X509_get0_notAfter(x509), &end) != 1)
        return false;
    server->not_after_s = (int64_t)timegm(&end);
    return true;
}

/* The application decides about a client without a certificate, by the account: the handshake succeeds. One
 * with a certificate that does not verify is refused. */
static void ask_certificate(struct tls_server *server, const struct tls_files *files)
{
    server->asks_certificate = files->ca != NULL;
    if (server->asks_certificate)
        SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER, NULL);
}

static bool prepare(struct tls_server *server, const struct tls_files *files,
                    const struct tls_certificate *self_made, struct error *err)
{
    server->context = tls_context_new(TLS_server_method(), files, err);
    if (server->context == NULL)
        return false;
    (void)SSL_CTX_set_options(server->context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    server->is_self_made = files->certificate == NULL;
    if (server->is_self_made && (SSL_CTX_use_certificate(server->context, self_made->x509) != 1 ||
                                 SSL_CTX_use_PrivateKey(server->context, self_made->key) != 1))
        return tls_error(err, "the self-made certificate");
    ask_certificate(server, files);
    return (read_certificate(server) && identify(server, files)) || tls_error(err, "the certificate");
}

struct tls_server *tls_server_new(const struct tls_files *files, const struct tls_certificate *self_made,
                                  struct error *err)
{
    struct tls_server *server = mem_zalloc(sizeof *server);
    if (server == NULL) {
        (void)error_set(err, 0, "out of memory");
        return NULL;
    }
    if (!prepare(server, files, self_made, err)) {
        tls_context_free(&server->context);
        mem_free(server);
        return NULL;
    }
    tls_tickets_init(&server->tickets, server->context);
    server->references = 1;
    return server;
}

struct tls_server *tls_server_ref(struct tls_server *server)
{
    server->references++;
    return server;
}

void tls_server_unref(struct tls_server **server)
{
    if (*server != NULL && --(*server)->references == 0) {
        tls_context_free(&(*server)->context);
        tls_tickets_fini(&(*server)->tickets);
        mem_free(*server);
    }
    *server = NULL;
}

int64_t tls_server_days_left(const struct tls_server *server, int64_t now_s)
{
    int64_t seconds = server->not_after_s - now_s;
    return seconds >= 0 ? seconds / SECONDS_PER_DAY : -1;
}
