/* Keeps a cluster's directory of accounts as its primary has them (users_from = "servers"), over connections of its
 * own. Lives on the control thread.
 *
 *      timer, new primary, changed accounts, unknown user ──► login ──► mark ──┬── as before ──────────► next
 *                                                                              └──► all rows ──► directory_publish
 *
 * A mark is a count and a hash of all accounts, made by the server: while they are as before, no hash of a password
 * travels. While no server can be asked, or the monitor's account may not read them, the last accounts stay in force.
 */
#pragma once

#include "access/directory.h"
#include "cluster/cluster.h"
#include "mysql/rows.h"

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNT_REFRESH_PAUSE_US 20000    /* after a change, so that many changes in a row cause few reads */
#define ACCOUNT_REFRESH_SELDOM_US 1000000 /* between two reads that logins have asked for */

struct account_refresh {
    struct cluster *cluster;     /* borrows */
    struct directory *directory; /* borrows */
    struct upstream *upstream;   /* owns; NULL while none is running */
    struct rows rows;
    struct loop_timer timer;    /* the next read */
    struct loop_timer deadline; /* deadline of the present answer */
    int primary;                /* the cluster's primary at the last look at the view */
    bool has_mark;              /* `count` and `hash` are those of the accounts in force */
    bool is_again;              /* what has been asked for came while a read was running */
    bool reads_rows;
    uint64_t count;
    uint64_t hash;
    uint64_t new_count; /* accounts that are being read */
    uint64_t new_hash;
    bool resolves;
    uint64_t begun_us;               /* monotonic; the last read; 0: none */
    uint64_t good_us;                /* monotonic; the last good read; 0: none */
    char error[DIRECTORY_ERROR_MAX]; /* why the last read failed; "": it did not */
};

void account_refresh_init(struct account_refresh *refresh, struct cluster *cluster,
                          struct directory *directory);
void account_refresh_fini(struct account_refresh *refresh);

/* The settings are new, or the cluster has begun. users_from = "file" empties the directory. */
void account_refresh_set(struct account_refresh *refresh);
/* A new view of the cluster: a new primary is asked at once. */
void account_refresh_note_view(struct account_refresh *refresh);
/* A session has changed accounts. */
void account_refresh_note_change(struct account_refresh *refresh);
/* A client was not known, or its password was wrong: the servers are asked, unless they were a second ago. */
void account_refresh_note_doubt(struct account_refresh *refresh);
