#include "prepared/statement_texts.h"

#include <assert.h>

static struct shared_text *find(const struct texts *texts, struct span sql)
{
    struct shared_text *text;
    HASH_FIND(hh, texts->by_sql, sql.data, (unsigned)sql.len, text);
    return text;
}

struct shared_text *statement_texts_hold(struct texts *texts, struct span sql)
{
    struct shared_text *text = texts != NULL ? find(texts, sql) : NULL;
    if (text != NULL) {
        text->holders++;
        return text;
    }
    text = mem_zalloc(sizeof *text + sql.len);
    if (text == NULL)
        return NULL;
    memcpy(text->sql, sql.data, sql.len);
    text->len = sql.len;
    text->texts = texts;
    text->holders = 1;
    list_init(&text->known);
    if (texts == NULL)
        return text;
    HASH_ADD(hh, texts->by_sql, sql, (unsigned)text->len, text);
    if (!hash_has(text)) {
        mem_free(text);
        return NULL;
    }
    return text;
}

void statement_texts_release(struct shared_text **text_r)
{
    struct shared_text *text = *text_r;
    *text_r = NULL;
    if (text == NULL || --text->holders > 0)
        return;
    if (text->on_unheld != NULL)
        text->on_unheld(text);
    assert(text->known.count == 0);
    if (text->texts != NULL)
        HASH_DEL(text->texts->by_sql, text);
    mem_free(text);
}
