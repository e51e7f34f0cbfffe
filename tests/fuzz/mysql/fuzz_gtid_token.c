/* A token that was read is printed as a token of the same meaning (a number may have had leading zeros). */
#include "input.h"

#include "mysql/gtid_token.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gtid_token token;
    char said[GTID_TOKEN_MAX];
    if (!gtid_token_parse(span_of(data, size), &token))
        return 0;
    MUST(!token.position.is_unknown);
    MUST(!token.is_newest || token.position.count == 0);
    gtid_token_print(&token, said);
    struct gtid_token again;
    MUST(gtid_token_parse(span_cstr(said), &again));
    MUST(again.family == token.family && again.is_newest == token.is_newest);
    MUST(gtid_position_covers(&again.position, &token.position) &&
         gtid_position_covers(&token.position, &again.position));
    return 0;
}
