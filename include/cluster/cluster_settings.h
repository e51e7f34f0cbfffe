/* What can be set for a cluster: its servers, how their roles are found, and the account that asks them.
 */
#ifndef HEADGATE_CLUSTER_CLUSTER_SETTINGS_H
#define HEADGATE_CLUSTER_CLUSTER_SETTINGS_H

#include "cluster/server_settings.h"
#include "settings/schema.h"

enum topology_setting { TOPOLOGY_AUTO, TOPOLOGY_STATIC, TOPOLOGY_REPLICATION, TOPOLOGY_GALERA };

enum balance_setting { BALANCE_LEAST, BALANCE_ROUND_ROBIN };

/* May reads that could go to a replica go to the primary? */
enum primary_reads_setting { PRIMARY_READS_FALLBACK, PRIMARY_READS_NEVER, PRIMARY_READS_SHARE };

/* What a read on a replica must show. INHERIT: for listeners and users, which then leave it to the cluster.
 */
enum consistency_setting {
    CONSISTENCY_INHERIT,
    CONSISTENCY_SESSION,  /* what the session has written, and nothing older than what it has seen */
    CONSISTENCY_EVENTUAL, /* whatever the replica has */
    CONSISTENCY_GLOBAL,   /* … and what any session has written through this headgate */
    CONSISTENCY_STRONG    /* all that was committed on the primary before the read arrived */
};

/* When does a session part with its connections? */
enum pool_setting {
    POOL_TRANSACTION, /* when somebody else needs one, and nothing lives there */
    POOL_SESSION      /* when it ends */
};

#define POOL_IDLE_AUTO (-1)

/* As long as waiting is cheaper than asking the primary: see freshness/replica_delay.h. */
#define CONSISTENCY_WAIT_AUTO UINT64_MAX

/* For the rows of listeners and users. */
extern const struct setting_word consistency_words[];

struct monitor_settings {
    char *user;           /* owns */
    char *password;       /* owns; clear text */
    uint64_t interval_us; /* between the starts of two probes of a server */
    uint64_t timeout_us;  /* a whole probe: connect, login, query */
    int64_t rise;         /* probes that must pass in a row before a server that was down is used again */
    int64_t fall;         /* probes that must fail in a row before a server is down */
};

/* When sessions have no luck with a server that its probes call well. */
struct ejection_settings {
    int64_t failures;  /* in a row; 0: never */
    uint64_t base_us;  /* the first one's length */
    uint64_t max_us;   /* the longest one's, and how long the doubling is remembered */
    int64_t max_share; /* percent of the servers out at once */
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
    bool read_functions;                 /* may stored functions that only read run on replicas? */
    uint64_t read_functions_interval_us; /* between two looks at which these are */
    int64_t connection_reserve;          /* of each server's own max_connections: left to others */
    int pool;                            /* enum pool_setting */
    int64_t pool_idle_max;               /* kept of each server for sessions to come; POOL_IDLE_AUTO */
    int64_t pool_idle_min;               /* opened ahead of each server in use; 0: none */
    uint64_t pool_trust_us;       /* after it was made new a connection may be handed on as it is; 0: never */
    uint64_t pool_login_trust_us; /* for so long after its login it may serve a new login; 0: never */
    int64_t prepared_max;         /* statements that a connection knows; more only while they are in use */
    int consistency;              /* enum consistency_setting, not INHERIT */
    uint64_t consistency_wait_us; /* that a read waits for a replica to catch up; 0: not at all;
                                     CONSISTENCY_WAIT_AUTO */
    struct server_settings *servers; /* owns; at least one */
    size_t server_count;
};

extern const struct section cluster_section;

#endif
