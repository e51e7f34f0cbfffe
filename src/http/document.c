#include "http/document.h"
#include "admin/table_json.h"

#include <stddef.h>

#define SERVICE_UNAVAILABLE 503 /* RFC 9110 */

static struct document_reader *reader_of(struct list_node *node)
{
    return list_entry(node, struct document_reader, in_document);
}

static void answer_all(struct list *list, unsigned status, struct span body)
{
    struct list_node *node;
    while ((node = list_first(list)) != NULL) {
        struct document_reader *reader = reader_of(node);
        list_unlink(list, node);
        reader->document = NULL;
        reader->on_ready(reader, status, body);
    }
}

static void answer_without(struct document *document, struct span why)
{
    answer_all(&document->readers, SERVICE_UNAVAILABLE, why);
    answer_all(&document->waiting, SERVICE_UNAVAILABLE, why);
}

static void begin(struct document *document)
{
    struct list_node *node;
    document->is_busy = true;
    document->began_us = document->admin->loop->now_us;
    while ((node = list_first(&document->waiting)) != NULL) {
        list_unlink(&document->waiting, node);
        list_link_last(&document->readers, node);
        reader_of(node)->is_served = true;
    }
    text_fini(&document->body);
    document->step = 0;
    document->kind->make(document);
}

static void on_start(struct loop_timer *timer)
{
    struct document *document = container_of(timer, struct document, start);
    if (!document->is_busy && document->waiting.count > 0)
        begin(document);
}

/* Answers all readers with 503. `make` may still end later, without readers. */
static void on_deadline(struct loop_timer *timer)
{
    struct document *document = container_of(timer, struct document, deadline);
    answer_without(document, SPAN_LITERAL("headgate's workers do not answer\n"));
}

/* Starts the timers for the next document, which begins as soon as DOCUMENT_PAUSE_US allows. */
static void schedule(struct document *document)
{
    struct loop *loop = document->admin->loop;
    uint64_t since_us = loop->now_us - document->began_us;
    bool is_soon = document->began_us != 0 && since_us < DOCUMENT_PAUSE_US;
    if (!loop_timer_is_active(&document->start))
        loop_timer_start(&document->start, loop, is_soon ? DOCUMENT_PAUSE_US - since_us : 0);
    if (!loop_timer_is_active(&document->deadline))
        loop_timer_start(&document->deadline, loop, DOCUMENT_TIMEOUT_US);
}

void document_init(struct document *document, const struct document_kind *kind, struct admin *admin)
{
    *document = (struct document){ .kind = kind, .admin = admin };
    list_init(&document->waiting);
    list_init(&document->readers);
    loop_timer_init(&document->start, on_start);
    loop_timer_init(&document->deadline, on_deadline);
}

void document_fini(struct document *document)
{
    loop_timer_stop(&document->start);
    loop_timer_stop(&document->deadline);
    answer_without(document, SPAN_LITERAL("headgate ends\n"));
    text_fini(&document->body);
}

void document_want(struct document *document, struct document_reader *reader)
{
    reader->document = document;
    reader->is_served = false;
    list_link_last(&document->waiting, &reader->in_document);
    schedule(document);
}

void document_leave(struct document_reader *reader)
{
    if (reader->document == NULL)
        return;
    list_unlink(reader->is_served ? &reader->document->readers : &reader->document->waiting,
                &reader->in_document);
    reader->document = NULL;
}

void document_put_table(struct document *document, struct table *take_table)
{
    struct text *body = &document->body;
    if (table_render_json(take_table, body))
        body->len--; /* removes the newline */
    table_fini(take_table);
}

void document_done(struct document *document, unsigned status)
{
    document->is_busy = false;
    loop_timer_stop(&document->deadline);
    if (document->body.is_oom)
        answer_all(&document->readers, SERVICE_UNAVAILABLE, SPAN_LITERAL("out of memory\n"));
    else
        answer_all(&document->readers, status, text_span(&document->body));
    if (document->waiting.count > 0)
        schedule(document);
}
