/* Reads expressions and queries in stored code, token by token. */
#include "stored_code/stored_code_walk.h"

#include "stored_code/calls.h"
#include "tokens/keywords.h"

void stored_code_lose(struct code *code)
{
    code->is_lost = true;
    code->effects |= CODE_UNKNOWN;
}

bool stored_code_is_word(const struct code *code, const char *word)
{
    return token_is_word(code->reader.token, word);
}

/* ---- names ---- */

void stored_code_tell(struct code *code, const struct code_name *name)
{
    if (code->on_name != NULL)
        code->on_name(code->owner, name);
}

/* Reads a function call. LAST_INSERT_ID(x) is not handled here: the reader notes it (has_given_id). */
static void read_call(struct code *code, struct span schema)
{
    static const unsigned effects[] = {
        [FUNCTION_UNKNOWN] = 0, /* the name is passed to the caller */
        [FUNCTION_PURE] = 0,
        [FUNCTION_FOUND_ROWS] = CODE_PRIMARY,
        [FUNCTION_PREVIOUS] = CODE_PRIMARY,
        [FUNCTION_LAST_INSERT_ID] = CODE_PRIMARY,
        [FUNCTION_USER_LOCK] = CODE_PRIMARY, /* the reader notes which functions take or release locks */
        [FUNCTION_SEQUENCE] = CODE_SEQUENCE,
        [FUNCTION_SERVER] = CODE_PRIMARY,
    };
    enum function_effect effect = call_effect(&code->reader);
    if (stored_code_is_word(code, "JSON_TABLE")) /* called as a function, it is a stored function */
        effect = FUNCTION_UNKNOWN;
    code->effects |= effects[effect];
    if (stored_code_is_word(code, "CONNECTION_ID"))
        code->effects |= CODE_ASKS_ID;
    if (effect == FUNCTION_UNKNOWN)
        stored_code_tell(code, &(struct code_name){ .kind = CODE_FUNCTION,
                                                    .schema = schema,
                                                    .name = token_name(code->reader.token) });
}

/* ---- tokens of expressions and queries ---- */

struct walk {
    enum stop stop;
    unsigned depth;        /* open parentheses */
    unsigned cases;        /* open CASE expressions */
    struct span qualifier; /* the name before the last dot */
    bool has_into;
    bool has_user_variable;
};

static bool is_stop(const struct code *code, const struct walk *walk)
{
    const struct reader *reader = &code->reader;
    if (walk->depth > 0 || walk->cases > 0)
        return false;
    switch (walk->stop) {
    case STOP_NONE:
        return false;
    case STOP_THEN:
        return reader->keyword == KEYWORD_THEN;
    case STOP_DO:
        return reader->keyword == KEYWORD_DO;
    case STOP_WHEN:
        return reader->keyword == KEYWORD_WHEN;
    case STOP_END:
        return reader->keyword == KEYWORD_END;
    case STOP_COMMA:
        return token_is_punct(reader->token, ',');
    }
    return false;
}

/* Not a function: `AS t (columns)`, `AS CHAR(3)`, and the name of a table before a list of columns. */
static bool is_function(const struct code *code, bool is_table)
{
    const struct reader *reader = &code->reader;
    return reader_is_call(reader) && !is_table && reader->before_keyword != KEYWORD_AS &&
           !call_is_grammar(reader);
}

static void read_name(struct code *code, struct walk *walk, bool is_table)
{
    const struct reader *reader = &code->reader;
    bool is_qualified = token_is_punct(reader->before, '.');
    struct span name = token_name(reader->token);
    if (is_function(code, is_table))
        read_call(code, is_qualified ? walk->qualifier : SPAN_NONE);
    else if (is_qualified && (span_is_nocase(name, "nextval") || span_is_nocase(name, "currval")))
        code->effects |= CODE_SEQUENCE;
    if (token_is_punct(reader->ahead, '.'))
        walk->qualifier = name;
}

static void read_into(struct code *code, struct walk *walk)
{
    const struct token *ahead = code->reader.ahead;
    walk->has_into = true;
    if (token_is_word(ahead, "OUTFILE") || token_is_word(ahead, "DUMPFILE"))
        stored_code_lose(code);
}

