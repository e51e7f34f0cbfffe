/* Statements are told by their first word, like those of clients (statements.c), and nest:
 *
 *      read_statement ── read_block | read_if | read_loop …     statements between END, ELSE, UNTIL …
 *                     └─ walk                                   the rest: expressions and queries, by token
 *
 * As soon as something is not as the grammar has it, the reader is lost: what it has said so far is not all.
 */
#include "sql/stored_code.h"

#include "sql/calls.h"
#include "sql/keywords.h"
#include "sql/table_names.h"

#include <stdio.h>

enum { NESTING_MAX = 40, LOCALS_MAX = 128 };

struct code {
    struct reader reader;
    enum code_kind kind;
    unsigned effects;
    bool is_lost;
    unsigned nesting;               /* statements within statements */
    struct span locals[LOCALS_MAX]; /* variables of the code, without quotes; more of them are taken for
                                       system variables */
    size_t local_count;
    struct table_names tables;
    void (*on_name)(void *owner, const struct code_name *name);
    void *owner;
};

/* Where a walk over tokens ends, beside a semicolon and the end of the text. */
enum stop { STOP_NONE, STOP_THEN, STOP_DO, STOP_WHEN, STOP_END, STOP_COMMA };

static void read_statement(struct code *code);

static void lose(struct code *code)
{
    code->is_lost = true;
    code->effects |= CODE_UNKNOWN;
}

static bool is_word(const struct code *code, const char *word)
{
    return token_is_word(code->reader.token, word);
}

static bool accept_word(struct code *code, const char *word)
{
    bool is_there = is_word(code, word);
    if (is_there)
        reader_advance(&code->reader);
    return is_there;
}

static void expect_word(struct code *code, const char *word)
{
    if (!accept_word(code, word))
        lose(code);
}

static bool is_name(const struct token *token)
{
    return token->type == TOKEN_WORD || token->type == TOKEN_QUOTED;
}

/* ---- the code's own variables ---- */

static void add_local(struct code *code, struct span name)
{
    if (code->local_count < LOCALS_MAX)
        code->locals[code->local_count++] = name;
}

static bool is_local(const struct code *code, struct span name)
{
    for (size_t i = 0; i < code->local_count; i++)
        if (span_equal_nocase(code->locals[i], name))
            return true;
    return false;
}

/* ---- names ---- */

static bool is_system_schema(struct span schema)
{
    static const char *const names[] = { "information_schema", "performance_schema", "mysql", "sys" };
    return span_is_among(schema, names, sizeof names / sizeof *names);
}

static void tell_name(struct code *code, const struct code_name *name)
{
    if (code->on_name != NULL)
        code->on_name(code->owner, name);
}

static void tell_table(struct code *code, const struct table_name *table)
{
    if (is_system_schema(table->schema))
        code->effects |= CODE_PRIMARY;
    tell_name(code, &(struct code_name){ .kind = CODE_TABLE,
                                         .schema = table->schema,
                                         .name = table->name,
                                         .is_written = table->is_written });
}

/* LAST_INSERT_ID(x) is found by the reader, in what is left of the statement. */
static void read_call(struct code *code, struct span schema)
{
    static const unsigned effects[] = {
        [FUNCTION_UNKNOWN] = 0, /* the name is told */
        [FUNCTION_PURE] = 0,
        [FUNCTION_FOUND_ROWS] = CODE_PRIMARY,
        [FUNCTION_PREVIOUS] = CODE_PRIMARY,
        [FUNCTION_LAST_INSERT_ID] = CODE_PRIMARY,
        [FUNCTION_USER_LOCK] = CODE_PRIMARY, /* the reader knows which of them take and release */
        [FUNCTION_SEQUENCE] = CODE_SEQUENCE,
        [FUNCTION_SERVER] = CODE_PRIMARY,
    };
    enum function_effect effect = call_effect(&code->reader);
    if (is_word(code, "JSON_TABLE")) /* as a function it is a stored one */
        effect = FUNCTION_UNKNOWN;
    code->effects |= effects[effect];
    if (effect == FUNCTION_UNKNOWN)
        tell_name(code, &(struct code_name){ .kind = CODE_FUNCTION,
                                             .schema = schema,
                                             .name = token_name(code->reader.token) });
}

/* ---- tokens of expressions and queries ---- */

struct walk {
    enum stop stop;
    unsigned depth;        /* of parentheses */
    unsigned cases;        /* CASE expressions that are open */
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

/* `AS t (columns)`, `AS CHAR(3)`; and names of tables are followed by lists of columns. */
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
        read_call(code, is_qualified ? walk->qualifier : (struct span){ 0 });
    else if (is_qualified && (span_is_nocase(name, "nextval") || span_is_nocase(name, "currval")))
        code->effects |= CODE_SEQUENCE;
    if (token_is_punct(reader->ahead, '.'))
        walk->qualifier = name;
}

