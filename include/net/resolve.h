/* Names of hosts, asked for again and again: the only place that knows c-ares.
 *
 *      resolve_start ──► /etc/hosts ──► A and AAAA, side by side ──► on_news, if there are any
 *            ▲                                     │
 *            └──── TTL, or 1 s doubling to 30 s ◄──┘
 *
 * A name stands for one machine. Its present address stays the present one for as long as an answer has it;
 * when none has it any more, the first address of the answer that this machine has a route to takes its
 * place, IPv4 before IPv6. What fails (no answer, no such name, no address) changes nothing: the last good
 * answer holds until there is another one; and so does one family's while only the other one's question
 * fails.
 *
 * A resolver and its names belong to one loop.
 */
#ifndef HEADGATE_NET_RESOLVE_H
#define HEADGATE_NET_RESOLVE_H

#include "base/error.h"
#include "base/list.h"
#include "net/addr.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* An answer without a TTL (/etc/hosts), or with a longer one, is good for so long: whoever moves a server
 * waits no longer than this, and a name costs two packets each way in that time. */
#define RESOLVE_MOST_US UINT64_C(30000000)
/* A TTL of 0 is no order to ask for ever. Also the first wait after a question that failed. */
#define RESOLVE_LEAST_US UINT64_C(1000000)
#define RESOLVE_HOSTS_MAX 32 /* of one family, of one name; more are not looked at */

struct ares_channeldata;

struct resolver {
    struct loop *loop;              /* borrows */
    const char *server;             /* borrows; NULL: as /etc/resolv.conf says */
    struct ares_channeldata *hosts; /* owns: reads /etc/hosts, sends no queries */
    struct ares_channeldata *dns;   /* owns: asks name servers, and reads nothing */
    struct list watchers;           /* of c-ares' sockets */
    struct loop_timer timer;        /* of its deadlines */
    unsigned questions;             /* that wait for their answers */
    bool is_doubtful;               /* one has failed since the channel was made */
};

/* `server` is "127.0.0.1:53" or "[::1]:53", and must outlive the resolver; NULL is what /etc/resolv.conf
 * says, which is read again after failures. False: *err. */
bool resolve_init(struct resolver *resolver, struct loop *loop, const char *server, struct error *err);
/* When all its names have been forgotten. */
void resolve_fini(struct resolver *resolver);

/* The addresses of one family, in the order of the answer. */
struct resolve_list {
    unsigned count;
    struct addr hosts[RESOLVE_HOSTS_MAX];
};

struct resolve_name {
    struct resolver *resolver; /* borrows; NULL for an address in numbers */
    struct addr_host host;
    struct addr addr;              /* present; len 0: none is known */
    char error[96];                /* the last question's; "": it was answered, or there was none */
    struct resolve_list *lists;    /* owns: the last good answers, by enum in resolve.c; NULL: not asked */
    struct resolve_question *open; /* borrows: being asked; it frees itself */
    struct loop_timer timer;       /* until it is asked again */
    unsigned failures;             /* in a row */
    /* After `addr` or `error` has changed; `was` is the address before, which may be the same. */
    void (*on_news)(struct resolve_name *name, const struct addr *was);
    void *owner; /* borrows */
};

/* Reads "host:port"; numbers and unix paths have their address at once, and are never asked for. Copies
 * `text`; borrows `resolver`, which may be NULL if only such come. False: *err. */
bool resolve_name_init(struct resolve_name *name, struct resolver *resolver, const char *text,
                       void (*on_news)(struct resolve_name *, const struct addr *), void *owner,
                       struct error *err);
/* Resolves the name now, and again when the answer expires; on_news may run before this returns. */
void resolve_start(struct resolve_name *name);
/* No on_news follows. */
void resolve_forget(struct resolve_name *name);

/* Pure: when to ask again, after an answer with that TTL (negative: it had none), and after so many failures
 * in a row (at least one). */
uint64_t resolve_after_us(int64_t ttl_s);
uint64_t resolve_retry_us(unsigned failures);

#endif
