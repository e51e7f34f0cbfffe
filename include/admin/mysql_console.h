/* The admin commands over the MySQL protocol: any client of MySQL or MariaDB logs in with an account of its
 * own (admin.users) and asks; tables are result sets, refusals ERR packets.
 *
 *   on_accept → admit (greeting, login) → a command: of the protocol, a driver query, or command_run → its
 * answer
 *
 * On the control thread, beside the unix socket (console.h), with the same commands. One command a query.
 */
#ifndef HEADGATE_ADMIN_MYSQL_CONSOLE_H
#define HEADGATE_ADMIN_MYSQL_CONSOLE_H

#include "admin/admin.h"
#include "admin/admin_settings.h"
#include "base/error.h"
#include "base/list.h"
#include "net/listener.h"

#include <stdbool.h>
#include <stdint.h>

#define MYSQL_CONSOLE_GUESTS_MAX 64

struct mysql_console {
    struct admin *admin;                   /* borrows */
    const struct admin_settings *settings; /* borrows */
    struct listener listener;
    struct list guests;
    uint32_t last_id; /* of a connection */
};

/* Listens at settings->address; without one nothing is open, and that is fine. False: *err. */
bool mysql_console_open(struct mysql_console *console, struct admin *admin,
                        const struct admin_settings *settings, struct error *err);
/* Cuts who is there. Harmless when nothing is open. */
void mysql_console_close(struct mysql_console *console);

#endif
