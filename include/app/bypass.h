/* Which accounts of applications write where read_only is on: each logs in to each cluster's primary now and
 * then and is asked for its privileges. Lives on the control thread.
 *
 *      bypass_begin, bypass_wake ──► checkup, one account after the other ──► user.read_only, log
 */
#ifndef HEADGATE_APP_BYPASS_H
#define HEADGATE_APP_BYPASS_H

#include "access/users.h"
#include "cluster/checkup.h"
#include "cluster/cluster.h"

#define BYPASS_INTERVAL_US                                                                                   \
    3600000000 /* between two rounds: servers may lock an account whose password is wrong */
#define BYPASS_LONGEST_US 5000000 /* for one account's answer */

struct bypass {
    struct loop *loop;        /* borrows */
    struct cluster *clusters; /* borrows */
    size_t cluster_count;
    struct users *users; /* borrows: those that count now */
    struct user *user;   /* borrows: being asked about; NULL: no round is under way */
    size_t cluster;      /* … at this one's primary */
    enum user_read_only found;
    const char *privilege; /* static text: by which it bypasses */
    bool has_gap;          /* this round, some cluster had no primary */
    struct checkup visit;
    struct loop_timer timer; /* the next step, the end of patience with this one, or the next round */
};

void bypass_init(struct bypass *bypass, struct loop *loop, struct cluster *clusters, size_t cluster_count);
/* A round begins soon: at the start, and with the accounts of a reload. */
void bypass_begin(struct bypass *bypass, struct users *users);
/* There is news of a cluster: where the last round had a gap, the next one begins soon. */
void bypass_wake(struct bypass *bypass);
/* Nothing is asked any more; `users` is not touched again. */
void bypass_stop(struct bypass *bypass);

#endif
