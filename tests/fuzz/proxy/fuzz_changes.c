/* No SET crashes the reader, and what would be repeated on another server is plain: names without quotes,
 * literals without a quote or backslash inside, read back as the same constants whatever the other server's
 * dialect. The first byte chooses the dialect.
 */
#include "proxy/changes.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '+' || c == '-' || c == '$';
}

/* SET name=literal,name=literal … */
static void check_form(struct span sql)
{
    size_t at = 4;
    assert(sql.len > 4 && memcmp(sql.data, "SET ", 4) == 0);
    for (;;) {
        size_t begin = at;
        while (at < sql.len && is_plain(sql.data[at]))
            at++;
        assert(at > begin && at < sql.len && sql.data[at] == '=');
        begin = ++at;
        if (at < sql.len && sql.data[at] == '\'') {
            for (at++; at < sql.len && sql.data[at] != '\''; at++)
                assert(sql.data[at] >= ' ' && sql.data[at] < 0x7f && sql.data[at] != '\\' &&
                       sql.data[at] != '"');
            assert(at < sql.len);
            at++;
        } else {
            while (at < sql.len && is_plain(sql.data[at]))
                at++;
        }
        assert(at > begin);
        if (at == sql.len)
            return;
        assert(sql.data[at] == ',');
        at++;
    }
}

/* `SET password = …` without backquotes is another statement, `SET `password` = …` an error on every server.
 */
static bool is_form_of_its_own(const struct changes *changes)
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
    struct changes *changes = changes_read(sql, &other);
    assert(changes != NULL);
    vars_diff(&changes->constants, 0, &again);
    assert(is_form_of_its_own(changes) || span_equal(text_span(&again), sql));
    text_fini(&again);
    changes_fini(changes);
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
    struct changes *changes = changes_read(span_of(data + 1, size - 1), &dialect);
    assert(changes != NULL);
    assert(changes->expected.len == 0 || changes->expected.data[changes->expected.len - 1] == '\0');
    assert(changes->count > 0 || changes->needs_pin);
    struct text out = { 0 };
    vars_diff(&changes->constants, 0, &out);
    if (out.len > 0) {
        check_form(text_span(&out));
        check_again(text_span(&out), bits / 3);
        check_again(text_span(&out), bits ^ 12);
    }
    struct vars vars = { 0 };
    bool is_fine = changes_commit(changes, &vars, 0);
    assert(!is_fine || (!changes->needs_pin && changes->expected.len == 0));
    vars_fini(&vars);
    text_fini(&out);
    changes_fini(changes);
    return 0;
}
