/* Names of stored code and tables, and how they compare: without case, in ASCII. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum code_kind {
    CODE_FUNCTION,
    CODE_PROCEDURE,
    CODE_TRIGGER,
    CODE_BLOCK, /* a client's BEGIN NOT ATOMIC, IF, LOOP …: the text of the statement itself */
    CODE_TABLE  /* table or view. Of a text: the query of a view. Of a name: used in FROM, INTO, UPDATE … */
};

/* A name that stored code uses: of a routine, table or view. */
struct code_name {
    enum code_kind kind; /* CODE_FUNCTION, CODE_PROCEDURE, CODE_TABLE */
    struct span schema;  /* without quotes, doubled quotes inside stay; empty: the current schema. Borrows */
    struct span name;    /* likewise */
    bool is_written;     /* CODE_TABLE: the statement changes the table, so its triggers may run */
};

/* The servers' limit of a name's length, in characters. */
#define CODE_NAME_CHARS_MAX 64

/* Equal for names that code_name_compare() calls equal. */
uint64_t code_name_hash(enum code_kind kind, struct span name);
/* Negative, 0 or positive. Without case, in ASCII. */
int code_name_compare(struct span a, struct span b);
/* Only ASCII and no quote: the name is spelled with the same bytes in every character set. */
bool code_name_is_plain(struct span name);
/* Characters of a name in UTF-8, at most CODE_NAME_CHARS_MAX. */
size_t code_name_chars(struct span name);
/* The name contains a quote of identifiers, ` or ". */
bool code_name_has_quote(struct span name);
/* Is this a system schema? Its tables describe the server, or the connection, that reads them. */
bool code_name_is_system(struct span schema);
