/* How long headgate waits, for everything it waits for.
 */
#ifndef HEADGATE_ACCESS_TIMEOUT_SETTINGS_H
#define HEADGATE_ACCESS_TIMEOUT_SETTINGS_H

#include "settings/schema.h"

struct timeout_settings {
    uint64_t connect_us;          /* a TCP or unix connect to a server */
    uint64_t login_us;            /* from connected to logged in at a server */
    uint64_t client_login_us;     /* from accepted to logged in, for a client */
    uint64_t query_us;            /* 0: off; from a command sent to the first byte of its reply */
    uint64_t idle_client_us;      /* 0: off; between two commands of a client */
    uint64_t idle_transaction_us; /* 0: off; the same while a transaction is open */
    uint64_t primary_wait_us; /* 0: fail at once; for a statement that needs a primary when there is none */
    uint64_t pool_wait_us;    /* for a connection to a server that has no free one */
    uint64_t diagnostics_us;  /* 0: not at all; that a connection others wait for is kept for questions */
    uint64_t server_idle_us;  /* that a connection which no session has is kept */
    uint64_t server_lifetime_us; /* 0: any */
    uint64_t shutdown_us;        /* 0: cut at once; what may still run after SIGTERM */
    uint64_t tcp_keepalive_us;   /* 0: off */
    uint64_t drain_us;           /* 0: no end */
    uint64_t pause_us;
    uint64_t tcp_user_timeout_us; /* 0: the kernel's own */
};

extern const struct section timeout_section;

#endif
