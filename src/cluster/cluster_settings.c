#include "cluster/cluster_settings.h"

static const struct setting_word failures_words[] = {
    { .name = "off", .value = 0 },
    { .name = NULL },
};

static const struct setting ejection_settings[] = {
    SETTING("failures", INTEGER, struct ejection_settings, failures, .words = failures_words, .min = 1,
            .max = 1000000, .fallback = "5", .effect = EFFECT_NOW,
            .doc = "Failures in a row, without a success between them, after which a replica is ejected: "
                   "connections that sessions could not make, and replies that broke off. \"off\": only "
                   "probes decide."),
    SETTING("base", DURATION, struct ejection_settings, base_us, .min = 10000, .max = 3600000000,
            .fallback = "1s", .effect = EFFECT_NOW,
            .doc = "Duration of the first ejection, a fifth more or less. Each further one soon after "
                   "lasts twice as long. A replica comes back only after a probe has passed as well."),
    SETTING("max", DURATION, struct ejection_settings, max_us, .min = 10000, .max = 86400000000,
            .fallback = "1m", .effect = EFFECT_NOW,
            .doc = "Longest duration of an ejection, a fifth more or less. After this time in service "
                   "without an ejection, the next one lasts `base` again."),
    SETTING("max_share", INTEGER, struct ejection_settings, max_share, .min = 0, .max = 100, .fallback = "50",
            .effect = EFFECT_NOW,
            .doc = "Percent of the cluster's servers that may be ejected at the same time. With two "
                   "replicas or more, one may always be ejected, unless this is 0. The primary is never "
                   "ejected."),
};

static const struct section ejection_section = {
    .name = "ejection",
    .doc = "A replica whose probes pass, but where connections of sessions fail, gets no reads for a while.",
    .size_bytes = sizeof(struct ejection_settings),
    SECTION_ROWS(ejection_settings),
};

static const struct setting_word topology_words[] = {
    { .name = "auto", .value = TOPOLOGY_AUTO },
    { .name = "static", .value = TOPOLOGY_STATIC },
    { .name = "replication", .value = TOPOLOGY_REPLICATION },
    { .name = "galera", .value = TOPOLOGY_GALERA },
    { .name = "group", .is_absent = true },
    { .name = NULL },
};

static const struct setting_word balance_words[] = {
    { .name = "least", .value = BALANCE_LEAST },
    { .name = "round_robin", .value = BALANCE_ROUND_ROBIN },
    { .name = NULL },
};

static const struct setting_word primary_reads_words[] = {
    { .name = "never", .value = PRIMARY_READS_NEVER },
    { .name = "fallback", .value = PRIMARY_READS_FALLBACK },
    { .name = "share", .value = PRIMARY_READS_SHARE },
    { .name = NULL },
};

const struct setting_word consistency_words[] = {
    { .name = "inherit", .value = CONSISTENCY_INHERIT },
    { .name = "session", .value = CONSISTENCY_SESSION },
    { .name = "eventual", .value = CONSISTENCY_EVENTUAL },
    { .name = "global", .value = CONSISTENCY_GLOBAL },
    { .name = "strong", .value = CONSISTENCY_STRONG },
    { .name = NULL },
};

static const struct setting_word consistency_wait_words[] = {
    { .name = "auto", .value = -1 }, /* CONSISTENCY_WAIT_AUTO */
    { .name = NULL },
};

static const struct setting_word pool_words[] = {
    { .name = "transaction", .value = POOL_TRANSACTION },
    { .name = "session", .value = POOL_SESSION },
    { .name = NULL },
};

static const struct setting_word pool_idle_words[] = {
    { .name = "auto", .value = POOL_IDLE_AUTO },
    { .name = NULL },
};

static const struct setting_word users_from_words[] = {
    { .name = "file", .value = USERS_FROM_FILE },
    { .name = "servers", .value = USERS_FROM_SERVERS },
    { .name = NULL },
};

