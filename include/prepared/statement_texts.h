/* Texts of prepared statements. Each text is kept once per worker, for all sessions that have prepared it.
 * Pure.
 *
 * A text lives as long as a session holds it. Its list `known` has the statements on connections that were
 * prepared from this text; prepared/upstream_statements fills the list. When the last holder releases the
 * text, on_unheld empties the list. */
#pragma once

#include "base/hash.h"
#include "base/list.h"
#include "base/str.h"

struct shared_text {
    struct texts *texts; /* borrows; NULL: in no table, not shared */
    unsigned holders;
    struct list known; /* of struct known_statement: connections that have it prepared */
    void (*on_unheld)(struct shared_text *text); /* empties `known`; NULL: `known` is empty */
    UT_hash_handle hh;
    size_t len;
    char sql[]; /* the text; key of the table */
};

/* Zeroed: empty. */
struct texts {
    struct shared_text *by_sql; /* owns */
};

/* The shared text equal to `sql`, with one more holder. `texts` NULL: a new text that is not shared. NULL:
 * out of memory. */
struct shared_text *statement_texts_hold(struct texts *texts, struct span sql);
/* Releases one holder; the last release frees the text. *text becomes NULL. Harmless if *text is NULL. */
void statement_texts_release(struct shared_text **text);

/* What the text says; empty for NULL. */
static inline struct span statement_texts_span(const struct shared_text *text)
{
    return text != NULL ? span_of(text->sql, text->len) : (struct span){ 0 };
}