/* FOR UPDATE, FOR SHARE; [NEXT | PREVIOUS] VALUE FOR is the reader's has_sequence. */
static void read_for(struct code *code)
{
    if (token_is_word(code->reader.ahead, "UPDATE") || token_is_word(code->reader.ahead, "SHARE"))
        code->effects |= CODE_PRIMARY;
}

static void read_into(struct code *code, struct walk *walk)
{
    const struct token *ahead = code->reader.ahead;
    walk->has_into = true;
    if (token_is_word(ahead, "OUTFILE") || token_is_word(ahead, "DUMPFILE"))
        lose(code);
}

static void read_keyword(struct code *code, struct walk *walk)
{
    switch ((int)code->reader.keyword) {
    case KEYWORD_CASE:
        walk->cases++;
        break;
    case KEYWORD_END:
        if (walk->cases == 0)
            lose(code);
        else
            walk->cases--;
        break;
    case KEYWORD_FOR:
        read_for(code);
        break;
    case KEYWORD_INTO:
        read_into(code, walk);
        break;
    case KEYWORD_LOCK:
    case KEYWORD_SQL_CALC_FOUND_ROWS:
        code->effects |= CODE_PRIMARY;
        break;
    case KEYWORD_PROCEDURE: /* ANALYSE() */
        lose(code);
        break;
    default:
        break;
    }
}

static void read_variable(struct code *code, struct walk *walk)
{
    bool is_user = token_is_user_variable(code->reader.token);
    code->effects |= is_user ? CODE_READS_VARIABLES : CODE_PRIMARY;
    walk->has_user_variable |= is_user;
}

static void read_punct(struct code *code, struct walk *walk)
{
    if (token_is_punct(code->reader.token, '('))
        walk->depth++;
    else if (token_is_punct(code->reader.token, ')') && walk->depth == 0)
        lose(code);
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
            lose(code);
        code->effects |= CODE_SETS_VARIABLES;
        break;
    case TOKEN_HINT: /* for its statement only */
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
        lose(code);
        break;
    }
}

/* What the reader saw in passing. */
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

/* From the current token up to the stop, which stays the current one. */
static void walk_to(struct code *code, enum stop stop)
{
    struct walk walk = { .stop = stop };
    struct reader *reader = &code->reader;
    for (; !reader_at_end(reader) && !is_stop(code, &walk) && !code->is_lost; reader_advance(reader)) {
        struct table_name table;
        bool is_table;
        if (table_names_step(&code->tables, reader, &table, &is_table))
            tell_table(code, &table);
        read_token(code, &walk, is_table);
    }
    note_watched(code, &walk);
    if (walk.depth > 0 || walk.cases > 0 || code->tables.is_lost)
        lose(code);
    if (stop != STOP_NONE && stop != STOP_COMMA && reader_at_end(reader))
        lose(code);
}

/* An expression or a statement that begins here. */
static void walk(struct code *code, enum stop stop)
{
    table_names_begin(&code->tables);
    walk_to(code, stop);
}

/* To the semicolon, whatever stands there. */
static void skip(struct code *code)
{
    for (; !reader_at_end(&code->reader); reader_advance(&code->reader))
        if (code->reader.token->type == TOKEN_BAD)
            lose(code);
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
            lose(code);
    }
}

/* END [word] [label] */
static void read_end(struct code *code, const char *word)
{
    expect_word(code, "END");
    if (word != NULL)
        expect_word(code, word);
    if (!reader_at_end(&code->reader) && is_name(code->reader.token))
        reader_advance(&code->reader);
}

/* BEGIN [NOT ATOMIC] … END; what is declared in it ends with it. */
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
        walk(code, STOP_THEN);
        expect_word(code, "THEN");
        read_list(code);
    } while (!code->is_lost && accept_word(code, "ELSEIF"));
    if (accept_word(code, "ELSE"))
        read_list(code);
    read_end(code, "IF");
}

