/* Reads stored code. Statements are recognised by their first word, like those of clients (statements.c),
 * and nest:
 *
 *      read_statement ── read_block | read_if | read_loop …     statements between END, ELSE, UNTIL …
 *                     └─ stored_code_walk                       expressions and queries (stored_code_walk.c)
 *
 * When the text does not follow the grammar, stored_code_lose() stops the reading. The result is then
 * incomplete and has CODE_UNKNOWN. */
#include "stored_code/stored_code.h"

#include "stored_code/stored_code_walk.h"

enum { NESTING_MAX = 40 };

static void read_statement(struct code *code);

static bool accept_word(struct code *code, const char *word)
{
    bool is_there = stored_code_is_word(code, word);
    if (is_there)
        reader_advance(&code->reader);
    return is_there;
}

static void expect_word(struct code *code, const char *word)
{
    if (!accept_word(code, word))
        stored_code_lose(code);
}

/* ---- the code's own variables ---- */

static void add_local(struct code *code, struct span name)
{
    if (code->local_count < STORED_CODE_LOCALS_MAX)
        code->locals[code->local_count++] = name;
}

static bool is_local(const struct code *code, struct span name)
{
    for (size_t i = 0; i < code->local_count; i++)
        if (span_equal_nocase(code->locals[i], name))
            return true;
    return false;
}

/* Skips to the semicolon. */
static void skip(struct code *code)
{
    for (; !reader_at_end(&code->reader); reader_advance(&code->reader))
        if (code->reader.token->type == TOKEN_BAD)
            stored_code_lose(code);
}

/* ---- statements within statements ---- */

static bool begins_with_any(const struct code *code, const char *const words[], size_t count)
{
    return code->reader.token->type == TOKEN_WORD && span_is_among(code->reader.token->text, words, count);
}

static bool ends_list(const struct code *code)
{
    static const char *const words[] = { "END", "ELSE", "ELSEIF", "WHEN", "UNTIL" };
    return begins_with_any(code, words, sizeof words / sizeof *words);
}

/* statement; statement; … up to END, ELSE, ELSEIF, WHEN, UNTIL. */
static void read_list(struct code *code)
{
    while (!code->is_lost && !ends_list(code)) {
        read_statement(code);
        if (token_is_punct(code->reader.token, ';'))
            reader_advance(&code->reader);
        else
            stored_code_lose(code);
    }
}

/* END [word] [label] */
static void read_end(struct code *code, const char *word)
{
    expect_word(code, "END");
    if (word != NULL)
        expect_word(code, word);
    if (!reader_at_end(&code->reader) && token_is_name(code->reader.token))
        reader_advance(&code->reader);
}

/* BEGIN [NOT ATOMIC] … END. Variables that are declared in the block end with it. */
static void read_block(struct code *code)
{
    size_t outer = code->local_count;
    if (reader_accept(&code->reader, KEYWORD_NOT))
        expect_word(code, "ATOMIC");
    read_list(code);
    read_end(code, NULL);
    code->local_count = outer;
}

static void read_if(struct code *code)
{
    do {
        stored_code_walk(code, STOP_THEN);
        expect_word(code, "THEN");
        read_list(code);
    } while (!code->is_lost && accept_word(code, "ELSEIF"));
    if (accept_word(code, "ELSE"))
        read_list(code);
    read_end(code, "IF");
}

static void read_case(struct code *code)
{
    stored_code_walk(code, STOP_WHEN);
    while (!code->is_lost && accept_word(code, "WHEN")) {
        stored_code_walk(code, STOP_THEN);
        expect_word(code, "THEN");
        read_list(code);
    }
    if (accept_word(code, "ELSE"))
        read_list(code);
    read_end(code, "CASE");
}

static void read_loop(struct code *code)
{
    read_list(code);
    read_end(code, "LOOP");
}

static void read_while(struct code *code)
{
    stored_code_walk(code, STOP_DO);
    expect_word(code, "DO");
    read_list(code);
    read_end(code, "WHILE");
}

static void read_repeat(struct code *code)
{
    read_list(code);
    expect_word(code, "UNTIL");
    stored_code_walk(code, STOP_END);
    read_end(code, "REPEAT");
}

