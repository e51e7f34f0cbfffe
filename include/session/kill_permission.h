/* May one account end another account's sessions? Only a server knows (CONNECTION ADMIN, SUPER, roles at
 * login, MySQL's SYSTEM_USER), and only a KILL that names a connection of that account makes it say so. Two
 * connections of headgate's own are made for the question, and serve nothing else:
 *
 *      victim   logs in as the account whose session is meant, and says nothing
 *      asker    logs in as the account that said KILL, and says KILL QUERY <victim>: OK, or 1095
 */
#ifndef HEADGATE_SESSION_KILL_PERMISSION_H
#define HEADGATE_SESSION_KILL_PERMISSION_H

#include "session/worker.h"

enum kill_permission {
    KILL_PERMISSION_NO, /* the server says 1095 */
    KILL_PERMISSION_YES,
    KILL_PERMISSION_UNKNOWN /* no server has answered: the log says why */
};

/* How an account logs in. All is copied, and wiped when the question is over. */
struct kill_account {
    const char *user;
    const struct auth_secret *secret;
    uint16_t collation;
};

/* Asks the server at `addr` whether `killer` may kill what is `owner`'s. `done` is called once, on the
 * worker's thread, later or at once; also when the worker ends. */
void kill_permission_ask(struct worker *worker, struct server *server, const struct addr *addr,
                         const struct kill_account *killer, const struct kill_account *owner,
                         void (*done)(void *context, enum kill_permission permission), void *context);

/* Ends all questions of a worker. */
void kill_permission_fini(struct worker *worker);

#endif
