#include "access/timeout_settings.h"

#define MILLISECOND 1000
#define SECOND 1000000
#define HOUR (3600LL * SECOND)
#define DAY (24 * HOUR)

static const struct setting timeout_settings[] = {
    {
        .name = "connect",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, connect_us),
        .min = MILLISECOND,
        .max = HOUR,
        .fallback = "2s",
        .effect = EFFECT_NEW_CONNECTIONS,
        .doc = "Connecting to a server.",
    },
    {
        .name = "login",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, login_us),
        .min = MILLISECOND,
        .max = HOUR,
        .fallback = "5s",
        .effect = EFFECT_NOW,
        .doc = "Logging in to a server, once connected.",
    },
    {
        .name = "client_login",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, client_login_us),
        .min = MILLISECOND,
        .max = HOUR,
        .fallback = "10s",
        .effect = EFFECT_NEW_SESSIONS,
        .doc = "A client that has connected must have logged in by then; the servers' connect_timeout.",
    },
    {
        .name = "query",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, query_us),
        .min = MILLISECOND,
        .max = 30 * DAY,
        .may_be_off = true,
        .fallback = "off",
        .effect = EFFECT_NOW,
        .doc = "From a statement sent to the first byte of its answer. Long ALTERs and reports take as long "
               "as they "
               "take: leave it \"off\" unless every client knows of it.",
    },
    {
        .name = "idle_client",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, idle_client_us),
        .min = MILLISECOND,
        .max = 365 * DAY,
        .may_be_off = true,
        .fallback = "8h",
        .effect = EFFECT_NOW,
        .doc = "A client that sends nothing for so long is disconnected; the servers' wait_timeout, with its "
               "default. A client that sets its own wait_timeout to less is held to that.",
    },
    {
        .name = "idle_transaction",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, idle_transaction_us),
        .min = MILLISECOND,
        .max = 365 * DAY,
        .may_be_off = true,
        .fallback = "off",
        .effect = EFFECT_NOW,
        .doc = "A client that sends nothing for so long while its transaction is open is told so (4031 of "
               "MySQL, 1927 of MariaDB) and disconnected, and the transaction is rolled back: what it has "
               "locked is free again.",
    },
    {
        .name = "primary_wait",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, primary_wait_us),
        .min = MILLISECOND,
        .max = HOUR,
        .may_be_off = true,
        .fallback = "10s",
        .effect = EFFECT_NOW,
        .doc = "While there is no primary, a statement that needs one waits this long for a new one before "
               "the client "
               "sees an error. \"off\": the error at once.",
    },
    {
        .name = "drain",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, drain_us),
        .min = MILLISECOND,
        .max = 30 * DAY,
        .may_be_off = true,
        .fallback = "10m",
        .effect = EFFECT_NOW,
        .doc =
            "After `drain SERVER`, transactions and other state may go on there for so long; then the server "
            "is disabled, and what is left is cut. \"off\": they may take for ever.",
    },
    {
        .name = "pause",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, pause_us),
        .min = MILLISECOND,
        .max = DAY,
        .fallback = "1m",
        .effect = EFFECT_NOW,
        .doc = "The longest `pause` of a cluster: then it goes on by itself, so that nobody's statements "
               "wait for "
               "an operator who was called away.",
    },
    {
        .name = "pool_wait",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, pool_wait_us),
        .min = MILLISECOND,
        .max = HOUR,
        .fallback = "10s",
        .effect = EFFECT_NOW,
        .doc = "While all connections that a server may have are in use, a statement waits this long for one "
               "before the client sees error 1040. Connections that are idle are found within it.",
    },
    {
        .name = "diagnostics",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, diagnostics_us),
        .min = MILLISECOND,
        .max = HOUR,
        .may_be_off = true,
        .fallback = "1s",
        .effect = EFFECT_NOW,
        .doc = "How long a connection to a server is kept for SHOW WARNINGS, FOUND_ROWS(), LASTVAL() and the "
               "like about the statement before, while others wait for a connection; whoever asks later, and "
               "finds it gone, is refused (1235). \"off\": not at all.",
    },
    {
        .name = "server_idle",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, server_idle_us),
        .min = MILLISECOND,
        .max = DAY,
        .fallback = "1m",
        .effect = EFFECT_NOW,
        .doc =
            "A connection to a server that no session needs is kept this long for the next one, a tenth more "
            "or "
            "less. When its server has heard nothing for nearly half of the server's own wait_timeout it is "
            "closed in any case, also where a session has it, but no state there: the next statement gets "
            "another one. Where a session has state (a transaction, a temporary table and the like), or with "
            "pool = \"session\", the server's wait_timeout ends it, as it would without headgate.",
    },
    {
        .name = "server_lifetime",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, server_lifetime_us),
        .min = MILLISECOND,
        .max = 365 * DAY,
        .may_be_off = true,
        .fallback = "1h",
        .effect = EFFECT_NOW,
        .doc =
            "A connection to a server that is older than this, a tenth more or less, is closed: between two "
            "statements of the session that has it, which gets another one, unless it has state there (or "
            "pool "
            "= \"session\": then when the session ends). What servers know of accounts, and keep in memory "
            "for "
            "a connection, is new again from time to time. \"off\": however old.",
    },
    {
        .name = "shutdown",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, shutdown_us),
        .min = MILLISECOND,
        .max = DAY,
        .may_be_off = true,
        .fallback = "30s",
        .effect = EFFECT_NOW,
        .doc = "After SIGTERM, what runs and transactions that are open may go on for so long. \"off\": cut "
               "at once.",
    },
    {
        .name = "tcp_keepalive",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, tcp_keepalive_us),
        .min = SECOND,
        .max = 32767LL * SECOND, /* MAX_TCP_KEEPIDLE of Linux */
        .may_be_off = true,
        .fallback = "60s",
        .effect = EFFECT_NEW_CONNECTIONS,
        .doc = "After so long without a byte the kernel asks whether the other side is still there; in whole "
               "seconds.",
    },
    {
        .name = "tcp_user_timeout",
        .type = SETTING_DURATION,
        .offset = offsetof(struct timeout_settings, tcp_user_timeout_us),
        .min = MILLISECOND,
        .max = HOUR,
        .may_be_off = true,
        .fallback = "30s",
        .effect = EFFECT_NEW_CONNECTIONS,
        .doc = "Bytes sent and not acknowledged for so long mean that the other side is gone. \"off\": the "
               "kernel's own "
               "patience, about 15 minutes.",
    },
};

static const char *const timeout_absent[] = { "probe", "client_write", NULL };

const struct section timeout_section = {
    .name = "timeouts",
    .doc = "How long headgate waits, for everything it waits for.",
    .size_bytes = sizeof(struct timeout_settings),
    SECTION_ROWS(timeout_settings),
    .absent = timeout_absent,
};