/* MariaDB: FOR i IN [REVERSE] 1 .. 5 DO, FOR row IN (SELECT …) DO, FOR row IN cursor(…) DO. */
static void read_for_loop(struct code *code)
{
    size_t outer = code->local_count;
    if (token_is_name(code->reader.token))
        add_local(code, token_name(code->reader.token));
    reader_advance(&code->reader);
    expect_word(code, "IN");
    (void)accept_word(code, "REVERSE");
    stored_code_walk(code, STOP_DO);
    expect_word(code, "DO");
    read_list(code);
    read_end(code, "FOR");
    code->local_count = outer;
}

/* ---- DECLARE ---- */

/* NOT FOUND, SQLSTATE '02000', 1062, name, … and then the handler's statement. */
static void read_handler(struct code *code)
{
    do {
        if (accept_word(code, "SQLSTATE"))
            (void)accept_word(code, "VALUE");
        else
            (void)accept_word(code, "NOT");
        reader_advance(&code->reader);
        if (!token_is_punct(code->reader.token, ','))
            break;
        reader_advance(&code->reader);
    } while (!reader_at_end(&code->reader));
    read_statement(code);
}

/* a, b TYPE [DEFAULT expression]; c CURSOR [(…)] FOR query; d CONDITION FOR …; … HANDLER FOR … statement */
static void read_declare(struct code *code)
{
    struct reader *reader = &code->reader;
    bool is_handler = token_is_word(reader->ahead, "HANDLER");
    bool is_variable =
        !is_handler && !token_is_word(reader->ahead, "CURSOR") && !token_is_word(reader->ahead, "CONDITION");
    bool is_cursor = token_is_word(reader->ahead, "CURSOR");
    for (; is_variable && token_is_name(reader->token); reader_advance(reader)) {
        add_local(code, token_name(reader->token));
        reader_advance(reader);
        if (!token_is_punct(reader->token, ','))
            break;
    }
    while (!reader_at_end(reader) && reader->keyword != (is_variable ? KEYWORD_DEFAULT : KEYWORD_FOR))
        reader_advance(reader);
    if (reader_at_end(reader))
        return;
    reader_advance(reader);
    if (is_handler)
        read_handler(code);
    else if (is_variable || is_cursor)
        stored_code_walk(code, STOP_NONE);
    else
        skip(code);
}

/* ---- SET ---- */

static bool is_insert_id(struct span name)
{
    return span_is_nocase(name, "last_insert_id") || span_is_nocase(name, "identity") ||
           span_is_nocase(name, "insert_id");
}

static bool is_assignment(const struct token *token)
{
    return token->type == TOKEN_ASSIGN || token_is_punct(token, '=');
}

/* The effects of setting the current name: `x =`, `row.field =`, `NEW.column =`, or words such as NAMES,
 * GLOBAL. */
static unsigned target_effects(const struct code *code)
{
    static const char *const session[] = { "NAMES", "CHARACTER", "CHARSET", "SESSION", "LOCAL" };
    const struct reader *reader = &code->reader;
    struct span name = token_name(reader->token);
    bool is_plain = is_assignment(reader->ahead) || token_is_punct(reader->ahead, '.');
    if (is_plain && is_local(code, name))
        return 0;
    if (code->kind == CODE_TRIGGER && token_is_word(reader->token, "NEW") &&
        token_is_punct(reader->ahead, '.'))
        return 0;
    if (is_plain)
        return CODE_SETS_SESSION | (is_insert_id(name) ? CODE_INSERT_ID : 0u);
    bool is_session = reader->token->type == TOKEN_WORD &&
                      (span_is_among(name, session, sizeof session / sizeof *session) ||
                       reader->keyword == KEYWORD_TRANSACTION || reader->keyword == KEYWORD_ROLE);
    return is_session ? CODE_SETS_SESSION | CODE_INSERT_ID : CODE_UNKNOWN;
}

