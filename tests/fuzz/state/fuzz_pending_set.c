/* No SET crashes the reader. The SET that is repeated on another server is plain: names without quotes, and
 * literals without a quote or backslash inside. It reads back as the same constants in the other server's
 * dialect. The first byte chooses the dialect. */
#include "state/pending_set.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '+' || c == '-' || c == '$';
}

static size_t skip_plain(struct span sql, size_t at)
{
    while (at < sql.len && is_plain(sql.data[at]))
        at++;
    return at;
}

/* Skips a plain string or a plain word. Returns where it ends. */
static size_t skip_literal(struct span sql, size_t at)
{
    size_t begin = at;
    if (at < sql.len && sql.data[at] == '\'') {
        for (at++; at < sql.len && sql.data[at] != '\''; at++)
            assert(sql.data[at] >= ' ' && sql.data[at] < 0x7f && sql.data[at] != '\\' && sql.data[at] != '"');
        assert(at < sql.len);
        return at + 1;
    }
    at = skip_plain(sql, at);
    assert(at > begin);
    return at;
}

static size_t skip_text(struct span sql, size_t at, const char *text)
{
    size_t len = strlen(text);
    bool is_there = sql.len - at >= len && memcmp(sql.data + at, text, len) == 0;
    return is_there ? at + len : at;
}

/* Skips a user variable's name up to its backquote. */
static size_t skip_quoted(struct span sql, size_t at)
{
    for (; at < sql.len && sql.data[at] != '`'; at++)
        assert(sql.data[at] >= ' ' && sql.data[at] < 0x7f);
    return at;
}

/* names literal [COLLATE literal] | charset literal | name=literal | @`name`=literal */
static size_t skip_item(struct span sql, size_t at)
{
    size_t value = skip_text(sql, at, "charset ");
    if (value > at)
        return skip_literal(sql, value);
    value = skip_text(sql, at, "names ");
    if (value > at) {
        size_t end = skip_literal(sql, value), collation = skip_text(sql, end, " COLLATE ");
        return collation > end ? skip_literal(sql, collation) : end;
    }
    size_t name = skip_text(sql, at, "@`");
    size_t end = name > at ? skip_quoted(sql, name) : skip_plain(sql, name);
    assert(end > name);
    size_t equals = skip_text(sql, end, name > at ? "`=" : "=");
    assert(equals > end);
    return skip_literal(sql, equals);
}

/* SET item,item … */
static void check_form(struct span sql)
{
    assert(sql.len > 4 && memcmp(sql.data, "SET ", 4) == 0);
    size_t at = skip_item(sql, 4);
    while (at < sql.len) {
        assert(sql.data[at] == ',');
        at = skip_item(sql, at + 1);
    }
}

/* `SET password = …` without backquotes is another statement; with them (`password`) every server refuses it.
 */
static bool is_form_of_its_own(const struct pending_set *changes)
{
    return changes->needs_pin || changes->expected.len > 0;
}

static void check_again(struct span sql, unsigned bits)
{
    struct sql_dialect other = {
        .family = (enum sql_family)(bits % 3),
        .no_backslash_escapes = bits & 4,
        .ansi_quotes = bits & 8,
        .oracle = bits & 16,
    };
    struct text again = { 0 };
    struct pending_set *changes = pending_set_read(sql, &other);
    assert(changes != NULL);
    vars_diff(&changes->constants, 0, 0, &again);
    assert(is_form_of_its_own(changes) || span_equal(text_span(&again), sql));
    text_fini(&again);
    pending_set_fini(changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned bits = data[0];
    struct sql_dialect dialect = {
        .family = (enum sql_family)(bits % 3),
        .no_backslash_escapes = bits & 4,
        .ansi_quotes = bits & 8,
        .oracle = bits & 16,
        .unsafe_charset = bits & 32,
        .is_utf8 = bits & 64,
    };
    struct pending_set *changes = pending_set_read(span_of(data + 1, size - 1), &dialect);
    assert(changes != NULL);
    assert(changes->expected.len == 0 || changes->expected.data[changes->expected.len - 1] == '\0');
    assert(changes->count > 0 || changes->needs_pin);
    struct text out = { 0 };
    vars_diff(&changes->constants, 0, 0, &out);
    if (out.len > 0) {
        check_form(text_span(&out));
        check_again(text_span(&out), bits / 3);
        check_again(text_span(&out), bits ^ 12);
    }
    text_clear(&out);
    user_variables_say(&changes->user, 0, &out);
    if (out.len > 0)
        check_form(text_span(&out));
    struct vars vars = { 0 };
    bool is_fine = pending_set_commit(changes, &vars, 0);
    assert(!is_fine || (!changes->needs_pin && changes->expected.len == 0));
    vars_fini(&vars);
    text_fini(&out);
    pending_set_fini(changes);
    return 0;
}
