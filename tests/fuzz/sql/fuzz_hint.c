/* The search for hints ends in any text. Each hint lies in the text, behind the mark, in one piece. A text
 * without a mark for classify() has no hints. The first byte chooses the dialect. */
#include "../tokens/dialect.h"
#include "sql/classify.h"
#include "sql/hint.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_in_one_piece(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == ' ' || text.data[i] == ',' || text.data[i] == '\n')
            return false;
    return text.len > 0;
}

static void check(const struct hint *hint, struct span sql)
{
    assert(hint->text.data >= sql.data && hint->text.data + hint->text.len <= sql.data + sql.len);
    assert(is_in_one_piece(hint->text));
    assert(span_mentions(span_of(sql.data, (size_t)(hint->text.data - sql.data)), HINT_MARK));
    assert(hint->kind != HINT_TIMEOUT || hint->timeout_us > 0);
    assert((hint->kind != HINT_SERVER && hint->kind != HINT_AFTER) || hint->value.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct sql_dialect dialect = fuzz_dialect(data[0]);
    struct span sql = span_of(data + 1, size - 1);
    struct hint_walk walk;
    struct hint hint;
    size_t count = 0;
    hint_begin(&walk, sql, &dialect);
    while (hint_next(&walk, &hint)) {
        check(&hint, sql);
        assert(++count <= sql.len);
    }
    if (count > 0 && sql.len <= SQL_TEXT_MAX)
        assert(classify(sql, false, &dialect).has_hint);
    return 0;
}