static const struct setting cluster_settings[] = {
    SETTING("name", STRING, struct cluster_settings, name, .is_required = true, .effect = EFFECT_RESTART,
            .example = "main", .doc = "The name of the cluster in listeners and commands."),
    SETTING("topology", ENUM, struct cluster_settings, topology, .words = topology_words, .fallback = "auto",
            .effect = EFFECT_NOW,
            .doc = "How headgate finds the roles. \"replication\" asks each server for read_only and its "
                   "replication status. \"galera\" asks each for its wsrep status: one synced node is the "
                   "primary, the first in the order of `servers`, for as long as it is synced; the other "
                   "nodes have the reads. \"auto\" is \"galera\" where a server says that wsrep_on is on, "
                   "else \"replication\". \"static\" takes the roles from role = \"primary\" | "
                   "\"replica\" below."),
    SETTING("monitor", GROUP, struct cluster_settings, monitor, .section = &monitor_section,
            .is_required = true),
    SETTING("ejection", GROUP, struct cluster_settings, ejection, .section = &ejection_section),
    SETTING("max_lag", DURATION, struct cluster_settings, max_lag_us, .min = 1000000, .max = 86400000000,
            .may_be_off = true, .fallback = "30s", .effect = EFFECT_NOW,
            .doc = "A replica that is further behind its source than this takes no reads until it is at "
                   "half of it or less. The servers tell their lag in whole seconds, as of the last hop "
                   "only. \"off\": lag does not matter."),
    SETTING("slow_start", DURATION, struct cluster_settings, slow_start_us, .min = 10000, .max = 3600000000,
            .may_be_off = true, .fallback = "10s", .effect = EFFECT_NOW,
            .doc = "A replica that comes back from being down or ejected begins with a tenth of its share "
                   "of the reads, and reaches the whole share after this time, because its caches are "
                   "cold. \"off\": the whole share at once."),
    SETTING("balance", ENUM, struct cluster_settings, balance, .words = balance_words, .fallback = "least",
            .effect = EFFECT_NOW,
            .doc = "Which replica a session gets. \"least\": the one with the fewest running commands for "
                   "its weight, then the fewest connections; one that is more than twice as slow as the "
                   "fastest gets less; of more than three replicas, the better of two random ones is "
                   "taken. \"round_robin\": each in turn, according to its weight."),
    SETTING("zone", STRING, struct cluster_settings, zone, .effect = EFFECT_NOW, .example = "a",
            .doc = "The zone that headgate itself is in. Servers with this `zone` get the reads, and "
                   "others only while none of them takes any."),
    SETTING("primary_reads", ENUM, struct cluster_settings, primary_reads, .words = primary_reads_words,
            .fallback = "fallback", .effect = EFFECT_NOW,
            .doc = "May the primary serve reads that a replica could? \"fallback\": while no replica "
                   "takes reads. \"never\": they wait for a replica, `primary_wait` at most. \"share\": "
                   "the primary is one among them, with its weight."),
    SETTING("users_from", ENUM, struct cluster_settings, users_from, .words = users_from_words,
            .fallback = "file", .effect = EFFECT_NOW,
            .doc =
                "Which accounts may log in. \"file\": those under `users`. \"servers\": these, and all that "
                "the servers have, with the servers' passwords, host patterns and locks; nothing about them "
                "is in this file. An account under `users` hides the servers' accounts of that name. The "
                "monitor's account needs SELECT ON mysql.global_priv (MariaDB), or on mysql.user, "
                "mysql.global_grants and mysql.default_roles (MySQL). Host patterns are compared with the "
                "client's address; host names are not looked up. The servers see headgate's address."),
    SETTING("users_interval", DURATION, struct cluster_settings, users_interval_us, .min = 100000,
            .max = 3600000000, .fallback = "10s", .effect = EFFECT_NOW,
            .doc =
                "With users_from = \"servers\": how often the primary is asked whether accounts have "
                "changed. It is also asked at once when a statement that changes accounts has passed, when "
                "another server becomes the primary, and, at most once a second, when a login fails."),
    SETTING("read_functions", BOOL, struct cluster_settings, read_functions, .fallback = "false",
            .effect = EFFECT_NOW,
            .doc = "Whether reads that call stored functions, or views that call some, and CALLs and "
                   "blocks may go to replicas. They do where the bodies of all routines and views that "
                   "they reach only read; what a routine is declared to be is not asked. What stored code "
                   "leaves in a session, and so whether it keeps the session on the primary, is known "
                   "either way. The monitor's account must be allowed to see all routines and views, or "
                   "none is used; the log names the privileges that are missing. The guide's page on "
                   "operation says what each privilege shows. A view runs on a replica only if the "
                   "account also has SELECT on it."),
    SETTING("read_functions_interval", DURATION, struct cluster_settings, read_functions_interval_us,
            .min = 10000, .max = 3600000000, .fallback = "30s", .effect = EFFECT_NOW,
            .doc = "How often the primary is asked for its stored code (functions, procedures, views, "
                   "triggers). It is also asked at once when another server becomes the primary, and when "
                   "a statement that changes stored code has passed. Code that was changed elsewhere is "
                   "known after this time at the latest."),
    SETTING("connection_reserve", INTEGER, struct cluster_settings, connection_reserve, .min = 0,
            .max = 10000, .fallback = "10", .effect = EFFECT_NOW,
            .doc = "Of each server's own max_connections, this many are left to others: replicas, "
                   "backups, people, headgate's probes, and connections that the server has not closed "
                   "completely yet; but not more than half of max_connections. For servers with "
                   "max_connections = \"auto\"."),
    SETTING("pool", ENUM, struct cluster_settings, pool, .words = pool_words, .fallback = "transaction",
            .effect = EFFECT_NOW,
            .doc = "When a session gives up its connections to servers. \"transaction\": as soon as "
                   "another session needs one and the session has no state there, such as a transaction, "
                   "a temporary table or a lock. \"session\": when it ends. In both cases the connections "
                   "are reused by sessions of the same account, after COM_RESET_CONNECTION where that is "
                   "necessary, and not closed."),
    SETTING("pool_idle_max", INTEGER, struct cluster_settings, pool_idle_max, .words = pool_idle_words,
            .min = 0, .max = 100000, .fallback = "auto", .effect = EFFECT_NOW,
            .doc = "How many connections without a session are kept for each server, for `server_idle` "
                   "each. \"auto\": all of them, so max_connections at most. 0: each is closed at once, "
                   "and every session logs in at the servers itself."),
    SETTING("pool_trust", DURATION, struct cluster_settings, pool_trust_us, .min = 1000, .max = 3600000000,
            .may_be_off = true, .fallback = "10s", .effect = EFFECT_NOW,
            .doc = "For this long after its login or its last reset, a connection may be reused by "
                   "another session without a reset, if all state that sessions have left in it is known: "
                   "a session that wants the same schema and variables then costs the server nothing. For "
                   "the same time a new session may find an old default of a variable after a SET GLOBAL "
                   "elsewhere. \"off\": every connection is reset before another session gets it."),
    SETTING("pool_trust_code", BOOL, struct cluster_settings, pool_trust_code, .fallback = "false",
            .effect = EFFECT_NOW,
            .doc = "Whether a connection is reused without a reset also after statements on tables whose "
                   "views and triggers, or whose functions, are not known (the guide's page on operation "
                   "says which privileges the monitor's account needs for that). With \"true\", for "
                   "`pool_trust` another session may find a user lock that a view or a trigger has taken, "
                   "or a user variable that one of these has assigned with INTO or :=."),
    SETTING("pool_login_trust", DURATION, struct cluster_settings, pool_login_trust_us, .min = 1000,
            .max = 3600000000, .may_be_off = true, .fallback = "10s", .effect = EFFECT_NEW_SESSIONS,
            .doc = "For this long after its login at the server, a connection of the pool may be given to "
                   "a client that logs in with the same account. After that the connection logs in anew "
                   "first (COM_CHANGE_USER), so that changes made elsewhere (GRANT, a default role, a "
                   "password, a locked or dropped account) apply to new logins after this time at the "
                   "latest. Changes made through this headgate apply at once. \"off\": the server is "
                   "asked at every login."),
    SETTING("prepared_max", INTEGER, struct cluster_settings, prepared_max, .min = 1, .max = 1000000,
            .fallback = "250", .effect = EFFECT_NOW,
            .doc = "How many prepared statements a connection to a server may have. When there are more, "
                   "the least recently used one is closed there, and prepared again at its next "
                   "execution; statements with an open cursor or long data are kept in any case. All "
                   "connections together should stay below the servers' max_prepared_stmt_count."),
    SETTING("pool_idle_min", INTEGER, struct cluster_settings, pool_idle_min, .min = 0, .max = 10000,
            .fallback = "0", .effect = EFFECT_NOW,
            .doc = "How many connections are kept ready for each server that takes reads or writes, for "
                   "the accounts whose sessions needed most of late. They are opened ahead of need, a few "
                   "at a time, when a server comes up or is promoted, and in place of those that were "
                   "taken or closed. None is opened for an account before its first client, whose login "
                   "shows how its programs log in, and none while sessions wait for connections. 0: none, "
                   "since idle connections count at the server, and most clients do not notice the "
                   "milliseconds of a login."),
    SETTING("consistency", ENUM, struct cluster_settings, consistency,
            .words = &consistency_words[CONSISTENCY_SESSION], .fallback = "session", .effect = EFFECT_NOW,
            .doc = "What reads on replicas show. \"session\": a client sees its own writes and never goes "
                   "back in time; a read goes only to a replica that is known to have what the client has "
                   "written and seen, by the servers' GTIDs (MariaDB: log_bin; MySQL: gtid_mode = ON). "
                   "\"global\": that, and all that any client has written through this headgate before "
                   "the read arrived; for applications that write on one connection and read on another. "
                   "\"strong\": all that was committed before the read arrived, by any client; each read "
                   "asks the primary how far it is. \"eventual\": whatever a replica has. Listeners and "
                   "users may say otherwise; a user's word is the last."),
    SETTING("consistency_wait", DURATION, struct cluster_settings, consistency_wait_us, .min = 1000,
            .max = 60000000, .words = consistency_wait_words, .may_be_off = true, .fallback = "auto",
            .effect = EFFECT_NOW,
            .doc = "How long a read waits for a replica to catch up with what the client has written or "
                   "seen, before the primary gets it. \"auto\": as long as waiting is cheaper than asking "
                   "the primary, by the delay that headgate measures at each replica, and by what reads "
                   "take on both. Where the primary is near and fast the read goes there at once, and to "
                   "a replica as soon as one is known to have the write. Reads with consistency "
                   "\"strong\" wait up to 10ms then. \"off\": the primary at once."),
    SETTING("servers", LIST, struct cluster_settings, servers,
            .count_offset = offsetof(struct cluster_settings, server_count), .section = &server_section,
            .is_required = true, .effect = EFFECT_NOW,
            .more = "{ name = \"db2\"; address = \"127.0.0.1:3307\"; weight = 2; zone = \"a\"; }\n"
                    "{ name = \"db3\"; address = \"127.0.0.1:3308\"; }\n"),
};

static const char *const cluster_absent[] = { "failover", "switchover", "lease", "rules", NULL };

const struct section cluster_section = {
    .name = "cluster",
    .doc = "Servers that replicate from each other, and how their roles are found.",
    .size_bytes = sizeof(struct cluster_settings),
    SECTION_ROWS(cluster_settings),
    .is_list = true,
    .absent = cluster_absent,
};
