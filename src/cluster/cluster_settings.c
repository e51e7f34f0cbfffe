#include "cluster/cluster_settings.h"

#include "mysql/auth.h"

static const struct setting monitor_settings[] = {
    {
        .name = "user",
        .type = SETTING_STRING,
        .offset = offsetof(struct monitor_settings, user),
        .is_required = true,
        .effect = EFFECT_NOW,
        .example = "monitor",
        .doc =
            "The account that asks every server how it is. It needs REPLICATION CLIENT (MariaDB: also SLAVE "
            "MONITOR), and no rights on any schema.",
    },
    {
        .name = "password",
        .type = SETTING_STRING,
        .offset = offsetof(struct monitor_settings, password),
        .is_required = true,
        .is_secret = true,
        .check = auth_check_password,
        .effect = EFFECT_NOW,
        .example = "change me",
        .doc = "Its password, in clear text. Better kept elsewhere: password_file = \"/path\" (first line; "
               "relative to "
               "this file's folder) or password_env = \"NAME\" (an environment variable).",
    },
    {
        .name = "interval",
        .type = SETTING_DURATION,
        .offset = offsetof(struct monitor_settings, interval_us),
        .min = 10000,
        .max = 3600000000,
        .fallback = "1s",
        .effect = EFFECT_NOW,
        .doc = "How often each server is asked.",
    },
    {
        .name = "timeout",
        .type = SETTING_DURATION,
        .offset = offsetof(struct monitor_settings, timeout_us),
        .min = 10000,
        .max = 600000000,
        .fallback = "1s",
        .effect = EFFECT_NOW,
        .doc = "How long one such question may take altogether, connect and login included. A server that is "
               "stopped "
               "still accepts connections: this is what finds out.",
    },
    {
        .name = "rise",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct monitor_settings, rise),
        .min = 1,
        .max = 100,
        .fallback = "1",
        .effect = EFFECT_NOW,
        .doc = "Good answers in a row before a server that was down is used again.",
    },
    {
        .name = "fall",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct monitor_settings, fall),
        .min = 1,
        .max = 100,
        .fallback = "2",
        .effect = EFFECT_NOW,
        .doc =
            "Failures in a row before a server counts as down. After the first one it is asked again after "
            "a quarter of the interval: it takes about interval + fall * timeout to notice a server that "
            "hangs.",
    },
};

static const struct section monitor_section = {
    .name = "monitor",
    .doc = "How headgate asks the servers how they are.",
    .size_bytes = sizeof(struct monitor_settings),
    SECTION_ROWS(monitor_settings),
};

static const struct setting_word failures_words[] = {
    { .name = "off", .value = 0 },
    { .name = NULL },
};

static const struct setting ejection_settings[] = {
    {
        .name = "failures",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct ejection_settings, failures),
        .words = failures_words,
        .min = 1,
        .max = 1000000,
        .fallback = "5",
        .effect = EFFECT_NOW,
        .doc = "Failures in a row, without a success between them, that send a replica out: connections that "
               "sessions could not make, and replies that broke off. \"off\": probes alone decide.",
    },
    {
        .name = "base",
        .type = SETTING_DURATION,
        .offset = offsetof(struct ejection_settings, base_us),
        .min = 10000,
        .max = 3600000000,
        .fallback = "1s",
        .effect = EFFECT_NOW,
        .doc = "How long the first time, a fifth more or less; each time soon after lasts twice as long. To "
               "come back, a probe must have passed, too.",
    },
    {
        .name = "max",
        .type = SETTING_DURATION,
        .offset = offsetof(struct ejection_settings, max_us),
        .min = 10000,
        .max = 86400000000,
        .fallback = "1m",
        .effect = EFFECT_NOW,
        .doc =
            "How long at most, a fifth more or less. A server that has served for so long begins with `base` "
            "again.",
    },
    {
        .name = "max_share",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct ejection_settings, max_share),
        .min = 0,
        .max = 100,
        .fallback = "50",
        .effect = EFFECT_NOW,
        .doc = "Percent of the cluster's servers that may be ejected at the same time; where there are two "
               "replicas or more, one always may, unless this is 0. The primary never is.",
    },
};