static void read_target(struct code *code)
{
    struct reader *reader = &code->reader;
    if (token_is_user_variable(reader->token))
        code->effects |= CODE_SETS_VARIABLES;
    else if (reader->token->type == TOKEN_VARIABLE)
        code->effects |=
            CODE_SETS_SESSION | CODE_INSERT_ID |
            (span_mentions(reader->token->text, "global") || span_mentions(reader->token->text, "persist")
                 ? CODE_UNKNOWN
                 : 0u);
    else if (token_is_name(reader->token))
        code->effects |= target_effects(code);
    else
        stored_code_lose(code);
    while (!reader_at_end(reader) && !is_assignment(reader->token) && !token_is_punct(reader->token, ','))
        reader_advance(reader);
    if (is_assignment(reader->token))
        reader_advance(reader);
}

/* SET a = …, b = …. SET STATEMENT … FOR, GLOBAL, PASSWORD and the like are CODE_UNKNOWN. */
static void read_set(struct code *code)
{
    do {
        read_target(code);
        stored_code_walk(code, STOP_COMMA);
        if (!token_is_punct(code->reader.token, ','))
            break;
        reader_advance(&code->reader);
    } while (!code->is_lost);
}

/* ---- the other statements ---- */

static void read_expressions(struct code *code)
{
    stored_code_walk(code, STOP_NONE);
}

/* CALL name (arguments): the procedure may write to an argument. */
static void read_call_statement(struct code *code)
{
    struct reader *reader = &code->reader;
    struct code_name called = { .kind = CODE_PROCEDURE };
    if (token_is_punct(reader->ahead, '.')) {
        called.schema = token_name(reader->token);
        reader_advance(reader);
        reader_advance(reader);
    }
    called.name = token_name(reader->token);
    if (!token_is_name(reader->token) || token_is_punct(reader->ahead, '.')) { /* a procedure of a package */
        stored_code_lose(code);
        return;
    }
    stored_code_tell(code, &called);
    reader_advance(reader);
    stored_code_walk(code, STOP_NONE);
    if (reader->has_user_variable)
        code->effects |= CODE_SETS_VARIABLES;
}

/* FETCH [[NEXT] FROM] cursor INTO a, b; LEAVE, ITERATE, OPEN, CLOSE; GET DIAGNOSTICS a = NUMBER. */
static void read_plain(struct code *code)
{
    skip(code);
    if (code->reader.has_user_variable)
        code->effects |= CODE_SETS_VARIABLES;
}

static void read_show(struct code *code)
{
    for (; !reader_at_end(&code->reader); reader_advance(&code->reader))
        if (token_is_punct(code->reader.token, '('))
            stored_code_lose(code); /* SHOW … WHERE f(): a function may be called */
}

/* START TRANSACTION …. Other statements that begin with START are not known. */
static void read_start(struct code *code)
{
    if (code->reader.keyword != KEYWORD_TRANSACTION)
        stored_code_lose(code);
    skip(code);
}

/* COMMIT … RELEASE closes the connection. */
static void read_commit(struct code *code)
{
    for (; !reader_at_end(&code->reader); reader_advance(&code->reader))
        if (code->reader.keyword == KEYWORD_RELEASE && !token_is_word(code->reader.before, "NO") &&
            code->reader.before_keyword != KEYWORD_TO)
            stored_code_lose(code);
}

/* Does a word of views, routines or accounts begin here? A table counts only if it is renamed: it may get
 * the name of a former view. */
static bool is_code_word(const struct code *code)
{
    static const char *const words[] = { "VIEW",     "FUNCTION", "PROCEDURE", "TRIGGER", "PACKAGE",
                                         "DATABASE", "SCHEMA",   "RENAME",    "USER",    "ROLE" };
    return begins_with_any(code, words, sizeof words / sizeof *words);
}

/* CREATE, ALTER, DROP, RENAME, TRUNCATE. Without the word TEMPORARY, all but CREATE may act on a temporary
 * table. A query in the statement may run any code. */
