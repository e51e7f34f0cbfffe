/* The accounts that a cluster's servers have, for clients that log in: users_from = "servers".
 *
 *      control thread: access/account_refresh ──► directory_publish
 *      workers:        directory_enter ──► (a session of that account) ──► directory_leave
 *
 * One for each cluster, for as long as the process runs. Workers use it at logins only, under a mutex, at the cost of
 * a look-up. The last known set stays in force while no server can be reached.
 */
#pragma once

#include "access/account_set.h"
#include "access/users.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DIRECTORY_ERROR_MAX 200

struct directory {
    pthread_mutex_t mutex;
    char error
        [DIRECTORY_ERROR_MAX]; /* guarded by mutex: why the last attempt to read failed; "": it did not */
    struct account_set *set;   /* owns; guarded by mutex; NULL: none was read yet, or users_from is "file" */
    uint64_t last_account;     /* guarded by mutex: the number given last */
    _Atomic bool is_on;        /* users_from = "servers"; the control thread changes it */
    _Atomic uint64_t reads;    /* attempts to read the accounts that have ended, well or not */
    unsigned waiting;          /* guarded by mutex, like the next two: logins that wait for a read */
    uint64_t asked_reads;      /* `reads` when a login asked for a read last */
    uint64_t asked_us;         /* monotonic; when that was; 0: never */
};

void directory_init(struct directory *directory);
/* All sessions have ended. */
void directory_fini(struct directory *directory);

/* Puts this set in force; NULL: no accounts. Clients that are logged in stay. An account that is as before keeps its
 * connections; for one that has changed in any way, servers are asked again at each login. Control thread only. */
void directory_publish(struct directory *directory, struct account_set *take_set);

/* An attempt to read the accounts has ended, after directory_publish if they have changed. `why`: "", or why it has
 * failed. Control thread only. */
void directory_note_read(struct directory *directory, const char *why);

/* What is known of the accounts now, for people. */
struct directory_state {
    bool is_on;    /* users_from = "servers" */
    bool is_tried; /* an attempt to read them has ended */
    size_t count;
    char error[DIRECTORY_ERROR_MAX]; /* why the last attempt failed; "": it did not */
};
void directory_tell(struct directory *directory, struct directory_state *state_r);

/* The account that servers would use for this client, with a hold on it; NULL: there is none, or memory is out.
 * `directory` may be NULL. `host`: addr_format_host() of the client. Any thread. */
const struct user *directory_enter(struct directory *directory, const char *name, const char *host);
/* Gives up a hold. Does nothing for NULL and for a configured account. Any thread. */
void directory_leave(const struct user *user);
/* One more hold of an account that is held. Any thread. */
void directory_hold(const struct user *user);

/* users_from = "servers". Any thread. */
static inline bool directory_is_on(const struct directory *directory)
{
    return atomic_load_explicit(&directory->is_on, memory_order_relaxed);
}

/* Nothing is to be waited for: accounts were read once, or an attempt has failed, or users_from is "file". */
static inline bool directory_is_tried(const struct directory *directory)
{
    return !directory_is_on(directory) || atomic_load(&directory->reads) > 0;
}

#define DIRECTORY_WAITING_MAX 100 /* logins that wait at the same time; further ones are refused at once */
#define DIRECTORY_ASK_SELDOM_US 1000000 /* between two reads that logins ask for */

/* A login would be refused. True: it waits for a read, which the caller asks the control thread for, until
 * directory_has_read_since(*reads_r), and calls directory_wait_end. False: servers were asked a moment ago, or too many
 * logins wait. Any thread. */
bool directory_wait_begin(struct directory *directory, uint64_t now_us, uint64_t *reads_r);
void directory_wait_end(struct directory *directory);
static inline bool directory_has_read_since(const struct directory *directory, uint64_t reads)
{
    return atomic_load(&directory->reads) > reads;
}

/* Calls `each` for all accounts, under the mutex. `user`: NULL, or the account as sessions have it. */
void directory_each(struct directory *directory, void (*each)(void *context, const struct account *account),
                    void *context);
