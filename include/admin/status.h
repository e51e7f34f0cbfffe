/* The status page, and the document that it is drawn from: what the admin commands say, in one JSON object.
 */
#ifndef HEADGATE_ADMIN_STATUS_H
#define HEADGATE_ADMIN_STATUS_H

#include "admin/document.h"

/* /: the bytes of src/admin/status.html, which asks for /status.json by itself. */
void status_make_page(struct document *document);

/* /status.json: one member a command, by its rows; null where a command does not exist. */
void status_make(struct document *document);

#endif
