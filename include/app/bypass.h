/* Finds the accounts that read_only does not keep from writing: for each account of the configuration,
 * headgate logs in to each cluster's primary and reads the account's grants. Lives on the control thread.
 *
 *      bypass_begin, bypass_wake ──► checkup, one account after the other ──► user.read_only, log */
#pragma once

#include "access/users.h"
#include "monitor/checkup.h"
#include "cluster/cluster.h"

#define BYPASS_INTERVAL_US                                                                                   \
    3600000000 /* between two rounds: servers may lock an account whose password is wrong */
#define BYPASS_LONGEST_US 5000000 /* for one visit: an account at one cluster */

struct bypass {
    struct loop *loop;        /* borrows */
    struct cluster *clusters; /* borrows */
    size_t cluster_count;
    struct users *users;       /* borrows: the accounts of the present configuration */
    struct user *user;         /* borrows: the account being checked; NULL: no round is running */
    size_t cluster;            /* index of the next cluster to visit with this account */
    enum user_read_only found; /* the worst answer so far for this account */
    const char *privilege;     /* static text: the privilege by which the account bypasses read_only */
    bool has_gap;              /* in this round, a cluster had no primary */
    struct checkup visit;
    struct loop_timer timer; /* the next step, the deadline of the visit, or the next round */
};

void bypass_init(struct bypass *bypass, struct loop *loop, struct cluster *clusters, size_t cluster_count);
/* Begins a round in the loop's next turn, with these accounts: at the start, and after a reload. `users` is
 * borrowed until the next call or bypass_stop. */
void bypass_begin(struct bypass *bypass, struct users *users);
/* A cluster has a new view: if the last round found a cluster without a primary, a round begins now. */
void bypass_wake(struct bypass *bypass);
/* Ends a running round; `users` is not used any more. */
void bypass_stop(struct bypass *bypass);
