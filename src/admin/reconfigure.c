#include "admin/reconfigure.h"

#include <stddef.h>

static const struct column change_columns[] = {
    { "setting", COLUMN_TEXT, "the setting with its section; or an element of a list" },
    { "was", COLUMN_TEXT, "value in effect; null for added elements and for secrets" },
    { "is", COLUMN_TEXT,
      "value in the file; `changed` for a secret, `added` or `removed` for an element of a list" },
    { "takes_effect", COLUMN_TEXT,
      "now; new sessions; new connections, to servers and from clients; restart" },
};
const struct columns reconfigure_columns = COLUMNS_OF(change_columns);

static void note_change(void *context, const struct print_change *change)
{
    struct request *request = context;
    bool is_element = change->was == NULL || change->is == NULL;
    table_row(&request->table);
    table_text(&request->table, change->place);
    table_text(&request->table, is_element || change->is_secret ? NULL : change->was);
    table_text(&request->table, change->was == NULL  ? "added"
                                : change->is == NULL ? "removed"
                                : change->is_secret  ? "changed"
                                                     : change->is);
    table_text(&request->table, print_effect(change->effect));
}

static void answer(void *context, const char *error)
{
    struct request *request = context;
    if (error != NULL)
        (void)error_set(&request->error, 0, "%s", error);
    request->on_done(request);
}

void reconfigure_reload(struct request *request)
{
    const struct reconfigure *reconfigure = request->admin->reconfigure;
    table_init(&request->table, change_columns, sizeof change_columns / sizeof *change_columns);
    reconfigure->reload(reconfigure->owner, note_change, answer, request);
}

void reconfigure_diff(struct request *request)
{
    const struct reconfigure *reconfigure = request->admin->reconfigure;
    table_init(&request->table, change_columns, sizeof change_columns / sizeof *change_columns);
    reconfigure->diff(reconfigure->owner, note_change, answer, request);
}
