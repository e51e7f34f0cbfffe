#include "mysql/track_defaults.h"

#include "mysql/sesstrack.h"

#include <string.h>

const struct track_defaults track_defaults_factory = {
    .types = 1u << SESSTRACK_SCHEMA,
    .names = "autocommit,character_set_client,character_set_connection,character_set_results,time_zone",
};

static bool is_on(struct span value)
{
    return span_is(value, "1") || span_is_nocase(value, "ON");
}

void track_defaults_read(struct track_defaults *tracked, struct span names, struct span schema,
                         struct span state, struct span transaction, struct span gtids)
{
    bool has_transaction = transaction.len > 0 && !span_is_nocase(transaction, "OFF");
    bool has_gtids = gtids.len > 0 && !span_is_nocase(gtids, "OFF");
    unsigned types = (is_on(schema) ? 1u << SESSTRACK_SCHEMA : 0) |
                     (is_on(state) ? 1u << SESSTRACK_STATE_CHANGE : 0) |
                     (has_transaction ? 1u << SESSTRACK_TRANSACTION : 0) |
                     (span_is_nocase(transaction, "CHARACTERISTICS") ? 1u << SESSTRACK_CHARACTERISTICS : 0) |
                     (has_gtids ? 1u << SESSTRACK_GTIDS : 0);
    *tracked = (struct track_defaults){ .types = (uint8_t)types };
    if (!span_copy_cstr(names, tracked->names, sizeof tracked->names))
        (void)strcpy(tracked->names, "*");
}

static struct span trim(struct span span)
{
    while (span.len > 0 && span.data[0] == ' ')
        span = span_of(span.data + 1, span.len - 1);
    while (span.len > 0 && span.data[span.len - 1] == ' ')
        span.len--;
    return span;
}

bool track_defaults_lists(struct span names, struct span variable)
{
    for (size_t at = 0; at < names.len;) {
        const uint8_t *comma = memchr(names.data + at, ',', names.len - at);
        size_t end = comma != NULL ? (size_t)(comma - names.data) : names.len;
        struct span name = trim(span_of(names.data + at, end - at));
        if (span_is(name, "*") || span_equal_nocase(name, variable))
            return true;
        at = end + 1;
    }
    return false;
}
