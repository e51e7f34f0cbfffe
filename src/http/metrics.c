#include "http/metrics.h"

#include "http/metric.h"
#include "admin/stats.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define OK 200
#define LEAST_BITS 5 /* lowest bound of the histograms: 2^5 us = 32 us */
#define MOST_BITS 26 /* highest bound: 2^26 us = 67 s; each bound is twice the previous one */

static const char *const type_names[] = { "counter", "gauge", "histogram" };

static const char *const scope_labels[] = {
    [METRIC_OF_HEADGATE] = "", [METRIC_OF_WORKER] = "worker",   [METRIC_OF_LISTENER] = "listener",
    [METRIC_OF_USER] = "user", [METRIC_OF_CLUSTER] = "cluster", [METRIC_OF_SERVER] = "cluster, server",
};

/* ---- writing samples ---- */

/* The page being written, and the labels of the current place. */
struct page {
    struct text *out;
    struct text labels;
};

/* Appends a label value with the escapes of the format. Bytes that are not UTF-8 become U+FFFD. */
static void put_escaped(struct text *out, const char *value)
{
    struct span rest = span_cstr(value);
    while (rest.len > 0) {
        size_t len = span_utf8_len(rest);
        uint8_t c = *rest.data;
        if (len == 0)
            (void)text_append_cstr(out, "\xEF\xBF\xBD");
        else if (c == '\n')
            (void)text_append_cstr(out, "\\n");
        else if (c == '\\' || c == '"')
            (void)text_appendf(out, "\\%c", c);
        else
            (void)text_append(out, rest.data, len);
        len = len == 0 ? 1 : len;
        rest = span_of(rest.data + len, rest.len - len);
    }
}

static void put_label(struct text *labels, const char *name, const char *value)
{
    (void)text_appendf(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
    put_escaped(labels, value);
    (void)text_append_byte(labels, '"');
}

/* Appends a label in lower case: names in headgate's tables are upper case. */
static void put_word(struct text *labels, const char *name, const char *word)
{
    char lower[64];
    size_t len = 0;
    bool is_ours = isupper((unsigned char)word[0]) && strpbrk(word, "abcdefghijklmnopqrstuvwxyz") == NULL;
    for (; is_ours && word[len] != '\0' && len + 1 < sizeof lower; len++)
        lower[len] = (char)tolower((unsigned char)word[len]);
    lower[len] = '\0';
    put_label(labels, name, is_ours ? lower : word);
}

static void put_head(struct text *out, const char *name, enum metric_type type, const char *help)
{
    (void)text_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type_names[type]);
}

static void put_sample(struct page *page, const char *name, const char *suffix, double value)
{
    (void)text_appendf(page->out, "%s%s", name, suffix);
    if (page->labels.len > 0)
        (void)text_appendf(page->out, "{%s}", text_cstr(&page->labels));
    (void)text_appendf(page->out, " %.15g\n", value);
}

/* The bounds are powers of two of microseconds, which are also bounds of hist's buckets, so the counts are
 * exact. */
static void put_hist(struct page *page, const char *name, const struct hist_total *total)
{
    size_t labels_len = page->labels.len;
    for (unsigned bits = LEAST_BITS; bits <= MOST_BITS + 1; bits++) {
        char bound[32];
        bool is_last = bits > MOST_BITS;
        (void)snprintf(bound, sizeof bound, "%.15g", (double)(UINT64_C(1) << bits) / 1e6);
        put_label(&page->labels, "le", is_last ? "+Inf" : bound);
        put_sample(page, name, "_bucket", (double)(is_last ? total->count : hist_count_below(total, bits)));
        page->labels.len = labels_len;
    }
    put_sample(page, name, "_sum", (double)total->sum_us / 1e6);
    put_sample(page, name, "_count", (double)total->count);
}

/* Writes all samples of a row at one place. */
static void put_place(struct page *page, const struct metric *row, struct metric_place *place)
{
    if (row->type == METRIC_HISTOGRAM) {
        struct hist_total total = { 0 };
        row->hist(place, &total);
        put_hist(page, row->name, &total);
        return;
    }
    size_t labels_len = page->labels.len, words = row->label != NULL ? row->words : 1;
    for (place->word = 0; place->word < words; place->word++) {
        double value = row->value(place);
        if (isnan(value))
            continue;
        if (row->label != NULL)
            put_word(&page->labels, row->label, row->word(place));
        put_sample(page, row->name, "", value);
        page->labels.len = labels_len;
    }
}

/* ---- the places of a scope ---- */

static void each_worker(struct page *page, const struct metric *row, struct metric_place *place)
{
    const struct world *world = place->admin->world;
    for (unsigned i = 0; i < world->worker_count; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%u", i);
        text_clear(&page->labels);
        put_label(&page->labels, "worker", number);
        place->worker = world->workers[i];
        put_place(page, row, place);
    }
}

static void each_listener(struct page *page, const struct metric *row, struct metric_place *place)
{
    for (size_t i = 0; i < place->admin->listener_count; i++) {
        place->listener = place->admin->listeners[i];
        text_clear(&page->labels);
        put_label(&page->labels, "listener", place->listener->settings->name);
        put_place(page, row, place);
    }
}

static void each_user(struct page *page, const struct metric *row, struct metric_place *place)
{
    for (place->user = place->admin->world->users->by_name; place->user != NULL;
         place->user = place->user->hh.next) {
        text_clear(&page->labels);
        put_label(&page->labels, "user", place->user->name);
        put_place(page, row, place);
    }
}

