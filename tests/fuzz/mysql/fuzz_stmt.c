/* Any bytes as COM_STMT_EXECUTE, with and without attribute names. A command written with types is read again
 * with the same types. */
#include "input.h"

#include "mysql/stmt.h"

static struct span types_of(struct text *types, uint16_t params, bool has_attributes)
{
    for (unsigned i = 0; i < params; i++) {
        (void)text_append(types, "\3\0", 2);
        if (has_attributes)
            (void)text_append(types, "\1n", 2);
    }
    return text_span(types);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    uint8_t first = input_u8(&input);
    bool has_attributes = (first & 0x80) != 0;
    uint16_t params = (uint16_t)((first & 0x7F) * input_u8(&input));
    struct stmt_execute execute, again;
    if (!stmt_parse_execute(input, params, has_attributes, &execute))
        return 0;
    MUST(input_holds(input, execute.types));
    MUST(execute.bound_offset < input.len);
    struct text types = { 0 }, out = { 0 };
    stmt_put_execute(&out, input, &execute, 0x01020304, types_of(&types, params, has_attributes));
    bool inserts = params > 0 && !execute.has_types && execute.bound_offset > 0;
    MUST(stmt_parse_execute(text_span(&out), params, has_attributes, &again));
    MUST(again.id == 0x01020304 && again.flags == execute.flags &&
         again.bound_offset == execute.bound_offset);
    MUST(again.has_types == (execute.has_types || inserts));
    MUST(has_attributes || again.has_types == (params > 0));
    MUST(out.len == input.len + (inserts ? (has_attributes ? 3 : 2) * (size_t)params : 0));
    text_fini(&out);
    text_fini(&types);
    return 0;
}
