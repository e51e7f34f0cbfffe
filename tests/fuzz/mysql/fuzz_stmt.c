/* COM_STMT_EXECUTE of any bytes: what is put with types is read again with those types. */
#include "input.h"

#include "mysql/stmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = { data, size };
    uint16_t params = (uint16_t)(input_u8(&input) * input_u8(&input));
    struct stmt_execute execute, again;
    if (!stmt_parse_execute(input, params, &execute))
        return 0;
    MUST(input_holds(input, execute.types));
    MUST(execute.bound_offset < input.len);
    uint8_t *types = calloc(1, 2 * (size_t)params + 1);
    struct text out = { 0 };
    MUST(types != NULL);
    stmt_put_execute(&out, input, &execute, 0x01020304, span_of(types, 2 * (size_t)params));
    MUST(stmt_parse_execute(text_span(&out), params, &again));
    MUST(again.id == 0x01020304 && again.flags == execute.flags &&
         again.bound_offset == execute.bound_offset);
    MUST(again.has_types == (params > 0));
    MUST(out.len == input.len + (execute.has_types ? 0 : 2 * (size_t)params));
    text_fini(&out);
    free(types);
    return 0;
}
