/* The admin socket: one command a connection, or several after `interactive`; text, or JSON after `json`. */
#ifndef HEADGATE_ADMIN_CONSOLE_H
#define HEADGATE_ADMIN_CONSOLE_H

#include "admin/admin.h"
#include "base/error.h"
#include "base/list.h"
#include "net/listener.h"

#include <stdbool.h>

#define CONSOLE_CONNECTIONS_MAX 64
#define CONSOLE_COMMAND_MAX (1024u * 1024u)

struct console {
    struct admin *admin; /* borrows */
    struct listener listener;
    struct list connections;
};

/* `path`: of the unix socket, made with mode 0660. */
bool console_open(struct console *console, struct admin *admin, const char *path, struct error *err);
void console_close(struct console *console);

/* Length of the first command in `bytes`, its end mark included; 0 when it has not ended yet. A command ends
 * with a newline outside quotes, or with ';'. */
size_t console_command_end(struct span bytes);

#endif