static void read_case(struct code *code)
{
    walk(code, STOP_WHEN);
    while (!code->is_lost && accept_word(code, "WHEN")) {
        walk(code, STOP_THEN);
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
    walk(code, STOP_DO);
    expect_word(code, "DO");
    read_list(code);
    read_end(code, "WHILE");
}

static void read_repeat(struct code *code)
{
    read_list(code);
    expect_word(code, "UNTIL");
    walk(code, STOP_END);
    read_end(code, "REPEAT");
}

/* MariaDB: FOR i IN [REVERSE] 1 .. 5 DO, FOR row IN (SELECT …) DO, FOR row IN cursor(…) DO. */
static void read_for_loop(struct code *code)
{
    size_t outer = code->local_count;
    if (is_name(code->reader.token))
        add_local(code, token_name(code->reader.token));
    reader_advance(&code->reader);
    expect_word(code, "IN");
    (void)accept_word(code, "REVERSE");
    walk(code, STOP_DO);
    expect_word(code, "DO");
    read_list(code);
    read_end(code, "FOR");
    code->local_count = outer;
}

/* ---- DECLARE ---- */

/* NOT FOUND, SQLSTATE '02000', 1062, name, … and then the statement. */
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
    for (; is_variable && is_name(reader->token); reader_advance(reader)) {
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
        walk(code, STOP_NONE);
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

/* What is set at the current name: `x =`, `row.field =`, `NEW.column =`, or words such as NAMES and GLOBAL.
 */
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
    else if (is_name(reader->token))
        code->effects |= target_effects(code);
    else
        lose(code);
    while (!reader_at_end(reader) && !is_assignment(reader->token) && !token_is_punct(reader->token, ','))
        reader_advance(reader);
    if (is_assignment(reader->token))
        reader_advance(reader);
}

/* SET a = …, b = …; SET STATEMENT … FOR, GLOBAL, PASSWORD and the like are not known. */
static void read_set(struct code *code)
{
    do {
        read_target(code);
        walk(code, STOP_COMMA);
        if (!token_is_punct(code->reader.token, ','))
            break;
        reader_advance(&code->reader);
    } while (!code->is_lost);
}

/* ---- the other statements ---- */

static void read_expressions(struct code *code)
{
    walk(code, STOP_NONE);
}

/* name (arguments): an argument may be written. */
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
    if (!is_name(reader->token) || token_is_punct(reader->ahead, '.')) { /* of a package */
        lose(code);
        return;
    }
    tell_name(code, &called);
    reader_advance(reader);
    walk(code, STOP_NONE);
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
            lose(code); /* WHERE f() */
}

/* START TRANSACTION …; of replication and the like nothing is known. */
static void read_start(struct code *code)
{
    if (code->reader.keyword != KEYWORD_TRANSACTION)
        lose(code);
    skip(code);
}

/* … RELEASE hangs up. */
static void read_commit(struct code *code)
{
    for (; !reader_at_end(&code->reader); reader_advance(&code->reader))
        if (code->reader.keyword == KEYWORD_RELEASE && !token_is_word(code->reader.before, "NO") &&
            code->reader.before_keyword != KEYWORD_TO)
            lose(code);
}

/* CREATE, ALTER, DROP, RENAME. Without TEMPORARY, all but CREATE may mean a temporary table; with a query in
 * it anything may run. */
static void read_schema_change(struct code *code)
{
    const struct reader *reader = &code->reader;
    bool is_create = reader->before_keyword == KEYWORD_CREATE;
    for (; !reader_at_end(reader); reader_advance(&code->reader)) {
        bool is_table = reader->keyword == KEYWORD_TABLE || reader->keyword == KEYWORD_TABLES;
        if (reader->keyword == KEYWORD_TEMPORARY || (is_table && !is_create))
            code->effects |= CODE_TEMPORARY_TABLES;
        if (reader->keyword == KEYWORD_SELECT || reader->token->type == TOKEN_BAD)
            lose(code);
    }
}

/* ---- the table ---- */

struct statement {
    unsigned effects;
    void (*read)(struct code *code);
    bool keeps_word; /* it is read with its first word */
};

#define CHANGE_SCHEMA ((unsigned)CODE_WRITES | CODE_TRANSACTION | CODE_SCHEMA)

