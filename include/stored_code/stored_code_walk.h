/* Expressions and queries in stored code, token by token: the part of stored_code.c that looks for functions,
 * tables and variables. */
#pragma once

#include "stored_code/code_effects.h"
#include "stored_code/code_names.h"
#include "tokens/reader.h"
#include "stored_code/table_names.h"

enum { STORED_CODE_LOCALS_MAX = 128 };

struct code {
    struct reader reader;
    enum code_kind kind;
    unsigned effects;
    bool is_lost;                               /* the text was not understood: see stored_code_lose() */
    unsigned nesting;                           /* statements within statements */
    struct span locals[STORED_CODE_LOCALS_MAX]; /* variables of the code, without quotes; further ones are
                                       taken for system variables */
    size_t local_count;
    struct table_names tables;
    void (*on_name)(void *owner, const struct code_name *name);
    void *owner;
};

/* Where a walk over tokens ends, apart from a semicolon and the end of the text. */
enum stop { STOP_NONE, STOP_THEN, STOP_DO, STOP_WHEN, STOP_END, STOP_COMMA };

/* The text is not understood: adds CODE_UNKNOWN and stops reading. */
void stored_code_lose(struct code *code);
/* The current token is this unquoted word, in any case. */
bool stored_code_is_word(const struct code *code, const char *word);

/* Passes a name that the body uses to the caller of stored_code_read(). */
void stored_code_tell(struct code *code, const struct code_name *name);

/* Reads an expression or a query from the current token up to the stop, which becomes the current token. */
void stored_code_walk(struct code *code, enum stop stop);
