/* An HTTP document that is made on demand, once for all readers that wait for it.
 *
 *      document_want ──► (at most every DOCUMENT_PAUSE_US) kind->make ──► document_done
 *                                                                     ──► on_ready of each reader
 *
 * A reader that comes while a document is being made waits for the next one: its document is always made
 * after the request. However many readers there are, headgate makes at most twenty documents of a kind a
 * second. On the control thread. */
#pragma once

#include "admin/admin.h"
#include "http/session_counts.h"
#include "admin/request.h"
#include "base/list.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define DOCUMENT_PAUSE_US 50000     /* from the start of one document to the start of the next */
#define DOCUMENT_TIMEOUT_US 8000000 /* of a reader; Prometheus waits 10 s */

struct document;

struct document_kind {
    const char *path;
    const char *type; /* the HTTP content type */
    /* Fills `body`, possibly from the answers of commands and the session counts, and calls document_done,
     * before or after it returns. */
    void (*make)(struct document *document);
};

struct document {
    const struct document_kind *kind; /* borrows */
    struct admin *admin;              /* borrows */
    struct text body;                 /* owns; the document being made, or the last one */
    struct list waiting;              /* readers of the next document */
    struct list readers;              /* readers of the document that is being made */
    struct loop_timer start;
    struct loop_timer deadline;
    uint64_t began_us; /* monotonic; start of the last document; 0: none yet */
    bool is_busy;
    struct session_counts counts; /* for kinds that need session counts */
    struct request request;       /* for kinds that run commands */
    size_t step;                  /* index of the current command */
};

struct document_reader {
    struct list_node in_document;
    struct document *document; /* borrows; NULL: the reader does not wait */
    bool is_served;            /* the reader is in document->readers */
    /* `status` is the HTTP status; `body` is borrowed during the call. */
    void (*on_ready)(struct document_reader *reader, unsigned status, struct span body);
};

void document_init(struct document *document, const struct document_kind *kind, struct admin *admin);
/* Frees the document. Every reader first gets status 503. */
void document_fini(struct document *document);

/* Registers a reader. on_ready is called after this function has returned, within DOCUMENT_TIMEOUT_US. */
void document_want(struct document *document, struct document_reader *reader);
/* Removes a reader: on_ready is not called. Harmless when the reader does not wait. */
void document_leave(struct document_reader *reader);

/* For kinds: appends a table's rows to the body as JSON, and frees the table. */
void document_put_table(struct document *document, struct table *take_table);
/* To be called by a kind's `make` when the body is complete. If memory was out, the readers get status
 * 503. */
void document_done(struct document *document, unsigned status);