static void read_schema_change(struct code *code)
{
    const struct reader *reader = &code->reader;
    bool is_create = reader->before_keyword == KEYWORD_CREATE;
    if (reader->before_keyword == KEYWORD_RENAME)
        code->effects |= CODE_SCHEMA;
    for (; !reader_at_end(reader); reader_advance(&code->reader)) {
        bool is_table = reader->keyword == KEYWORD_TABLE || reader->keyword == KEYWORD_TABLES;
        if (reader->keyword == KEYWORD_TEMPORARY || (is_table && !is_create))
            code->effects |= CODE_TEMPORARY_TABLES;
        if (is_code_word(code))
            code->effects |= CODE_SCHEMA;
        if (reader->keyword == KEYWORD_SELECT || reader->token->type == TOKEN_BAD)
            stored_code_lose(code);
    }
}

/* ---- the table ---- */

struct statement {
    unsigned effects;
    void (*read)(struct code *code);
    bool keeps_word; /* `read` begins at the first word */
};

#define CHANGE_SCHEMA ((unsigned)CODE_WRITES | CODE_TRANSACTION)

/* Rows by keyword. A word without a row begins an unknown statement. */
static const struct statement statements[KEYWORDS] = {
    [KEYWORD_SELECT] = { .read = read_expressions, .keeps_word = true },
    [KEYWORD_WITH] = { .read = read_expressions, .keeps_word = true },
    [KEYWORD_VALUES] = { .read = read_expressions, .keeps_word = true },
    [KEYWORD_TABLE] = { .read = read_expressions, .keeps_word = true },
    [KEYWORD_INSERT] = { .effects = CODE_WRITES, .read = read_expressions, .keeps_word = true },
    [KEYWORD_REPLACE] = { .effects = CODE_WRITES, .read = read_expressions, .keeps_word = true },
    [KEYWORD_UPDATE] = { .effects = CODE_WRITES, .read = read_expressions, .keeps_word = true },
    [KEYWORD_DELETE] = { .effects = CODE_WRITES, .read = read_expressions, .keeps_word = true },
    [KEYWORD_TRUNCATE] = { .effects = CHANGE_SCHEMA, .read = read_schema_change },
    [KEYWORD_CREATE] = { .effects = CHANGE_SCHEMA, .read = read_schema_change },
    [KEYWORD_ALTER] = { .effects = CHANGE_SCHEMA, .read = read_schema_change },
    [KEYWORD_DROP] = { .effects = CHANGE_SCHEMA, .read = read_schema_change },
    [KEYWORD_RENAME] = { .effects = CHANGE_SCHEMA, .read = read_schema_change },
    [KEYWORD_CALL] = { .read = read_call_statement },
    [KEYWORD_DO] = { .read = read_expressions },
    [KEYWORD_SET] = { .read = read_set },
    [KEYWORD_BEGIN] = { .read = read_block },
    [KEYWORD_IF] = { .read = read_if },
    [KEYWORD_CASE] = { .read = read_case },
    [KEYWORD_LOOP] = { .read = read_loop },
    [KEYWORD_WHILE] = { .read = read_while },
    [KEYWORD_REPEAT] = { .read = read_repeat },
    [KEYWORD_FOR] = { .read = read_for_loop },
    [KEYWORD_DECLARE] = { .read = read_declare },
    [KEYWORD_GET] = { .effects = CODE_PRIMARY, .read = read_plain },
    [KEYWORD_SHOW] = { .effects = CODE_PRIMARY, .read = read_show },
    [KEYWORD_SIGNAL] = { .read = read_expressions },
    [KEYWORD_RESIGNAL] = { .read = read_expressions },
    [KEYWORD_START] = { .effects = CODE_TRANSACTION, .read = read_start },
    [KEYWORD_COMMIT] = { .effects = CODE_TRANSACTION, .read = read_commit },
    [KEYWORD_ROLLBACK] = { .effects = CODE_TRANSACTION, .read = read_commit },
    [KEYWORD_SAVEPOINT] = { .effects = CODE_TRANSACTION, .read = skip },
    [KEYWORD_RELEASE] = { .effects = CODE_TRANSACTION, .read = skip },
    [KEYWORD_PREPARE] = { .effects = CODE_DYNAMIC, .read = skip },
    [KEYWORD_EXECUTE] = { .effects = CODE_DYNAMIC, .read = skip },
    [KEYWORD_DEALLOCATE] = { .effects = CODE_DYNAMIC, .read = skip },
    [KEYWORD_LOCK] = { .effects = CODE_TAKES_LOCKS | CODE_UNKNOWN, .read = skip },
    [KEYWORD_UNLOCK] = { .effects = CODE_TAKES_LOCKS | CODE_UNKNOWN, .read = skip },
    [KEYWORD_FLUSH] = { .effects = CODE_TAKES_LOCKS | CODE_UNKNOWN, .read = skip },
};

