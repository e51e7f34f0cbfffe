#include "access/timeout_settings.h"

#define MILLISECOND 1000
#define SECOND 1000000
#define HOUR (3600LL * SECOND)
#define DAY (24 * HOUR)

#define TCP_KEEPIDLE_MAX_S 32767LL /* MAX_TCP_KEEPIDLE of Linux */

static const struct setting timeout_settings[] = {
    SETTING("connect", DURATION, struct timeout_settings, connect_us, .min = MILLISECOND, .max = HOUR,
            .fallback = "2s", .effect = EFFECT_NEW_CONNECTIONS, .doc = "Connecting to a server."),
    SETTING("login", DURATION, struct timeout_settings, login_us, .min = MILLISECOND, .max = HOUR,
            .fallback = "5s", .effect = EFFECT_NOW, .doc = "Logging in to a server, once connected."),
    SETTING("client_login", DURATION, struct timeout_settings, client_login_us, .min = MILLISECOND,
            .max = HOUR, .fallback = "10s", .effect = EFFECT_NEW_SESSIONS,
            .doc = "From the connection of a client until it has logged in; servers call this "
                   "connect_timeout."),
    SETTING("query", DURATION, struct timeout_settings, query_us, .min = MILLISECOND, .max = 30 * DAY,
            .may_be_off = true, .fallback = "off", .effect = EFFECT_NOW,
            .doc = "From sending a statement to the first byte of its reply. Keep \"off\" unless every "
                   "client expects such an error: long ALTERs and reports hear it, too."),
    SETTING("idle_client", DURATION, struct timeout_settings, idle_client_us, .min = MILLISECOND,
            .max = 365 * DAY, .may_be_off = true, .fallback = "8h", .effect = EFFECT_NOW,
            .doc = "A client that sends nothing for this long is disconnected; servers call this "
                   "wait_timeout, with the same default. A shorter wait_timeout that a client sets for "
                   "itself applies to that client."),
    SETTING("idle_transaction", DURATION, struct timeout_settings, idle_transaction_us, .min = MILLISECOND,
            .max = 365 * DAY, .may_be_off = true, .fallback = "off", .effect = EFFECT_NOW,
            .doc = "A client that sends nothing for this long while its transaction is open hears an "
                   "error (4031 with MySQL, 1927 with MariaDB) and is disconnected. The transaction is "
                   "rolled back, and its locks are released."),
    SETTING("primary_wait", DURATION, struct timeout_settings, primary_wait_us, .min = MILLISECOND,
            .max = HOUR, .may_be_off = true, .fallback = "10s", .effect = EFFECT_NOW,
            .doc = "While there is no primary, a statement that needs one waits this long for a new one "
                   "before the client sees an error. \"off\": the error at once."),
    SETTING("drain", DURATION, struct timeout_settings, drain_us, .min = MILLISECOND, .max = 30 * DAY,
            .may_be_off = true, .fallback = "10m", .effect = EFFECT_NOW,
            .doc = "After `drain SERVER`, transactions and other state may stay there for this long; then "
                   "the server is disabled, and the remaining connections are closed. \"off\": no limit."),
    SETTING("pause", DURATION, struct timeout_settings, pause_us, .min = MILLISECOND, .max = DAY,
            .fallback = "1m", .effect = EFFECT_NOW,
            .doc = "The longest `pause` of a cluster. Then the cluster resumes by itself, so that "
                   "statements do not wait for an absent operator."),
    SETTING("pool_wait", DURATION, struct timeout_settings, pool_wait_us, .min = MILLISECOND, .max = HOUR,
            .fallback = "10s", .effect = EFFECT_NOW,
            .doc = "While all connections to a server are in use, a statement waits this long for one; "
                   "then the client hears error 1040. Idle connections of other sessions become free "
                   "within that time."),
    SETTING("diagnostics", DURATION, struct timeout_settings, diagnostics_us, .min = MILLISECOND, .max = HOUR,
            .may_be_off = true, .fallback = "1s", .effect = EFFECT_NOW,
            .doc = "How long the connection of a session is kept for SHOW WARNINGS, FOUND_ROWS(), "
                   "LASTVAL() and the like about its previous statement, while other sessions wait for a "
                   "connection. A later question is refused (1235) if another session has the connection "
                   "by then. \"off\": not kept."),
    SETTING("server_idle", DURATION, struct timeout_settings, server_idle_us, .min = MILLISECOND, .max = DAY,
            .fallback = "1m", .effect = EFFECT_NOW,
            .doc = "A connection to a server that no session has is kept for this long, a tenth more or "
                   "less. It is closed earlier when it has been silent for nearly half of the server's "
                   "own wait_timeout. So is a connection of a session without state there; the next "
                   "statement gets another one. Where a session has state (a transaction, a temporary "
                   "table and the like), or with pool = \"session\", the server's wait_timeout ends the "
                   "connection, as without headgate."),
    SETTING("server_lifetime", DURATION, struct timeout_settings, server_lifetime_us, .min = MILLISECOND,
            .max = 365 * DAY, .may_be_off = true, .fallback = "1h", .effect = EFFECT_NOW,
            .doc = "A connection to a server that is older than this, a tenth more or less, is closed; "
                   "the connection of a session is closed between two statements, if the session has no "
                   "state there (with pool = \"session\": when the session ends). The session gets "
                   "another one. So the memory that a server keeps for a connection, and what it knows of "
                   "the account, are renewed from time to time. \"off\": no limit."),
    SETTING("shutdown", DURATION, struct timeout_settings, shutdown_us, .min = MILLISECOND, .max = DAY,
            .may_be_off = true, .fallback = "30s", .effect = EFFECT_NOW,
            .doc = "After SIGTERM, running statements and open transactions may go on for this long. "
                   "\"off\": they are cut at once."),
    SETTING("tcp_keepalive", DURATION, struct timeout_settings, tcp_keepalive_us, .min = SECOND,
            .max = TCP_KEEPIDLE_MAX_S * SECOND, .may_be_off = true, .fallback = "60s",
            .effect = EFFECT_NEW_CONNECTIONS,
            .doc = "After this long without a byte the kernel checks that the other side is still there; in "
                   "whole seconds."),
    SETTING("tcp_user_timeout", DURATION, struct timeout_settings, tcp_user_timeout_us, .min = MILLISECOND,
            .max = HOUR, .may_be_off = true, .fallback = "30s", .effect = EFFECT_NEW_CONNECTIONS,
            .doc = "A connection whose other side does not acknowledge bytes for this long is closed. "
                   "\"off\": the default of the kernel, about 15 minutes."),
};

static const char *const timeout_absent[] = { "probe", "client_write", NULL };

const struct section timeout_section = {
    .name = "timeouts",
    .doc = "The longest time of each wait.",
    .size_bytes = sizeof(struct timeout_settings),
    SECTION_ROWS(timeout_settings),
    .absent = timeout_absent,
};
