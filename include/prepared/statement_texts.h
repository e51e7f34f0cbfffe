/* Texts of prepared statements, each kept once per worker however many sessions have prepared it. Pure.
 *
 * A text lives as long as a session holds it. What connections know of it (prepared/upstream_statements) is
 * in its list; whoever fills that is told when the last holder has gone, and empties it.
 */
#ifndef HEADGATE_PREPARED_STATEMENT_TEXTS_H
#define HEADGATE_PREPARED_STATEMENT_TEXTS_H

#include "base/hash.h"
#include "base/list.h"
#include "base/str.h"

struct shared_text {
    struct texts *texts; /* borrows; NULL: it is in no table, and shared with nobody */
    unsigned holders;
    struct list known; /* of struct known_statement: who has prepared it, at which server's id */
    void (*on_unheld)(struct shared_text *text); /* empties `known`; NULL: it is empty */
    UT_hash_handle hh;
    size_t len;
    char sql[]; /* its key */
};

/* Zeroed: empty. */
struct texts {
    struct shared_text *by_sql; /* owns */
};

/* The text of that name with one more holder, or NULL when memory is out. `texts` NULL: a text of its own. */
struct shared_text *statement_texts_hold(struct texts *texts, struct span sql);
/* One holder less; the last one frees it. *text becomes NULL. Harmless for NULL. */
void statement_texts_release(struct shared_text **text);

static inline struct span statement_texts_span(const struct shared_text *text)
{
    return text != NULL ? span_of(text->sql, text->len) : (struct span){ 0 };
}

#endif
