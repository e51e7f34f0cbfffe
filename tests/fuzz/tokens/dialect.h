/* dialect: the SQL dialect of a fuzzed text; the text's first byte chooses it. */
#pragma once

#include "tokens/lexer.h"

static inline struct sql_dialect fuzz_dialect(uint8_t bits)
{
    return (struct sql_dialect){
        .family = (enum sql_family)(bits % 3),
        .no_backslash_escapes = bits & 4,
        .ansi_quotes = bits & 8,
        .is_utf8 = bits & 16,
        .unsafe_charset = bits & 32,
        .multi_statements = bits & 64,
    };
}
