/* Something that is made when somebody wants to read it, once for all who wait.
 *
 *      document_want ──► (at most every DOCUMENT_PAUSE_US) kind->make ──► document_done ──► on_ready of each
 * reader
 *
 * Whoever comes while one is being made waits for the next: what is read was made after it was asked for.
 * However many ask, and however often, headgate makes twenty a second and no more. On the control thread.
 */
#ifndef HEADGATE_ADMIN_DOCUMENT_H
#define HEADGATE_ADMIN_DOCUMENT_H

#include "admin/admin.h"
#include "admin/session_counts.h"
#include "admin/request.h"
#include "base/list.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define DOCUMENT_PAUSE_US 50000      /* from the beginning of one to that of the next */
#define DOCUMENT_PATIENCE_US 8000000 /* of a reader: Prometheus has 10 s */

struct document;

struct document_kind {
    const char *path;
    const char *type; /* as HTTP says it */
    /* Fill `body`, with what commands and the counts say if need be, and call document_done, now or later. */
    void (*make)(struct document *document);
};

struct document {
    const struct document_kind *kind; /* borrows */
    struct admin *admin;              /* borrows */
    struct text body;                 /* owns: being made, or the last one */
    struct list waiting;              /* readers of the next one */
    struct list readers;              /* of the one that is being made */
    struct loop_timer start;
    struct loop_timer deadline;
    uint64_t began_us; /* monotonic; 0: none was made yet */
    bool is_busy;
    struct session_counts counts; /* for kinds that want one */
    struct request request;       /* for kinds that ask commands … */
    size_t step;                  /* … one after the other */
};

struct document_reader {
    struct list_node in_document;
    struct document *document; /* borrows; NULL: waits for none */
    bool is_served;            /* in document->readers */
    /* `status` is HTTP's; `body` is borrowed until it returns. */
    void (*on_ready)(struct document_reader *reader, unsigned status, struct span body);
};

void document_init(struct document *document, const struct document_kind *kind, struct admin *admin);
/* Every reader hears 503 first. */
void document_fini(struct document *document);

/* on_ready follows, not before this returns, and after DOCUMENT_PATIENCE_US at the latest. */
void document_want(struct document *document, struct document_reader *reader);
/* It has gone: nothing follows. Harmless when it waits for none. */
void document_leave(struct document_reader *reader);

/* For kinds: appends a table's rows to the body as JSON, and ends the table. */
void document_put_table(struct document *document, struct table *take_table);
/* By a kind's `make`: the body is whole. Without memory for it the readers hear 503. */
void document_done(struct document *document, unsigned status);

#endif