static const struct section ejection_section = {
    .name = "ejection",
    .doc = "A replica whose probes pass, but with which sessions have no luck, is left alone for a while.",
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

static const struct setting cluster_settings[] = {
    {
        .name = "name",
        .type = SETTING_STRING,
        .offset = offsetof(struct cluster_settings, name),
        .is_required = true,
        .effect = EFFECT_RESTART,
        .example = "main",
        .doc = "What listeners and commands call this cluster.",
    },
    {
        .name = "topology",
        .type = SETTING_ENUM,
        .offset = offsetof(struct cluster_settings, topology),
        .words = topology_words,
        .fallback = "auto",
        .effect = EFFECT_NOW,
        .doc =
            "How the roles are known. \"replication\" asks each server for read_only and its replication "
            "status. \"galera\" asks each for its wsrep status: one node that is synced is the primary, the "
            "first of them in the order of `servers`, and stays it as long as it is synced; the other ones "
            "have the reads. \"auto\" is \"galera\" where a server says that wsrep_on is on, else "
            "\"replication\". \"static\" takes them from role = \"primary\" | \"replica\" below.",
    },
    {
        .name = "monitor",
        .type = SETTING_GROUP,
        .offset = offsetof(struct cluster_settings, monitor),
        .section = &monitor_section,
        .is_required = true,
    },
    {
        .name = "ejection",
        .type = SETTING_GROUP,
        .offset = offsetof(struct cluster_settings, ejection),
        .section = &ejection_section,
    },
    {
        .name = "max_lag",
        .type = SETTING_DURATION,
        .offset = offsetof(struct cluster_settings, max_lag_us),
        .min = 1000000,
        .max = 86400000000,
        .may_be_off = true,
        .fallback = "30s",
        .effect = EFFECT_NOW,
        .doc =
            "A replica that is further behind its source than this takes no reads until it is at half of it "
            "or less. The servers tell their lag in whole seconds, as of the last hop only. \"off\": lag "
            "does not matter.",
    },
    {
        .name = "slow_start",
        .type = SETTING_DURATION,
        .offset = offsetof(struct cluster_settings, slow_start_us),
        .min = 10000,
        .max = 3600000000,
        .may_be_off = true,
        .fallback = "10s",
        .effect = EFFECT_NOW,
        .doc = "A replica that comes back from being down or ejected begins with a tenth of its share of the "
               "reads, and has all of it after so long: its caches are cold. \"off\": all at once.",
    },
    {
        .name = "balance",
        .type = SETTING_ENUM,
        .offset = offsetof(struct cluster_settings, balance),
        .words = balance_words,
        .fallback = "least",
        .effect = EFFECT_NOW,
        .doc = "Which replica a session gets. \"least\": the one with the fewest commands running for its "
               "weight, then the fewest connections; one that is more than twice as slow as the fastest gets "
               "less, and of many replicas the better of two that chance has picked is taken. "
               "\"round_robin\": in turn, as often as its weight says.",
    },
    {
        .name = "zone",
        .type = SETTING_STRING,
        .offset = offsetof(struct cluster_settings, zone),
        .effect = EFFECT_NOW,
        .example = "a",
        .doc = "The zone that headgate itself is in. Servers with this `zone` get the reads, and others only "
               "while none of them takes any.",
    },
    {
        .name = "primary_reads",
        .type = SETTING_ENUM,
        .offset = offsetof(struct cluster_settings, primary_reads),
        .words = primary_reads_words,
        .fallback = "fallback",
        .effect = EFFECT_NOW,
        .doc =
            "May the primary serve reads that a replica could? \"fallback\": while no replica takes reads. "
            "\"never\": they wait for a replica, `primary_wait` at most. \"share\": the primary is one among "
            "them, with its weight.",
    },
    {
        .name = "read_functions",
        .type = SETTING_BOOL,
        .offset = offsetof(struct cluster_settings, read_functions),
        .fallback = "false",
        .effect = EFFECT_NOW,
        .doc =
            "Whether reads that call stored functions, or views that call some, and CALLs and blocks may go "
            "to "
            "replicas. They do where the bodies of all routines and views that they reach only read; what a "
            "routine is declared to be is not asked. What stored code leaves in a session, and so whether it "
            "keeps the session on the primary, is known either way. The monitor's account must be allowed to "
            "see all routines and "
            "views, or none is used (the log says which rights are missing): on MariaDB, GRANT SELECT, SHOW "
            "VIEW, TRIGGER on *.*; on MySQL, GRANT SELECT, SHOW VIEW, TRIGGER, SHOW_ROUTINE on *.* (to the "
            "account itself, not through a role). Less is of use, too: SELECT on mysql.proc and mysql.func, "
            "or SHOW_ROUTINE, show routines; SHOW VIEW shows which names are views, SELECT what these do.",
    },
    {
        .name = "read_functions_interval",
        .type = SETTING_DURATION,
        .offset = offsetof(struct cluster_settings, read_functions_interval_us),
        .min = 10000,
        .max = 3600000000,
        .fallback = "30s",
        .effect = EFFECT_NOW,
        .doc =
            "How often the primary is asked what stored code there is (functions, procedures, views, "
            "triggers); also at once when another server becomes the primary, and when a statement that "
            "changes stored code has passed. For so long code that was changed elsewhere is taken for what "
            "it was.",
    },
    {
        .name = "connection_reserve",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct cluster_settings, connection_reserve),
        .min = 0,
        .max = 10000,
        .fallback = "10",
        .effect = EFFECT_NOW,
        .doc =
            "Of each server's own max_connections so many are left to others: replicas, backups, people, "
            "headgate's probes, and connections that the server has not quite closed yet. Where that would "
            "be more than half of them, half. For servers with max_connections = \"auto\".",
    },
    {
        .name = "pool",
        .type = SETTING_ENUM,
        .offset = offsetof(struct cluster_settings, pool),
        .words = pool_words,
        .fallback = "transaction",
        .effect = EFFECT_NOW,
        .doc =
            "When a session parts with its connections to servers. \"transaction\": as soon as another one "
            "needs one and nothing of the session lives there: no transaction, temporary table, lock … "
            "\"session\": when it ends. Either way connections are made new (COM_RESET_CONNECTION) and "
            "handed on to sessions of the same account, rather than closed.",
    },
    {
        .name = "pool_idle_max",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct cluster_settings, pool_idle_max),
        .words = pool_idle_words,
        .min = 0,
        .max = 100000,
        .fallback = "auto",
        .effect = EFFECT_NOW,
        .doc = "How many connections that no session has are kept of each server, for `server_idle` each. "
               "\"auto\": as many as there are, which is max_connections at most. 0: each is closed at once, "
               "and every session logs in by itself.",
    },
    {
        .name = "pool_trust",
        .type = SETTING_DURATION,
        .offset = offsetof(struct cluster_settings, pool_trust_us),
        .min = 1000,
        .max = 3600000000,
        .may_be_off = true,
        .fallback = "10s",
        .effect = EFFECT_NOW,
        .doc =
            "For so long after its login, or after it was made new, a connection may go from session to "
            "session as it is, if all that sessions have left in it is known: a session that wants the same "
            "schema and variables then costs the server nothing. For so long, too, a new session may find "
            "what headgate cannot see: the variables' old defaults after a SET GLOBAL that was said "
            "elsewhere; a user lock that a trigger or a view has taken, or a user variable that one has "
            "assigned with INTO or :=. \"off\": every connection is made new before it is handed on.",
    },
    {
        .name = "pool_login_trust",
        .type = SETTING_DURATION,
        .offset = offsetof(struct cluster_settings, pool_login_trust_us),
        .min = 1000,
        .max = 3600000000,
        .may_be_off = true,
        .fallback = "10s",
        .effect = EFFECT_NEW_SESSIONS,
        .doc =
            "For so long after its login at the server, a connection of the pool may be given to a client "
            "that logs in with the same account. After that the connection logs in anew first "
            "(COM_CHANGE_USER): what was changed elsewhere (GRANT, a default role, a password, a locked or "
            "dropped account) is true of new logins after this time at the latest. What is changed through "
            "this headgate is true at once. \"off\": the server is asked at every login.",
    },
    {
        .name = "prepared_max",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct cluster_settings, prepared_max),
        .min = 1,
        .max = 1000000,
        .fallback = "250",
        .effect = EFFECT_NOW,
        .doc =
            "How many prepared statements a connection to a server may have at a time. The one that was not "
            "used for longest is closed there, and prepared again when it is executed next; more than this "
            "many are only kept while cursors or long data are in them. All connections together should "
            "stay below the servers' max_prepared_stmt_count.",
    },
    {
        .name = "pool_idle_min",
        .type = SETTING_INTEGER,
        .offset = offsetof(struct cluster_settings, pool_idle_min),
        .min = 0,
        .max = 10000,
        .fallback = "0",
        .effect = EFFECT_NOW,
        .doc =
            "How many connections are kept ready of each server that takes reads or writes, for the accounts "
            "whose sessions needed most of late: opened ahead, a few at a time, when a server comes up or is "
            "promoted, and for those that were taken or retired. None before an account's first client, "
            "whose "
            "login tells how; none with a permit that somebody waits for. 0: none, since what is kept idle "
            "counts at the server, and most clients do not mind the milliseconds of a login.",
    },
    {
        .name = "consistency",
        .type = SETTING_ENUM,
        .offset = offsetof(struct cluster_settings, consistency),
        .words = &consistency_words[CONSISTENCY_SESSION],
        .fallback = "session",
        .effect = EFFECT_NOW,
        .doc =
            "What reads on replicas show. \"session\": a client sees its own writes and never goes back in "
            "time; "
            "a read goes only to a replica that is known to have what the client has written and seen, "
            "by the servers' GTIDs (MariaDB: log_bin; MySQL: gtid_mode = ON). \"global\": that, and all that "
            "any "
            "client has written through this headgate before the read arrived; for applications that write "
            "on "
            "one connection and read on another. \"strong\": all that was "
            "committed before the read arrived, whoever wrote it; each read asks the primary how far it is. "
            "\"eventual\": whatever a replica has. Listeners and users may say otherwise; a user's word is "
            "the last.",
    },
    {
        .name = "consistency_wait",
        .type = SETTING_DURATION,
        .offset = offsetof(struct cluster_settings, consistency_wait_us),
        .min = 1000,
        .max = 60000000,
        .words = consistency_wait_words,
        .may_be_off = true,
        .fallback = "auto",
        .effect = EFFECT_NOW,
        .doc =
            "How long a read waits for a replica to catch up with what the client has written or seen, "
            "before the primary gets it. \"auto\": as long as waiting is cheaper than asking the primary, by "
            "the delay that headgate measures at each replica, and by what reads take on both. Where the "
            "primary is near and fast the read goes there at once, and to a replica as soon as one is known "
            "to have the write. Reads with consistency \"strong\" wait up to 10ms then. \"off\": the primary "
            "at once.",
    },
    {
        .name = "servers",
        .type = SETTING_LIST,
        .offset = offsetof(struct cluster_settings, servers),
        .count_offset = offsetof(struct cluster_settings, server_count),
        .section = &server_section,
        .is_required = true,
        .effect = EFFECT_NOW,
        .more = "{ name = \"db2\"; address = \"127.0.0.1:3307\"; weight = 2; zone = \"a\"; }\n"
                "{ name = \"db3\"; address = \"127.0.0.1:3308\"; }\n",
    },
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
