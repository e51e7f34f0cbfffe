#include "mysql/sesstrack.h"

#include "mysql/wire.h"

void sesstrack_begin(struct sesstrack_walk *walk, struct span session)
{
    *walk = (struct sesstrack_walk){ .rest = session };
}

static bool malformed(struct sesstrack_walk *walk)
{
    *walk = (struct sesstrack_walk){ .is_malformed = true };
    return false;
}

static bool next_variable(struct sesstrack_walk *walk, struct sesstrack_change *change_r)
{
    struct wire_reader reader = wire_reader_of(walk->variables);
    *change_r = (struct sesstrack_change){ .type = SESSTRACK_VARIABLE, .entry = walk->entry };
    change_r->name = wire_read_lenenc_span(&reader);
    change_r->value = wire_read_lenenc_span(&reader);
    walk->variables = wire_read_rest(&reader);
    return reader.failed ? malformed(walk) : true;
}

/* The value of an entry that is not a list of variables. Each type encodes its value differently. */
static bool read_value(struct sesstrack_change *change, struct span data)
{
    struct wire_reader reader = wire_reader_of(data);
    switch (change->type) {
    case SESSTRACK_GTIDS:
        (void)wire_read_u8(&reader); /* encoding: always 0 */
        change->value = wire_read_lenenc_span(&reader);
        break;
    case SESSTRACK_SCHEMA:
    case SESSTRACK_CHARACTERISTICS:
    case SESSTRACK_TRANSACTION:
        change->value = wire_read_lenenc_span(&reader);
        break;
    default: /* STATE_CHANGE has no inner length; the encoding of unknown types is not known */
        change->value = data;
        break;
    }
    return !reader.failed;
}

bool sesstrack_next(struct sesstrack_walk *walk, struct sesstrack_change *change_r)
{
    while (walk->variables.len == 0) {
        if (walk->rest.len == 0)
            return false;
        struct wire_reader reader = wire_reader_of(walk->rest);
        uint8_t type = wire_read_u8(&reader);
        struct span data = wire_read_lenenc_span(&reader);
        if (reader.failed)
            return malformed(walk);
        walk->entry = span_of(walk->rest.data, (size_t)(reader.at - walk->rest.data));
        walk->rest = wire_read_rest(&reader);
        if (type == SESSTRACK_VARIABLE) {
            walk->variables = data; /* no variables: continue with the next entry */
            continue;
        }
        *change_r = (struct sesstrack_change){ .type = type, .entry = walk->entry };
        return read_value(change_r, data) ? true : malformed(walk);
    }
    return next_variable(walk, change_r);
}