static void read_keyword(struct code *code, struct walk *walk)
{
    switch ((int)code->reader.keyword) {
    case KEYWORD_CASE:
        walk->cases++;
        break;
    case KEYWORD_END:
        if (walk->cases == 0)
            stored_code_lose(code);
        else
            walk->cases--;
        break;
    case KEYWORD_FOR:
        /* FOR UPDATE, FOR SHARE. The reader notes [NEXT | PREVIOUS] VALUE FOR (has_sequence). */
        if (token_is_word(code->reader.ahead, "UPDATE") || token_is_word(code->reader.ahead, "SHARE"))
            code->effects |= CODE_PRIMARY;
        break;
    case KEYWORD_INTO:
        read_into(code, walk);
        break;
    case KEYWORD_LOCK:
    case KEYWORD_SQL_CALC_FOUND_ROWS:
        code->effects |= CODE_PRIMARY;
        break;
    case KEYWORD_PROCEDURE: /* ANALYSE() */
        stored_code_lose(code);
        break;
    default:
        break;
    }
}

static void read_variable(struct code *code, struct walk *walk)
{
    bool is_user = token_is_user_variable(code->reader.token);
    bool is_id = span_mentions(code->reader.token->text, "pseudo_thread_id") ||
                 token_is_punct(code->reader.ahead, '.'); /* @@session.… */
    code->effects |= is_user ? CODE_READS_VARIABLES : is_id ? CODE_PRIMARY | CODE_ASKS_ID : CODE_PRIMARY;
    walk->has_user_variable |= is_user;
}

static void read_punct(struct code *code, struct walk *walk)
{
    if (token_is_punct(code->reader.token, '('))
        walk->depth++;
    else if (token_is_punct(code->reader.token, ')') && walk->depth == 0)
        stored_code_lose(code);
    else if (token_is_punct(code->reader.token, ')'))
        walk->depth--;
}

static void read_token(struct code *code, struct walk *walk, bool is_table)
{
    switch (code->reader.token->type) {
    case TOKEN_WORD:
        read_keyword(code, walk);
        read_name(code, walk, is_table);
        break;
    case TOKEN_QUOTED:
        read_name(code, walk, is_table);
        break;
    case TOKEN_VARIABLE:
        read_variable(code, walk);
        break;
    case TOKEN_PUNCT:
        read_punct(code, walk);
        break;
    case TOKEN_ASSIGN: /* @v := … */
        if (!token_is_user_variable(code->reader.before))
            stored_code_lose(code);
        code->effects |= CODE_SETS_VARIABLES;
        break;
    case TOKEN_HINT: /* a hint holds for its statement only */
        if (span_mentions(code->reader.token->text, "SET_VAR") ||
            span_mentions(code->reader.token->text, "RESOURCE_GROUP"))
            code->effects |= CODE_PRIMARY;
        break;
    case TOKEN_STRING:
    case TOKEN_NUMBER:
    case TOKEN_PARAMETER:
    case TOKEN_END:
        break;
    case TOKEN_BAD:
        stored_code_lose(code);
        break;
    }
}

/* Adds the effects of what the reader has noted. */
static void note_watched(struct code *code, const struct walk *walk)
{
    const struct reader *reader = &code->reader;
    unsigned none = 1u << USER_LOCK_NONE, ask = 1u << USER_LOCK_ASK;
    if ((reader->user_locks & ~(none | ask)) != 0)
        code->effects |= CODE_TAKES_LOCKS;
    if (reader->has_given_id)
        code->effects |= CODE_INSERT_ID;
    if (reader->has_sequence)
        code->effects |= CODE_SEQUENCE;
    if (walk->has_into && walk->has_user_variable)
        code->effects |= CODE_SETS_VARIABLES;
}

void stored_code_walk(struct code *code, enum stop stop)
{
    struct walk walk = { .stop = stop };
    struct reader *reader = &code->reader;
    table_names_begin(&code->tables);
    for (; !reader_at_end(reader) && !is_stop(code, &walk) && !code->is_lost; reader_advance(reader)) {
        struct table_name table;
        bool is_table;
        if (table_names_step(&code->tables, reader, &table, &is_table)) {
            if (code_name_is_system(table.schema))
                code->effects |= CODE_PRIMARY;
            stored_code_tell(code, &(struct code_name){ .kind = CODE_TABLE,
                                                        .schema = table.schema,
                                                        .name = table.name,
                                                        .is_written = table.is_written });
        }
        read_token(code, &walk, is_table);
    }
    note_watched(code, &walk);
    if (walk.depth > 0 || walk.cases > 0 || code->tables.is_lost)
        stored_code_lose(code);
    if (stop != STOP_NONE && stop != STOP_COMMA && reader_at_end(reader))
        stored_code_lose(code);
}
