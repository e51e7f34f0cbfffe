/* How many clients there may be: in all, on a listener, from an address, of a user.
 *
 *      control thread: limits_enter ──► (a session on some worker) ──► limits_leave: that worker
 *
 * Exact over all threads. Nothing here is on the way of a query: clients come and go through it.
 */
#ifndef HEADGATE_ACCESS_LIMITS_H
#define HEADGATE_ACCESS_LIMITS_H

#include "access/limit_settings.h"
#include "base/error.h"
#include "net/addr.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Something of which there may be only so many at a time. Any thread. */
struct limit {
    _Atomic int64_t max; /* 0: off; the control thread changes it */
    _Atomic int64_t used;
    _Atomic uint64_t refused; /* how often it was reached when one more was wanted */
};

/* One more, or false: there are `max` already, and the refusal is counted. */
bool limit_take(struct limit *limit);
void limit_give(struct limit *limit);
/* Gives back what *held is (NULL: nothing), then takes one of `to`. False: *held is NULL then. */
bool limit_move(struct limit **held, struct limit *to);

struct limits_guest;

struct limits {
    struct limit clients;
    _Atomic int64_t per_address;      /* 0: off; as max */
    _Atomic uint64_t address_refused; /* by per_address */
    _Atomic uint64_t file_refused;    /* for want of descriptors */
    pthread_mutex_t mutex;
    struct limits_guest *by_address; /* owns; guarded by mutex; also while per_address is off: it may come */
};

void limits_init(struct limits *limits, const struct limit_settings *settings);
void limits_fini(struct limits *limits);
/* Other settings, by the control thread: who is there may stay. */
void limits_set(struct limits *limits, const struct limit_settings *settings);
void limit_set(struct limit *limit, int64_t max);

/* A client has been accepted: count it, or err says which limit it would exceed, in words for the client.
 * `fd`: its socket, whose number tells how many files are open. `listener`: its listener's limit, which
 * `listener_name` names in the message. Out of memory for an address counts as refused. */
bool limits_enter(struct limits *limits, struct limit *listener, const char *listener_name,
                  const struct addr *peer, int fd, struct error *err);
/* The same client has gone: once for each that entered. Any thread. */
void limits_leave(struct limits *limits, struct limit *listener, const struct addr *peer);

/* Tells a client that is not greeted why, without an sqlstate, as servers of both families say it there: ERR
 * 1040, or another `code`. Never blocks, and takes no memory; the socket stays open. */
void limits_turn_away(int fd, uint16_t code, const char *why);

/* A line in the log when so many clients cannot be served with the open files that the process may have. */
void limits_warn_of_files(const struct limit_settings *settings);

#endif
