/* Any bytes as session tracking: the walk ends and stays inside the input, and all whole entries together are
 * the input again. */
#include "input.h"

#include "mysql/sesstrack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span session = { data, size };
    struct sesstrack_walk walk;
    struct sesstrack_change change;
    const uint8_t *entries_end = data;
    sesstrack_begin(&walk, session);
    while (sesstrack_next(&walk, &change)) {
        MUST(input_holds(session, change.entry));
        MUST(input_holds(change.entry, change.name) && input_holds(change.entry, change.value));
        MUST(change.entry.data[0] == change.type);
        MUST(change.entry.data + change.entry.len >= entries_end);
        entries_end = change.entry.data + change.entry.len;
    }
    MUST(walk.is_malformed || walk.rest.len == 0);
    return 0;
}
