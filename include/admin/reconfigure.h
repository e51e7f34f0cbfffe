/* `reload` and `config diff`. What they do is done above, where all settings are known; here
 * are their words and tables.
 */
#ifndef HEADGATE_ADMIN_RECONFIGURE_H
#define HEADGATE_ADMIN_RECONFIGURE_H

#include "admin/request.h"
#include "settings/print.h"

/* What the commands need of whoever holds the configuration. `context` is the caller's, passed through. */
struct reconfigure {
    void *owner; /* borrows */
    /* Reads the file again and applies it: all of it, or nothing. on_change for each difference, then on_done
     * exactly once, later perhaps: `error` is NULL when it was applied and every worker goes by it, else why
     * nothing has changed. */
    void (*reload)(void *owner, void (*on_change)(void *context, const struct print_change *change),
                   void (*on_done)(void *context, const char *error), void *context);
    /* The same without applying it; done when it returns. */
    void (*diff)(void *owner, void (*on_change)(void *context, const struct print_change *change),
                 void (*on_done)(void *context, const char *error), void *context);
};

void reconfigure_reload(struct request *request);
void reconfigure_diff(struct request *request);
extern const struct columns reconfigure_columns; /* of both */

#endif
