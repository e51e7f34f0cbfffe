#include "net/tls_client.h"

#include "base/mem.h"
#include "base/str.h"
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>

#define SUBJECT_MAX 128
#define CA_TEXT_MAX 128
#define DEFAULT_CIPHERS "DEFAULT" /* servers of former years have no others */

/* What belongs to a context, and is freed with it. */
struct facts {
    pthread_mutex_t mutex;
    SSL_SESSION *session; /* owns; guarded by mutex: of the latest handshake; NULL: none yet */
    enum tls_verify verify;
    bool has_ca; /* a file of authorities was named */
    bool is_ip;  /* `name` is an IP address */
    bool has_fingerprint;
    uint8_t fingerprint[TLS_FINGERPRINT_BYTES];
    char name[TLS_NAME_MAX]; /* "": none */
    char ca[CA_TEXT_MAX];    /* names of the authorities, for messages */
};

/* ---- the facts of a context ---- */

static void free_facts(void *parent, void *data, CRYPTO_EX_DATA *all, int index, long argl, void *argp)
{
    struct facts *facts = data;
    (void)parent;
    (void)all;
    (void)index;
    (void)argl;
    (void)argp;
    if (facts == NULL)
        return;
    SSL_SESSION_free(facts->session);
    (void)pthread_mutex_destroy(&facts->mutex);
    mem_free(facts);
}

static int facts_index;

static void make_index(void)
{
    facts_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_facts);
}

static int index_of_facts(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_index);
    return facts_index;
}

static struct facts *facts_of(const SSL *ssl)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_of_facts());
}

/* ---- fingerprints ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_fingerprint(const char *text, uint8_t bytes_r[TLS_FINGERPRINT_BYTES])
{
    for (size_t i = 0; i < TLS_FINGERPRINT_BYTES; i++) {
        text += i > 0 && *text == ':';
        int high = hex_value(text[0]), low = high < 0 ? -1 : hex_value(text[1]);
        if (low < 0)
            return false;
        bytes_r[i] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return *text == '\0';
}

bool tls_fingerprint_check(const char *text, struct error *err)
{
    uint8_t bytes[TLS_FINGERPRINT_BYTES];
    return text == NULL || read_fingerprint(text, bytes) ||
           error_set(err, EINVAL,
                     "\"%.100s\" is not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons",
                     text);
}

/* ---- sessions ---- */

/* OpenSSL has a session that can be resumed. With TLS 1.3 that is some time after the handshake. A copy is kept:
 * OpenSSL marks the session of a connection that ends in an unusual way as not resumable. Returns 0: OpenSSL keeps
 * its own. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct facts *facts = facts_of(ssl);
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    if (copy == NULL)
        return 0;
    (void)pthread_mutex_lock(&facts->mutex);
    SSL_SESSION *former = facts->session;
    facts->session = copy;
    (void)pthread_mutex_unlock(&facts->mutex);
    SSL_SESSION_free(former);
    return 0;
}

/* The connection gets a copy of its own, for the same reason. */
static void resume(SSL *ssl, struct facts *facts)
{
    (void)pthread_mutex_lock(&facts->mutex);
    SSL_SESSION *copy = facts->session != NULL ? SSL_SESSION_dup(facts->session) : NULL;
    (void)pthread_mutex_unlock(&facts->mutex);
    if (copy != NULL)
        (void)SSL_set_session(ssl, copy); /* takes a reference */
    SSL_SESSION_free(copy);
}

/* ---- contexts ---- */

static struct facts *make_facts(const struct tls_client_wish *wish)
{
    struct facts *facts = mem_zalloc(sizeof *facts);
    struct in6_addr any;
    if (facts == NULL)
        return NULL;
    (void)pthread_mutex_init(&facts->mutex, NULL);
    facts->verify = wish->verify;
    facts->has_ca = wish->files.ca != NULL;
    (void)snprintf(facts->ca, sizeof facts->ca, "%s",
                   facts->has_ca ? wish->files.ca : "the system's authorities");
    if (wish->name != NULL)
        (void)snprintf(facts->name, sizeof facts->name, "%s", wish->name);
    facts->is_ip = inet_pton(AF_INET, facts->name, &any) == 1 || inet_pton(AF_INET6, facts->name, &any) == 1;
    facts->has_fingerprint =
        wish->fingerprint != NULL && read_fingerprint(wish->fingerprint, facts->fingerprint);
    return facts;
}

