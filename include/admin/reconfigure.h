/* `reload` and `config diff`: their words and tables. The work is done by the functions of struct
 * reconfigure, in the room app, which knows all settings. */
#pragma once

#include "admin/request.h"
#include "settings/print.h"

/* What the commands need from the owner of the configuration. `context` is passed through to the
 * callbacks. */
struct reconfigure {
    void *owner; /* borrows */
    /* Reads the file again and applies all of it or nothing. Calls on_change for each difference, then
     * on_done exactly once, possibly later. `error` is NULL when the configuration was applied and every
     * worker uses it; otherwise it says why nothing has changed. */
    void (*reload)(void *owner, void (*on_change)(void *context, const struct print_change *change),
                   void (*on_done)(void *context, const char *error), void *context);
    /* Like reload, without applying the file. on_done is called before it returns. */
    void (*diff)(void *owner, void (*on_change)(void *context, const struct print_change *change),
                 void (*on_done)(void *context, const char *error), void *context);
};

void reconfigure_reload(struct request *request);
void reconfigure_diff(struct request *request);
extern const struct columns reconfigure_columns; /* of both commands */
