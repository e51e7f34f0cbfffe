/* OpenSSL contexts: protocol versions, ciphers, certificate, key and CA, from settings. tls_server and
 * tls_client build on this. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

struct ssl_ctx_st;
struct ssl_method_st;

enum tls_version { TLS_VERSION_1_2, TLS_VERSION_1_3 };

/* What a context is made of. All borrowed; only during the call. */
struct tls_files {
    const char *certificate; /* PEM: the own certificate, then its chain; NULL: none */
    const char *key;         /* PEM, not encrypted; NULL: in the certificate's file */
    const char *ca;          /* PEM: certificates of authorities that the peer's certificate is checked with;
                                NULL: none */
    const char *ciphers;     /* OpenSSL's names, between colons; those that begin with TLS_ are for TLS 1.3;
                                NULL: TLS_CIPHERS */
    int minimum;             /* enum tls_version */
};

/* TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else. */
#define TLS_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

void tls_context_free(struct ssl_ctx_st **context);

/* A context of either side, with everything that `files` name loaded and no verification switched on. NULL:
 * *err names the file and the reason. */
struct ssl_ctx_st *tls_context_new(const struct ssl_method_st *method, const struct tls_files *files,
                                   struct error *err);
/* Checks a setting of ciphers. False: *err says that no cipher is left of it. */
bool tls_check_ciphers(const char *ciphers, struct error *err);
