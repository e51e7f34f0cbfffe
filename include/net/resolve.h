/* Host names, resolved again and again. Only this file uses c-ares.
 *
 *      resolve_start ──► /etc/hosts ──► A and AAAA in parallel ──► on_news, if something changed
 *            ▲                                     │
 *            └──── TTL, or 1 s doubling to 30 s ◄──┘
 *
 * A name stands for one machine. Its present address is kept as long as the answers contain it. Otherwise the
 * first address of the answer to which this machine has a route replaces it, IPv4 before IPv6. A failure (no
 * answer, no such name, no address) changes nothing: the last good answer is kept. If only the question for
 * one family fails, the last good answer for that family is kept.
 *
 * A resolver and its names belong to one loop. */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "net/addr.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* The longest time that an answer is used; also for answers without a TTL (/etc/hosts). An operator who moves
 * a server waits no longer than this, at a cost of two packets each way per name in that time. */
#define RESOLVE_MOST_US UINT64_C(30000000)
/* The shortest time between two questions, also for a TTL of 0. Also the first wait after a failed
 * question. */
#define RESOLVE_LEAST_US UINT64_C(1000000)
#define RESOLVE_HOSTS_MAX 32 /* of one family of one name; further addresses are ignored */

struct ares_channeldata;

struct resolver {
    struct loop *loop;              /* borrows */
    const char *server;             /* borrows; NULL: the servers of /etc/resolv.conf */
    struct ares_channeldata *hosts; /* owns: reads /etc/hosts, sends no queries */
    struct ares_channeldata *dns;   /* owns: queries name servers, does not read /etc/hosts */
    struct list watchers;           /* of c-ares' sockets */
    struct loop_timer timer;        /* for c-ares' deadlines */
    unsigned questions;             /* questions without an answer yet */
    bool is_doubtful;               /* a question has failed since `dns` was created */
};

/* `server` is "127.0.0.1:53" or "[::1]:53", and must outlive the resolver. NULL: the servers of
 * /etc/resolv.conf, which is read again after failures. False: *err. */
bool resolve_init(struct resolver *resolver, struct loop *loop, const char *server, struct error *err);
/* To be called after resolve_forget of all names. */
void resolve_fini(struct resolver *resolver);

/* The addresses of one family, in the order of the answer. */
struct resolve_list {
    unsigned count;
    struct addr hosts[RESOLVE_HOSTS_MAX];
};

struct resolve_name {
    struct resolver *resolver; /* borrows; NULL: the address was given in numbers */
    struct addr_host host;
    struct addr addr;              /* the present address; len 0: not known */
    char error[96];                /* error of the last question; "": it was answered, or none was asked */
    struct resolve_list *lists;    /* owns: the last good answers, indexed by the enum family of resolve.c;
                                    * NULL: numeric address */
    struct resolve_question *open; /* borrows: the question being asked, which frees itself */
    struct loop_timer timer;       /* until the next question */
    unsigned failures;             /* failed questions in a row */
    /* Called after `addr` or `error` has changed. `was` is the previous address, which may be the same. */
    void (*on_news)(struct resolve_name *name, const struct addr *was);
    void *owner; /* borrows */
};

/* Parses "host:port". Numeric addresses and unix paths are set at once and never resolved. Copies `text`;
 * borrows `resolver`, which may be NULL if `text` has no name. False: *err. */
bool resolve_name_init(struct resolve_name *name, struct resolver *resolver, const char *text,
                       void (*on_news)(struct resolve_name *, const struct addr *), void *owner,
                       struct error *err);
/* Resolves the name now, and again whenever the answer expires. on_news may run before this function
 * returns. */
void resolve_start(struct resolve_name *name);
/* Stops resolving. on_news is not called again. */
void resolve_forget(struct resolve_name *name);

/* Pure: the time until the next question, in microseconds: after an answer with that TTL (negative: no TTL),
 * and after that many failures in a row (at least one). */
uint64_t resolve_after_us(int64_t ttl_s);
uint64_t resolve_retry_us(unsigned failures);
