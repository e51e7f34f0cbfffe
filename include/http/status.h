/* The status page, and the document with its data: the answers of admin commands in one JSON object. */
#pragma once

#include "http/document.h"

/* /: the bytes of src/http/status.html. The page itself requests /status.json. */
void status_make_page(struct document *document);

/* /status.json: one member per command, with its rows; null if the command failed. */
void status_make(struct document *document);