static bool prepare(SSL_CTX *context, const struct tls_client_wish *wish, struct error *err)
{
    struct facts *facts = make_facts(wish);
    if (facts == NULL || SSL_CTX_set_ex_data(context, index_of_facts(), facts) != 1) {
        mem_free(facts);
        return error_set(err, ENOMEM, "out of memory");
    }
    if (wish->verify != TLS_VERIFY_NONE && wish->files.ca == NULL &&
        SSL_CTX_set_default_verify_paths(context) != 1)
        return tls_error(err, "loading the system's authorities");
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    return true;
}

struct ssl_ctx_st *tls_client_new(const struct tls_client_wish *wish, struct error *err)
{
    struct tls_files files = wish->files;
    if (files.ciphers == NULL)
        files.ciphers = DEFAULT_CIPHERS;
    SSL_CTX *context = tls_context_new(TLS_client_method(), &files, err);
    if (context != NULL && !prepare(context, wish, err))
        tls_context_free(&context);
    return context;
}

struct ssl_ctx_st *tls_client_ref(struct ssl_ctx_st *context)
{
    (void)SSL_CTX_up_ref(context);
    return context;
}

/* ---- a connection ---- */

/* The name to be checked, and SNI, which has no addresses (RFC 6066). */
static bool set_name(SSL *ssl, struct facts *facts)
{
    if (facts->name[0] == '\0')
        return true;
    if (!facts->is_ip && SSL_set_tlsext_host_name(ssl, facts->name) != 1)
        return false;
    if (facts->verify != TLS_VERIFY_IDENTITY)
        return true;
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return facts->is_ip ? X509_VERIFY_PARAM_set1_ip_asc(param, facts->name) == 1
                        : X509_VERIFY_PARAM_set1_host(param, facts->name, 0) == 1;
}

bool tls_client_begin(struct stream *stream, struct ssl_ctx_st *context, struct error *err)
{
    if (!stream_secure(stream, context, err))
        return false;
    struct facts *facts = facts_of(stream->ssl);
    if (!set_name(stream->ssl, facts))
        return tls_error(err, "preparing TLS");
    resume(stream->ssl, facts);
    return true;
}

/* No authority is known that has signed it; nothing else is wrong so far. */
static bool is_unsigned(long result)
{
    return result == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
           result == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           result == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           result == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

/* OpenSSL stops at the first error, which for an unsigned certificate comes before its dates. */
static bool is_in_time(const X509 *certificate)
{
    return X509_cmp_current_time(X509_get0_notBefore(certificate)) < 0 &&
           X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0;
}

static void refuse(const X509 *certificate, const struct facts *facts, const char *why, struct error *err)
{
    char subject[SUBJECT_MAX] = "";
    bool is_named = facts->verify == TLS_VERIFY_IDENTITY;
    (void)X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject);
    if (facts->has_fingerprint)
        (void)error_set(err, EPROTO,
                        "the server's certificate '%s' does not have the fingerprint of tls_fingerprint",
                        subject);
    else
        (void)error_set(
            err, EPROTO, "the server's certificate '%s' is not accepted: %s (%s%s%schecked with %s)", subject,
            why, is_named ? "name " : "", is_named ? facts->name : "", is_named ? ", " : "", facts->ca);
}

enum tls_client_verdict tls_client_check(const struct stream *stream,
                                         uint8_t fingerprint_r[static TLS_FINGERPRINT_BYTES],
                                         struct error *err)
{
    const struct facts *facts = facts_of(stream->ssl);
    const X509 *certificate = SSL_get0_peer_certificate(stream->ssl);
    if (certificate == NULL || X509_digest(certificate, EVP_sha256(), fingerprint_r, NULL) != 1) {
        (void)error_set(err, EPROTO, "the server has shown no certificate");
        return facts->verify == TLS_VERIFY_NONE && !facts->has_fingerprint ? TLS_CLIENT_TRUSTED
                                                                           : TLS_CLIENT_REFUSED;
    }
    long result = SSL_get_verify_result(stream->ssl);
    bool is_pinned =
        facts->has_fingerprint && memcmp(fingerprint_r, facts->fingerprint, TLS_FINGERPRINT_BYTES) == 0;
    if (is_pinned || (!facts->has_fingerprint && (facts->verify == TLS_VERIFY_NONE || result == X509_V_OK)))
        return TLS_CLIENT_TRUSTED;
    bool may_prove = facts->verify == TLS_VERIFY_IDENTITY && !facts->has_ca && !facts->has_fingerprint &&
                     is_unsigned(result);
    if (may_prove && !is_in_time(certificate)) {
        refuse(certificate, facts, "it has expired, or is not valid yet", err);
        return TLS_CLIENT_REFUSED;
    }
    refuse(certificate, facts, X509_verify_cert_error_string(result), err);
    return may_prove ? TLS_CLIENT_UNPROVEN : TLS_CLIENT_REFUSED;
}
