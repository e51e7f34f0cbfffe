/* The admin commands over the MySQL protocol: a client of MySQL or MariaDB logs in with an account of
 * admin.users and sends commands as queries. Tables are answered as result sets, errors as ERR packets.
 *
 *   on_accept → client_login (greeting, login) → a protocol command, a driver query, or command_run → its answer
 *
 * On the control thread, with the same commands as the unix socket (console.h). One command per query. */
#pragma once

#include "admin/admin.h"
#include "console/admin_settings.h"
#include "base/error.h"
#include "base/list.h"
#include "net/acceptor.h"

#include <stdbool.h>
#include <stdint.h>

#define MYSQL_CONSOLE_GUESTS_MAX 64

struct mysql_console {
    struct admin *admin;                   /* borrows */
    const struct admin_settings *settings; /* borrows */
    struct acceptor acceptor;
    struct tls_server *tls; /* one reference; NULL: TLS is off */
    int tls_mode;           /* enum tls_mode */
    struct list guests;
    uint32_t last_id; /* the id of the last connection */
};

/* Listens at settings->address, with the certificate `self_made` if the settings name none; without an address nothing is opened and the result is true. False: *err. */
bool mysql_console_open(struct mysql_console *console, struct admin *admin,
                        const struct admin_settings *settings, const struct tls_certificate *self_made,
                        struct error *err);
/* Further clients get this; takes the reference. `take_tls` may be NULL with mode TLS_MODE_OFF. */
void mysql_console_set_tls(struct mysql_console *console, struct tls_server *take_tls, int mode);
/* Closes the acceptor and all connections. Harmless when nothing is open. */
void mysql_console_close(struct mysql_console *console);
