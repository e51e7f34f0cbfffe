/* The limits on the number of clients: in all, of a listener, of an address, of a user.
 *
 *      limits_enter (control thread) ──► (a session on some worker) ──► limits_leave (that worker)
 *                                         limits_enter_address: when the PROXY header tells the address
 *
 * Exact over all threads. Queries do not touch the limits, only clients that come and go.
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

/* A limit on the number of things of one kind at a time. Used by any thread. */
struct limit {
    _Atomic int64_t max; /* 0: off; the control thread changes it */
    _Atomic int64_t used;
    _Atomic uint64_t refused; /* how often the limit was reached when one more was wanted */
};

/* Takes one more. False: `max` are taken already; the refusal is counted. */
bool limit_take(struct limit *limit);
void limit_give(struct limit *limit);
/* Gives back one of *held (NULL: nothing), then takes one of `to`. False: `to` is full, and *held is NULL. */
bool limit_move(struct limit **held, struct limit *to);

struct limits_guest;

struct limits {
    struct limit clients;
    _Atomic int64_t per_address;      /* 0: off; the control thread changes it */
    _Atomic uint64_t address_refused; /* refused because of per_address */
    _Atomic uint64_t file_refused;    /* refused for lack of file descriptors */
    pthread_mutex_t mutex;
    struct limits_guest *by_address; /* owns; guarded by mutex; also kept while per_address is off */
};

void limits_init(struct limits *limits, const struct limit_settings *settings);
void limits_fini(struct limits *limits);
/* Applies other settings; control thread only. Clients that are connected stay. */
void limits_set(struct limits *limits, const struct limit_settings *settings);
void limit_set(struct limit *limit, int64_t max);

/* Counts a client that has been accepted. False: `err` says which limit the client would exceed, in words
 * for the client. `fd`: the client's socket, whose number tells how many files are open. `listener`: the
 * limit of its listener, which the message calls `listener_name`. `host`: addr_format_host of its address; NULL:
 * the address is not known yet. Out of memory for the address counts as a refusal. */
bool limits_enter(struct limits *limits, struct limit *listener, const char *listener_name, const char *host,
                  int fd, struct error *err);
/* The address of a client that has entered with host NULL is known now. False: as limits_enter. Any thread. */
bool limits_enter_address(struct limits *limits, const char *host, struct error *err);
/* A client that has entered is gone; to be called once for each. Any thread. `host`: as it was counted; NULL: its
 * address was not counted. */
void limits_leave(struct limits *limits, struct limit *listener, const char *host);

/* Tells a client why it is refused before the greeting: ERR 1040 or another `code`, without an sqlstate, as
 * servers of both families send it. Never blocks and allocates nothing; the socket stays open. */
void limits_turn_away(int fd, uint16_t code, const char *why);

/* Logs a warning if the open files that the process may have are too few for `max_clients`. */
void limits_warn_of_files(const struct limit_settings *settings);

#endif
