/* May an account kill a session of another account? Only a server knows (CONNECTION ADMIN, SUPER, default
 * roles, MySQL's SYSTEM_USER), and a server tells only when it gets a KILL of a connection of that account.
 * headgate opens two connections for the question and uses them for nothing else:
 *
 *      victim   logs in as the account that owns the session, and stays idle
 *      asker    logs in as the account that sent KILL, and sends KILL QUERY <victim>: OK, or ERR 1095
 */
#ifndef HEADGATE_FRONTEND_KILL_PERMISSION_H
#define HEADGATE_FRONTEND_KILL_PERMISSION_H

#include "session/worker.h"

enum kill_permission {
    KILL_PERMISSION_NO, /* the server has answered ERR 1095 */
    KILL_PERMISSION_YES,
    KILL_PERMISSION_UNKNOWN /* no server has answered; the reason is logged */
};

/* How an account logs in. kill_permission_ask copies what it needs and wipes the copy of the secret at the
 * end. */
struct kill_account {
    const char *user;
    const struct auth_secret *secret;
    uint16_t collation;
};

/* Asks the server at `addr` whether `killer` may kill a session of `owner`. `done` is called once, on the
 * worker's thread: during this call or later, at the latest when the worker ends. */
void kill_permission_ask(struct worker *worker, struct server *server, const struct addr *addr,
                         const struct kill_account *killer, const struct kill_account *owner,
                         void (*done)(void *context, enum kill_permission permission), void *context);

/* Ends all questions of a worker, with KILL_PERMISSION_UNKNOWN. */
void kill_permission_fini(struct worker *worker);

#endif
