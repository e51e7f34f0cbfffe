/* The status page, and the document with its data: the answers of admin commands in one JSON object. */
#ifndef HEADGATE_HTTP_STATUS_H
#define HEADGATE_HTTP_STATUS_H

#include "http/document.h"

/* /: the bytes of src/http/status.html. The page itself requests /status.json. */
void status_make_page(struct document *document);

/* /status.json: one member per command, with its rows; null if the command failed. */
void status_make(struct document *document);

#endif
