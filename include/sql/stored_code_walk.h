/* What the parts of the reader of stored code share; for stored_code.c and stored_code_walk.c. */
#ifndef HEADGATE_SQL_STORED_CODE_WALK_H
#define HEADGATE_SQL_STORED_CODE_WALK_H

#include "sql/code_effects.h"
#include "sql/code_names.h"
#include "sql/reader.h"
#include "sql/table_names.h"

enum { STORED_CODE_LOCALS_MAX = 128 };

struct code {
    struct reader reader;
    enum code_kind kind;
    unsigned effects;
    bool is_lost;
    unsigned nesting;                           /* statements within statements */
    struct span locals[STORED_CODE_LOCALS_MAX]; /* variables of the code, without quotes; more of them are
                                       taken for system variables */
    size_t local_count;
    struct table_names tables;
    void (*on_name)(void *owner, const struct code_name *name);
    void *owner;
};

/* Where a walk over tokens ends, beside a semicolon and the end of the text. */
enum stop { STOP_NONE, STOP_THEN, STOP_DO, STOP_WHEN, STOP_END, STOP_COMMA };

/* The text is not as the grammar has it, or not known: CODE_UNKNOWN, and nothing more is read. */
void stored_code_lose(struct code *code);
/* The current token is this unquoted word, in any case. */
bool stored_code_is_word(const struct code *code, const char *word);

/* A name that the body uses, to the caller. */
void stored_code_tell(struct code *code, const struct code_name *name);

/* An expression or a query, from the current token up to the stop, which stays the current one: its
 * functions, tables and variables. */
void stored_code_walk(struct code *code, enum stop stop);

#endif
