/* Keys of session tickets (RFC 5077, RFC 8446 §4.6.1). A client that comes back with a ticket is spared the
 * signature of a full handshake; headgate keeps nothing about it.
 *
 * A new key is made every TLS_TICKET_KEY_US; the key before it still opens tickets. A ticket is valid for
 * TLS_TICKET_SECONDS, so no key is needed for longer than two periods, and then it is wiped. Used by all
 * workers, at handshakes only: a mutex guards the keys.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct ssl_ctx_st;

#define TLS_TICKET_SECONDS 7200
#define TLS_TICKET_KEY_US (UINT64_C(1000000) * TLS_TICKET_SECONDS)

/* One key: its name, which stands in front of each ticket, and the keys of AES-256-CBC and HMAC-SHA-256. */
struct tls_ticket_key {
    uint8_t name[16];
    uint8_t cipher[32];
    uint8_t mac[32];
};

struct tls_tickets {
    pthread_mutex_t mutex;
    struct tls_ticket_key keys[2]; /* the present one, and the one before it */
    uint64_t made_us[2];           /* by the monotonic clock; 0: there is no such key */
};

/* Gives the context tickets with keys of its own. `tickets` must stay as long as connections of the context. */
void tls_tickets_init(struct tls_tickets *tickets, struct ssl_ctx_st *context);
/* Wipes the keys. */
void tls_tickets_fini(struct tls_tickets *tickets);

/* The key for a new ticket (`name` is NULL), or the one of this name. False: there is none, or the system has
 * no randomness. *is_old_r: the ticket should be replaced. `now_us`: of the monotonic clock. */
bool tls_tickets_find(struct tls_tickets *tickets, const uint8_t *name, uint64_t now_us,
                      struct tls_ticket_key *key_r, bool *is_old_r);
