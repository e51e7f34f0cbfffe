#include "mysql/stmt.h"

#include "mysql/command.h"
#include "mysql/wire.h"

#define ID_OFFSET 1u

bool stmt_parse_execute(struct span payload, uint16_t params, struct stmt_execute *execute_r)
{
    struct wire_reader reader = wire_reader_of(payload);
    *execute_r = (struct stmt_execute){ 0 };
    if (wire_read_u8(&reader) != COM_STMT_EXECUTE)
        return false;
    execute_r->id = wire_read_u32(&reader);
    execute_r->flags = wire_read_u8(&reader);
    (void)wire_read_u32(&reader); /* iteration count: always 1 */
    if (params == 0 || reader.failed)
        return !reader.failed;
    (void)wire_read_bytes(&reader, (params + 7u) / 8); /* which ones are NULL */
    execute_r->bound_offset = payload.len - wire_left(&reader);
    execute_r->has_types = wire_read_u8(&reader) != 0;
    if (execute_r->has_types)
        execute_r->types = wire_read_bytes(&reader, 2 * (size_t)params);
    return !reader.failed;
}

void stmt_put_execute(struct text *out, struct span payload, const struct stmt_execute *execute, uint32_t id,
                      struct span types)
{
    size_t at = out->len;
    bool inserts = types.len > 0 && !execute->has_types && execute->bound_offset > 0;
    size_t head = inserts ? execute->bound_offset : payload.len;
    (void)text_append(out, payload.data, head);
    if (inserts) {
        wire_put_u8(out, 1);
        (void)text_append_span(out, types);
        (void)text_append(out, payload.data + head + 1, payload.len - head - 1);
    }
    if (!out->is_oom)
        wire_store_u32((uint8_t *)out->data + at + ID_OFFSET, id);
}
