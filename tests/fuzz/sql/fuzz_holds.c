/* The walk ends, its spans lie inside the text, and every kind that it reports was announced. With another
 * statement in the same text at least as much is taken and nothing is given back. The first byte chooses the
 * dialect. */
#include "sql/classify.h"
#include "sql/holds.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct counts {
    size_t taken, given;
};

static void check_inside(struct span part, struct span whole)
{
    assert(part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len));
}

static void check_change(const struct hold_change *change, struct span sql)
{
    check_inside(change->schema, sql);
    check_inside(change->to_schema, sql);
    check_inside(change->to_name, sql);
    check_inside(change->text, sql);
    if (change->hold != HOLD_BACKUP_LOCK)
        check_inside(change->name, sql);
    assert(change->hold < HOLD_COUNT);
    assert(change->effect != HOLD_GIVE || change->name.len > 0);
    assert(change->effect != HOLD_GIVE_ALL || change->name.len == 0);
    assert((change->effect == HOLD_RENAME) == (change->to_name.len > 0));
    assert(change->text.len == 0 || (change->hold == HOLD_PREPARED && change->effect == HOLD_TAKE));
}

static struct counts walk_all(struct span sql, const struct sql_dialect *dialect)
{
    struct holds_walk walk;
    struct hold_change change;
    struct counts counts = { 0 };
    holds_begin(&walk, sql, dialect);
    while (holds_next(&walk, &change)) {
        check_change(&change, sql);
        counts.taken += change.effect == HOLD_TAKE || change.effect == HOLD_RENAME;
        counts.given += change.effect != HOLD_TAKE;
        assert(counts.taken + counts.given <= 2 * sql.len);
    }
    assert(!holds_next(&walk, &change));
    return counts;
}

static void check_beside(struct span sql, const struct sql_dialect *dialect, size_t taken)
{
    static const char before[] = "SELECT 1;";
    uint8_t *text = malloc(sizeof before - 1 + sql.len);
    assert(text != NULL);
    memcpy(text, before, sizeof before - 1);
    memcpy(text + sizeof before - 1, sql.data, sql.len);
    struct counts counts = walk_all(span_of(text, sizeof before - 1 + sql.len), dialect);
    assert(counts.taken >= taken && counts.given == 0);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > SQL_TEXT_MAX / 2)
        return 0;
    uint8_t bits = data[0];
    struct span sql = span_of(data + 1, size - 1);
    struct sql_dialect dialect = {
        .family = (enum sql_family)(bits % 3),
        .no_backslash_escapes = bits & 4,
        .ansi_quotes = bits & 8,
        .oracle = bits & 16,
        .ignore_space = bits & 32,
        .multi_statements = bits & 64,
        .is_utf8 = bits & 128,
    };
    struct sql_facts facts = classify(sql, false, &dialect);
    struct counts counts = walk_all(sql, &dialect);
    assert(facts.has_holds || counts.taken + counts.given == 0);
    if (facts.kind != SQL_EMPTY && (counts.taken > 0 || counts.given > 0))
        check_beside(sql, &dialect, counts.taken);
    return 0;
}
