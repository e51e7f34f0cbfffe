#include "http/status.h"

#include "admin/command.h"
#include "admin/latency.h"
#include "http/ready.h"

#define OK 200

/* The assembler includes the bytes of status.html here. The Makefile has the dependency of this object on
 * that file. */
__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "status_page:\n"
        ".incbin \"src/http/status.html\"\n"
        "status_page_end:\n"
        ".popsection\n");
extern const char status_page[];
extern const char status_page_end[];

void status_make_page(struct document *document)
{
    (void)text_append(&document->body, status_page, (size_t)(status_page_end - status_page));
    document_done(document, OK);
}

/* ---- /status.json ---- */

static void put_latency(struct document *document)
{
    struct table table;
    latency_table(document->admin, &table);
    document_put_table(document, &table);
}

static void put_problems(struct document *document)
{
    struct table table;
    (void)ready_judge(document->admin, &table);
    document_put_table(document, &table);
}

/* Each part has either a command or a function. */
static const struct {
    const char *name;
    const char *command;
    void (*put)(struct document *document);
} parts[] = {
    { "version", "show version", NULL },    { "problems", NULL, put_problems },
    { "clusters", "show clusters", NULL },  { "servers", "show servers", NULL },
    { "latency", NULL, put_latency },       { "limits", "show limits", NULL },
    { "stats", "show stats", NULL },        { "events", "show events", NULL },
    { "digests", "show digests 15", NULL },
};
#define PARTS (sizeof parts / sizeof *parts)

static void put_next(struct document *document);

static void put_name(struct document *document)
{
    (void)text_appendf(&document->body, "%c\"%s\":", document->step == 0 ? '{' : ',',
                       parts[document->step].name);
}

/* Adds a command's answer and starts the next part. Many commands answer before command_run returns; the
 * recursion is limited by the number of parts. */
static void on_answer(struct request *request)
{
    struct document *document = request->owner;
    put_name(document);
    if (request->error.text[0] == '\0') {
        document_put_table(document, &request->table);
    } else {
        (void)text_append_cstr(&document->body, "null");
        table_fini(&request->table);
    }
    document->step++;
    put_next(document);
}

static void put_next(struct document *document)
{
    for (; document->step < PARTS && parts[document->step].put != NULL; document->step++) {
        put_name(document);
        parts[document->step].put(document);
    }
    if (document->step == PARTS) {
        (void)text_append_cstr(&document->body, "}\n");
        document_done(document, OK);
        return;
    }
    document->request = (struct request){ .admin = document->admin, .on_done = on_answer, .owner = document };
    command_run(&document->request, span_cstr(parts[document->step].command));
}

void status_make(struct document *document)
{
    put_next(document);
}