static const struct statement return_statement = { .read = read_expressions };
static const struct statement plain_statement = { .read = read_plain };
static const struct statement unknown_statement = { .effects = CODE_UNKNOWN, .read = stored_code_lose };

static const struct statement *find_statement(const struct code *code)
{
    static const char *const plain[] = { "LEAVE", "ITERATE", "OPEN", "CLOSE", "FETCH" };
    const struct reader *reader = &code->reader;
    if (token_is_punct(reader->token, '('))
        return &statements[KEYWORD_SELECT];
    if (reader->keyword != KEYWORD_NONE && statements[reader->keyword].read != NULL)
        return &statements[reader->keyword];
    if (stored_code_is_word(code, "RETURN"))
        return &return_statement;
    bool is_plain = begins_with_any(code, plain, sizeof plain / sizeof *plain);
    /* OPEN c(f()) */
    return is_plain ? stored_code_is_word(code, "OPEN") ? &return_statement : &plain_statement
                    : &unknown_statement;
}

static void read_statement(struct code *code)
{
    struct reader *reader = &code->reader;
    if (++code->nesting > NESTING_MAX) {
        stored_code_lose(code);
        return;
    }
    if (token_is_name(reader->token) && token_is_punct(reader->ahead, ':')) { /* label: */
        reader_advance(reader);
        reader_advance(reader);
    }
    reader_begin_statement(reader);
    const struct statement *statement = find_statement(code);
    code->effects |= statement->effects;
    if (!statement->keeps_word && !token_is_punct(reader->token, '('))
        reader_advance(reader);
    statement->read(code);
    code->nesting--;
}

/* ---- the whole ---- */

/* [(] [IN | OUT | INOUT] name type, … [)] */
static void read_parameters(struct code *code, struct span parameters, const struct sql_dialect *dialect)
{
    static const char *const modes[] = { "IN", "OUT", "INOUT" };
    struct reader *reader = &code->reader;
    unsigned depth = 0;
    bool begins = true;
    reader_begin(reader, parameters, dialect);
    unsigned outer = token_is_punct(reader->token, '(') ? 1 : 0;
    for (; reader->token->type != TOKEN_END; reader_advance(reader)) {
        if (token_is_punct(reader->token, '('))
            depth++;
        else if (token_is_punct(reader->token, ')'))
            depth -= depth > 0;
        else if (token_is_punct(reader->token, ',') && depth == outer)
            begins = true;
        else if (begins && token_is_name(reader->token) &&
                 !(token_is_name(reader->ahead) &&
                   begins_with_any(code, modes, sizeof modes / sizeof *modes))) {
            add_local(code, token_name(reader->token));
            begins = false;
        }
    }
}

static bool is_query(const struct reader *reader)
{
    return token_is_punct(reader->token, '(') || reader->keyword == KEYWORD_SELECT ||
           reader->keyword == KEYWORD_WITH || reader->keyword == KEYWORD_VALUES ||
           reader->keyword == KEYWORD_TABLE;
}

unsigned stored_code_read(const struct code_text *text, const struct sql_dialect *dialect,
                          void (*on_name)(void *owner, const struct code_name *name), void *owner)
{
    struct code code = { .kind = text->kind, .on_name = on_name, .owner = owner };
    if (dialect->oracle)
        return CODE_UNKNOWN;
    read_parameters(&code, text->parameters, dialect);
    reader_begin(&code.reader, text->body, dialect);
    if (text->kind == CODE_TABLE && !is_query(&code.reader))
        return CODE_UNKNOWN;
    read_statement(&code);
    if (token_is_punct(code.reader.token, ';'))
        reader_advance(&code.reader);
    if (code.reader.token->type != TOKEN_END || code.reader.lexer.doubts != 0)
        stored_code_lose(&code);
    return code.effects;
}
