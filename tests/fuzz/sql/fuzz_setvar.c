/* The walk ends, its spans lie inside the text, and constants have a form that can be written again. The
 * first byte chooses the dialect. */
#include "sql/setvar.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct span part, struct span whole)
{
    assert(part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len));
}

static void check_change(const struct setvar_change *change, struct span sql)
{
    check_inside(change->name, sql);
    check_inside(change->value, sql);
    check_inside(change->collation, sql);
    assert(change->is_constant || change->value.len == 0);
    /* A role that is not constant cannot be set on another connection: several roles, or a name outside
     * ASCII. */
    bool is_role = change->scope == SETVAR_ROLE && change->is_constant;
    assert(!is_role || change->value.len > 0 || change->is_string);
    bool is_transaction = change->scope == SETVAR_TRANSACTION || change->scope == SETVAR_GLOBAL;
    assert(is_transaction || (!change->sets_isolation && !change->sets_access));
    assert(!change->is_read_only || change->sets_access);
    for (size_t i = 0; i < change->value.len && change->is_string; i++)
        assert(change->value.data[i] >= ' ' && change->value.data[i] < 0x7f && change->value.data[i] != '\'');
    if (change->scope == SETVAR_USER || change->scope == SETVAR_SESSION)
        assert(change->name.len > 0 || change->scope == SETVAR_USER || change->name.data != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span sql = span_of(data + 1, size - 1);
    struct sql_dialect dialect = {
        .family = (enum sql_family)(data[0] % 3),
        .no_backslash_escapes = data[0] & 4,
        .ansi_quotes = data[0] & 8,
    };
    struct setvar_walk walk;
    struct setvar_change change;
    size_t changes = 0;
    setvar_begin(&walk, sql, &dialect);
    while (setvar_next(&walk, &change)) {
        check_change(&change, sql);
        assert(++changes <= size);
    }
    assert(!setvar_next(&walk, &change));
    return 0;
}