/* Of words that are keywords. Without a reader: not known. */
static const struct statement statements[KEYWORDS] = {
    [KEYWORD_SELECT] = { 0, read_expressions, true },
    [KEYWORD_WITH] = { 0, read_expressions, true },
    [KEYWORD_VALUES] = { 0, read_expressions, true },
    [KEYWORD_TABLE] = { 0, read_expressions, true },
    [KEYWORD_INSERT] = { CODE_WRITES, read_expressions, true },
    [KEYWORD_REPLACE] = { CODE_WRITES, read_expressions, true },
    [KEYWORD_UPDATE] = { CODE_WRITES, read_expressions, true },
    [KEYWORD_DELETE] = { CODE_WRITES, read_expressions, true },
    [KEYWORD_TRUNCATE] = { CHANGE_SCHEMA, read_schema_change, false },
    [KEYWORD_CREATE] = { CHANGE_SCHEMA, read_schema_change, false },
    [KEYWORD_ALTER] = { CHANGE_SCHEMA, read_schema_change, false },
    [KEYWORD_DROP] = { CHANGE_SCHEMA, read_schema_change, false },
    [KEYWORD_RENAME] = { CHANGE_SCHEMA, read_schema_change, false },
    [KEYWORD_CALL] = { 0, read_call_statement, false },
    [KEYWORD_DO] = { 0, read_expressions, false },
    [KEYWORD_SET] = { 0, read_set, false },
    [KEYWORD_BEGIN] = { 0, read_block, false },
    [KEYWORD_IF] = { 0, read_if, false },
    [KEYWORD_CASE] = { 0, read_case, false },
    [KEYWORD_LOOP] = { 0, read_loop, false },
    [KEYWORD_WHILE] = { 0, read_while, false },
    [KEYWORD_REPEAT] = { 0, read_repeat, false },
    [KEYWORD_FOR] = { 0, read_for_loop, false },
    [KEYWORD_DECLARE] = { 0, read_declare, false },
    [KEYWORD_GET] = { CODE_PRIMARY, read_plain, false },
    [KEYWORD_SHOW] = { CODE_PRIMARY, read_show, false },
    [KEYWORD_SIGNAL] = { 0, read_expressions, false },
    [KEYWORD_RESIGNAL] = { 0, read_expressions, false },
    [KEYWORD_START] = { CODE_TRANSACTION, read_start, false },
    [KEYWORD_COMMIT] = { CODE_TRANSACTION, read_commit, false },
    [KEYWORD_ROLLBACK] = { CODE_TRANSACTION, read_commit, false },
    [KEYWORD_SAVEPOINT] = { CODE_TRANSACTION, skip, false },
    [KEYWORD_RELEASE] = { CODE_TRANSACTION, skip, false },
    [KEYWORD_PREPARE] = { CODE_DYNAMIC, skip, false },
    [KEYWORD_EXECUTE] = { CODE_DYNAMIC, skip, false },
    [KEYWORD_DEALLOCATE] = { CODE_DYNAMIC, skip, false },
    [KEYWORD_LOCK] = { CODE_TAKES_LOCKS | CODE_UNKNOWN, skip, false },
    [KEYWORD_UNLOCK] = { CODE_TAKES_LOCKS | CODE_UNKNOWN, skip, false },
    [KEYWORD_FLUSH] = { CODE_TAKES_LOCKS | CODE_UNKNOWN, skip, false },
};

static const struct statement return_statement = { 0, read_expressions, false };
static const struct statement plain_statement = { 0, read_plain, false };
static const struct statement unknown_statement = { CODE_UNKNOWN, lose, false };

static const struct statement *find_statement(const struct code *code)
{
    static const char *const plain[] = { "LEAVE", "ITERATE", "OPEN", "CLOSE", "FETCH" };
    const struct reader *reader = &code->reader;
    if (token_is_punct(reader->token, '('))
        return &statements[KEYWORD_SELECT];
    if (reader->keyword != KEYWORD_NONE && statements[reader->keyword].read != NULL)
        return &statements[reader->keyword];
    if (is_word(code, "RETURN"))
        return &return_statement;
    bool is_plain = begins_with_any(code, plain, sizeof plain / sizeof *plain);
    /* OPEN c(f()) */
    return is_plain ? is_word(code, "OPEN") ? &return_statement : &plain_statement : &unknown_statement;
}

static void read_statement(struct code *code)
{
    struct reader *reader = &code->reader;
    if (++code->nesting > NESTING_MAX) {
        lose(code);
        return;
    }
    if (is_name(reader->token) && token_is_punct(reader->ahead, ':')) { /* label: */
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
        else if (begins && is_name(reader->token) &&
                 !(is_name(reader->ahead) && begins_with_any(code, modes, sizeof modes / sizeof *modes))) {
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
        lose(&code);
    return code.effects;
}

void code_effects_words(unsigned effects, char *into, size_t size)
{
    static const struct {
        unsigned effect;
        const char *words;
    } rows[] = {
        { CODE_UNKNOWN, "not known" },
        { CODE_WRITES, "writes" },
        { CODE_SCHEMA, "changes the schema" },
        { CODE_TRANSACTION, "begins or ends transactions" },
        { CODE_SETS_VARIABLES, "sets user variables" },
        { CODE_READS_VARIABLES, "reads user variables" },
        { CODE_SETS_SESSION, "sets session variables" },
        { CODE_TAKES_LOCKS, "takes or releases locks" },
        { CODE_TEMPORARY_TABLES, "makes or drops temporary tables" },
        { CODE_DYNAMIC, "runs SQL from strings" },
        { CODE_INSERT_ID, "sets the last insert id" },
        { CODE_SEQUENCE, "uses sequences" },
        { CODE_PRIMARY, "reads what only the primary can tell" },
    };
    size_t len = 0;
    *into = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows && len < size; i++)
        if ((effects & rows[i].effect) != 0)
            len += (size_t)snprintf(into + len, size - len, "%s%s", len > 0 ? ", " : "", rows[i].words);
}
