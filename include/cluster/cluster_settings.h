/* The settings of a cluster: its servers, how their roles are found, and the account that probes them. */
#pragma once

#include "monitor/monitor_settings.h"
#include "settings/schema.h"
#include "upstream/server_settings.h"

enum topology_setting { TOPOLOGY_AUTO, TOPOLOGY_STATIC, TOPOLOGY_REPLICATION, TOPOLOGY_GALERA };

enum balance_setting { BALANCE_LEAST, BALANCE_ROUND_ROBIN };

/* Which reads that could go to a replica may go to the primary. */
enum users_from_setting { USERS_FROM_FILE, USERS_FROM_SERVERS };
enum primary_reads_setting { PRIMARY_READS_FALLBACK, PRIMARY_READS_NEVER, PRIMARY_READS_SHARE };

/* What a read on a replica must show. INHERIT: for listeners and users: the cluster's setting. */
enum consistency_setting {
    CONSISTENCY_INHERIT,
    CONSISTENCY_SESSION,  /* what the session has written, and nothing older than what it has seen */
    CONSISTENCY_EVENTUAL, /* any state of the replica */
    CONSISTENCY_GLOBAL,   /* as SESSION, and what any session has written through this headgate */
    CONSISTENCY_STRONG    /* all that was committed on the primary before the read arrived */
};

/* When a session gives its connections to others. */
enum pool_setting {
    POOL_TRANSACTION, /* between transactions, when another session needs one and no state pins it */
    POOL_SESSION      /* when it ends */
};

#define POOL_IDLE_AUTO (-1)

/* A read waits for a replica as long as that is cheaper than asking the primary: see
 * freshness/replica_delay.h. */
#define CONSISTENCY_WAIT_AUTO UINT64_MAX

/* Words of enum consistency_setting, for the setting rows of listeners and users. */
extern const struct setting_word consistency_words[];

/* Ejection: sessions fail with a server whose probes pass. */
struct ejection_settings {
    int64_t failures;  /* in a row; 0: never */
    uint64_t base_us;  /* length of the first ejection */
    uint64_t max_us;   /* longest ejection, and how long the doubling is remembered */
    int64_t max_share; /* percent of the servers that may be ejected at once */
};

struct cluster_settings {
    char *name;   /* owns; unique */
    int topology; /* enum topology_setting */
    struct monitor_settings monitor;
    struct ejection_settings ejection;
    uint64_t max_lag_us;                 /* 0: any */
    uint64_t slow_start_us;              /* 0: none */
    int balance;                         /* enum balance_setting */
    char *zone;                          /* owns; NULL: every server is near */
    int primary_reads;                   /* enum primary_reads_setting */
    int users_from;                      /* enum users_from_setting */
    uint64_t users_interval_us;          /* between two questions whether accounts have changed */
    bool read_functions;                 /* may stored functions that only read run on replicas? */
    uint64_t read_functions_interval_us; /* between two surveys of the stored functions */
    int64_t connection_reserve;          /* of each server's own max_connections, left to other clients */
    int pool;                            /* enum pool_setting */
    int64_t pool_idle_max;               /* idle connections kept of each server; POOL_IDLE_AUTO */
    int64_t pool_idle_min;               /* opened ahead of each server in use; 0: none */
    uint64_t pool_trust_us; /* how long after its last reset a connection may be reused without a reset; 0:
                               never */
    uint64_t pool_login_trust_us; /* how long after its login a connection may serve a new login; 0: never */
    bool pool_trust_code; /* connections are reused without a reset also where stored code is not known */
    int64_t prepared_max; /* prepared statements of a connection; more only while they are in use */
    int consistency;      /* enum consistency_setting, not INHERIT */
    uint64_t consistency_wait_us;    /* how long a read waits for a replica to catch up; 0: not at all;
                                        CONSISTENCY_WAIT_AUTO */
    struct server_settings *servers; /* owns; at least one */
    size_t server_count;
};

extern const struct section cluster_section;
