#include "net/tls_tickets.h"

#include "base/clock.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

#define TICKET_IV_BYTES 16

/* ---- keys ---- */

/* Keys that are older than two periods open nothing any more. */
static void wipe_expired(struct tls_tickets *tickets, uint64_t now_us)
{
    for (int i = 0; i < 2; i++)
        if (tickets->made_us[i] != 0 && now_us - tickets->made_us[i] >= 2 * TLS_TICKET_KEY_US) {
            OPENSSL_cleanse(&tickets->keys[i], sizeof tickets->keys[i]);
            tickets->made_us[i] = 0;
        }
}

static bool make_key(struct tls_tickets *tickets, uint64_t now_us)
{
    struct tls_ticket_key key;
    if (RAND_bytes(key.name, sizeof key.name) != 1 || RAND_priv_bytes(key.cipher, sizeof key.cipher) != 1 ||
        RAND_priv_bytes(key.mac, sizeof key.mac) != 1)
        return false;
    tickets->keys[1] = tickets->keys[0];
    tickets->made_us[1] = tickets->made_us[0];
    tickets->keys[0] = key;
    tickets->made_us[0] = now_us > 0 ? now_us : 1;
    OPENSSL_cleanse(&key, sizeof key);
    return true;
}

/* Index of the key; 2: there is none. */
static int find(struct tls_tickets *tickets, const uint8_t *name, uint64_t now_us)
{
    wipe_expired(tickets, now_us);
    bool is_due = tickets->made_us[0] == 0 || now_us - tickets->made_us[0] >= TLS_TICKET_KEY_US;
    if (name == NULL)
        return is_due && !make_key(tickets, now_us) ? 2 : 0;
    int i = 0;
    while (i < 2 && (tickets->made_us[i] == 0 ||
                     memcmp(tickets->keys[i].name, name, sizeof tickets->keys[i].name) != 0))
        i++;
    return i;
}

bool tls_tickets_find(struct tls_tickets *tickets, const uint8_t *name, uint64_t now_us,
                      struct tls_ticket_key *key_r, bool *is_old_r)
{
    (void)pthread_mutex_lock(&tickets->mutex);
    int i = find(tickets, name, now_us);
    if (i < 2) {
        *key_r = tickets->keys[i];
        *is_old_r = i == 1 || now_us - tickets->made_us[0] >= TLS_TICKET_KEY_US;
    }
    (void)pthread_mutex_unlock(&tickets->mutex);
    return i < 2;
}

/* ---- for OpenSSL ---- */

static bool use_key(const struct tls_ticket_key *key, const uint8_t *iv, EVP_CIPHER_CTX *cipher,
                    EVP_MAC_CTX *mac, bool is_new)
{
    char digest[] = "SHA256";
    uint8_t mac_key[sizeof key->mac];
    memcpy(mac_key, key->mac, sizeof mac_key);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key, sizeof mac_key),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    bool is_used = EVP_CipherInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher, iv, is_new, NULL) == 1 &&
                   EVP_MAC_CTX_set_params(mac, params) == 1;
    OPENSSL_cleanse(mac_key, sizeof mac_key);
    return is_used;
}

/* See SSL_CTX_set_tlsext_ticket_key_evp_cb(3). 0: a full handshake; 2: a new ticket follows; -1: an error. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int is_new)
{
    struct tls_tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct tls_ticket_key key;
    bool is_old = false;
    if (!tls_tickets_find(tickets, is_new ? NULL : name, clock_monotonic_us(), &key, &is_old))
        return is_new ? -1 : 0;
    if (is_new)
        memcpy(name, key.name, sizeof key.name);
    bool is_used =
        (!is_new || RAND_bytes(iv, TICKET_IV_BYTES) == 1) && use_key(&key, iv, cipher, mac, is_new != 0);
    OPENSSL_cleanse(&key, sizeof key);
    return !is_used ? -1 : is_old && !is_new ? 2 : 1;
}

void tls_tickets_init(struct tls_tickets *tickets, struct ssl_ctx_st *context)
{
    *tickets = (struct tls_tickets){ .made_us = { 0, 0 } };
    (void)pthread_mutex_init(&tickets->mutex, NULL);
    (void)SSL_CTX_set_app_data(context, tickets);
    (void)SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
    (void)SSL_CTX_set_timeout(context, TLS_TICKET_SECONDS);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(context, 1);
}

void tls_tickets_fini(struct tls_tickets *tickets)
{
    OPENSSL_cleanse(tickets->keys, sizeof tickets->keys);
    (void)pthread_mutex_destroy(&tickets->mutex);
}
