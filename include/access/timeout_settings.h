/* The timeouts: how long headgate waits. */
#ifndef HEADGATE_ACCESS_TIMEOUT_SETTINGS_H
#define HEADGATE_ACCESS_TIMEOUT_SETTINGS_H

#include "settings/schema.h"

struct timeout_settings {
    uint64_t connect_us;          /* a TCP or unix connect to a server */
    uint64_t login_us;            /* a login at a server, once connected */
    uint64_t client_login_us;     /* a login of a client, once accepted */
    uint64_t query_us;            /* 0: off; from a command sent to the first byte of its reply */
    uint64_t idle_client_us;      /* 0: off; between two commands of a client */
    uint64_t idle_transaction_us; /* 0: off; between two commands while a transaction is open */
    uint64_t primary_wait_us;     /* 0: fail at once; a statement needs a primary, and there is none */
    uint64_t pool_wait_us;        /* a statement needs a connection, and all to the server are in use */
    uint64_t diagnostics_us;      /* 0: not kept; how long for SHOW WARNINGS and the like while others wait */
    uint64_t server_idle_us;      /* how long a connection that no session has is kept */
    uint64_t server_lifetime_us;  /* 0: no limit; the age at which a connection is closed */
    uint64_t shutdown_us;         /* 0: none; how long statements and transactions may go on after SIGTERM */
    uint64_t tcp_keepalive_us;    /* 0: off */
    uint64_t drain_us;            /* 0: no limit; how long state may stay on a server after `drain` */
    uint64_t pause_us;            /* the longest `pause` of a cluster */
    uint64_t tcp_user_timeout_us; /* 0: the default of the kernel */
};

extern const struct section timeout_section;

#endif
