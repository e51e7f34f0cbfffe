/* One admin command being run: its argument, its client, and its answer. Every command's function takes one;
 * command.h finds that function. */
#pragma once

#include "admin/admin.h"
#include "admin/table.h"
#include "base/error.h"
#include "base/log.h"
#include "base/str.h"

/* A command being run. The answer may come later, when workers have to be visited. */
struct request {
    struct admin *admin;        /* borrows */
    struct span argument;       /* what follows the command's words; borrows from the console's input */
    const struct log_scope *by; /* borrows: the client, for the log; NULL: not known */
    struct table table;         /* the answer */
    struct error error;         /* if it has text, the answer is this error */
    void (*on_done)(struct request *request);
    void *owner; /* borrows: the console connection */
};
