#include "sql/traces.h"

#include "tokens/words.h"

enum where { ANYWHERE, IN_SHOW };

/* Row numbers; 0 means no word. */
enum {
    ROW_NONE,
#define SQL_TRACE_WORD(word, where, traces) ROW_##word,
#include "sql/tbl/sql_trace_words.h"
#undef SQL_TRACE_WORD
    ROWS
};

static const struct word names[ROWS] = {
#define SQL_TRACE_WORD(word, where, traces) [ROW_##word] = { #word, sizeof(#word) - 1 },
#include "sql/tbl/sql_trace_words.h"
#undef SQL_TRACE_WORD
};

static const struct {
    uint8_t where, traces;
} rows[ROWS] = {
#define SQL_TRACE_WORD(word, where, traces) [ROW_##word] = { where, SQL_TRACE_##traces },
#include "sql/tbl/sql_trace_words.h"
#undef SQL_TRACE_WORD
};

static struct words words;

__attribute__((constructor)) static void fill_words(void)
{
    words_fill(&words, names, ROWS);
}

static bool is_of_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static unsigned traces_of(struct span word, bool is_show)
{
    size_t row = words_find(&words, word);
    return is_show || rows[row].where == ANYWHERE ? rows[row].traces : 0;
}

unsigned sql_traces(struct span sql, bool is_show)
{
    unsigned traces = 0;
    size_t at = 0;
    while (at < sql.len) {
        size_t from = at;
        while (at < sql.len && is_of_word(sql.data[at]))
            at++;
        if (at > from)
            traces |= traces_of(span_of(sql.data + from, at - from), is_show);
        else
            at++;
    }
    return traces;
}