static void each_cluster(struct page *page, const struct metric *row, struct metric_place *place)
{
    for (size_t i = 0; i < place->admin->cluster_count; i++) {
        place->cluster = &place->admin->clusters[i];
        text_clear(&page->labels);
        put_label(&page->labels, "cluster", place->cluster->settings->name);
        put_place(page, row, place);
    }
}

static void each_server_of(struct page *page, const struct metric *row, struct metric_place *place)
{
    const struct cluster *cluster = place->cluster;
    for (size_t i = 0; i < cluster->count; i++) {
        place->member = &cluster->members[i];
        if (place->member->is_gone)
            continue;
        place->server = place->member->server;
        struct server_totals totals = server_sum(place->server);
        place->totals = &totals;
        bool is_seen = cluster->view != NULL && i < cluster->view->count;
        place->entry = is_seen ? &cluster->view->servers[i] : NULL;
        text_clear(&page->labels);
        put_label(&page->labels, "cluster", cluster->settings->name);
        put_label(&page->labels, "server", place->server->name);
        put_place(page, row, place);
    }
}

static void each_server(struct page *page, const struct metric *row, struct metric_place *place)
{
    for (size_t i = 0; i < place->admin->cluster_count; i++) {
        place->cluster = &place->admin->clusters[i];
        each_server_of(page, row, place);
    }
}

static void each_headgate(struct page *page, const struct metric *row, struct metric_place *place)
{
    text_clear(&page->labels);
    put_place(page, row, place);
}

static void (*const each[])(struct page *, const struct metric *, struct metric_place *) = {
    [METRIC_OF_HEADGATE] = each_headgate, [METRIC_OF_WORKER] = each_worker,
    [METRIC_OF_LISTENER] = each_listener, [METRIC_OF_USER] = each_user,
    [METRIC_OF_CLUSTER] = each_cluster,   [METRIC_OF_SERVER] = each_server,
};

/* ---- the counters of show stats ---- */

static const char *stats_metric(char *name, size_t size, const char *row_name)
{
    (void)snprintf(name, size, "headgate_%s_total", row_name);
    return name;
}

static void put_stats(struct page *page, const struct admin *admin)
{
    char name[128];
    for (size_t i = 0; i < stats_count(); i++) {
        put_head(page->out, stats_metric(name, sizeof name, stats_name(i)), METRIC_COUNTER, stats_words(i));
        for (size_t c = 0; c < admin->cluster_count; c++) {
            text_clear(&page->labels);
            put_label(&page->labels, "cluster", admin->clusters[c].settings->name);
            put_sample(page, name, "", (double)stats_sum(admin->world, c, i));
        }
    }
    text_clear(&page->labels);
    for (size_t i = 0; i < stats_own_count(); i++) {
        put_head(page->out, stats_metric(name, sizeof name, stats_own_name(i)), METRIC_COUNTER,
                 stats_own_words(i));
        put_sample(page, name, "", (double)stats_own(admin->world, i));
    }
}

/* ---- the page, and its reference ---- */

void metrics_make(struct document *document)
{
    session_counts_take(&document->counts);
}

void metrics_note_counts(struct session_counts *counts)
{
    struct document *document = counts->owner;
    struct process process;
    struct page page = { .out = &document->body };
    process_read(&process);
    for (size_t i = 0; i < metric_count; i++) {
        struct metric_place place = { .admin = document->admin, .counts = counts, .process = &process };
        put_head(page.out, metric_rows[i].name, metric_rows[i].type, metric_rows[i].help);
        each[metric_rows[i].scope](&page, &metric_rows[i], &place);
    }
    put_stats(&page, document->admin);
    document->body.is_oom |= page.labels.is_oom;
    text_fini(&page.labels);
    document_done(document, OK);
}

static void write_row(struct text *out, const char *name, enum metric_type type, const char *scope,
                      const char *label, const char *help)
{
    const char *le = type == METRIC_HISTOGRAM ? "le" : label;
    bool has_both = scope[0] != '\0' && le != NULL;
    (void)text_appendf(out, "| `%s` | %s | %s%s%s | %s |\n", name, type_names[type], scope,
                       has_both ? ", " : "", le != NULL ? le : "", help);
}

void metrics_write_reference(struct text *out)
{
    (void)text_append_cstr(
        out,
        "# Metrics\n\nWritten from the tables by `metrics_write_reference`; change the rows, not this "
        "page.\n\n"
        "With `http: { address = \"127.0.0.1:6070\"; };` they are at `http://127.0.0.1:6070/metrics`, in "
        "Prometheus' text format 0.0.4. All counters begin at 0 when headgate starts. Histograms count whole "
        "microseconds; their bounds are powers of two from 32 us to 67 s.\n\n"
        "| metric | type | labels | |\n|---|---|---|---|\n");
    for (size_t i = 0; i < metric_count; i++)
        write_row(out, metric_rows[i].name, metric_rows[i].type, scope_labels[metric_rows[i].scope],
                  metric_rows[i].label, metric_rows[i].help);
    char name[128];
    for (size_t i = 0; i < stats_count(); i++)
        write_row(out, stats_metric(name, sizeof name, stats_name(i)), METRIC_COUNTER, "cluster", NULL,
                  stats_words(i));
    for (size_t i = 0; i < stats_own_count(); i++)
        write_row(out, stats_metric(name, sizeof name, stats_own_name(i)), METRIC_COUNTER, "", NULL,
                  stats_own_words(i));
}
