/* Reads a query in one walk over its tokens, without parsing it. Words are told apart by their place:
 *
 *      name (      a function, unless the grammar has a parenthesis there      is_function
 *      a . b       a qualified name, perhaps of a schema or a sequence         read_name
 *      WITH c (…)  a list of columns, no arguments                             follow_with */
#include "sql/query.h"

#include "stored_code/calls.h"
#include "stored_code/catalog.h"
#include "tokens/functions.h"

#define DEPTH_MAX                                                                                            \
    63 /* levels of parentheses in which WITH lists are followed; deeper column lists look like calls */

struct scan {
    struct reader *reader;
    struct sql_facts *facts;
    unsigned depth;
    uint64_t with_lists; /* bit d: the list after WITH is being read at depth d */
    uint64_t substrings; /* bit d: the parenthesis at depth d is SUBSTRING's */
    uint64_t
        json_tables; /* bit d: the parenthesis at depth d is JSON_TABLE's, and no COLUMNS was seen in it */
    bool is_only_previous;  /* only questions about the previous statement keep the query off replicas */
    bool is_only_variables; /* only user variables keep the query off replicas */
    bool has_stored;        /* a stored function that only reads is called */
    bool checks_names;      /* there are views that run code, or there may be */
    const struct catalog_names
        *views;            /* borrows; views that run code; NULL: none, or all names are looked up */
    struct span qualifier; /* the last name that a dot followed */
    unsigned questions;    /* bit q: an enum sql_question was asked */
};

static void refuse(struct scan *scan, enum sql_reason reason, struct span culprit)
{
    struct sql_facts *facts = scan->facts;
    if (facts->is_read) {
        facts->is_read = false;
        facts->reason = reason;
        facts->culprit = culprit;
        scan->is_only_previous = scan->is_only_variables = true;
    }
    if (facts->reason == SQL_REASON_PREVIOUS_STATEMENT && reason != facts->reason) {
        facts->reason = reason; /* this reason says more than a question about the previous statement */
        facts->culprit = culprit;
    }
    scan->is_only_previous &= reason == SQL_REASON_PREVIOUS_STATEMENT;
    scan->is_only_variables &= reason == SQL_REASON_USER_VARIABLE;
}

static void refuse_here(struct scan *scan, enum sql_reason reason)
{
    refuse(scan, reason, scan->reader->token->text);
}

static void ask(struct scan *scan, enum sql_question question, struct span culprit)
{
    scan->questions |= 1u << question;
    refuse(scan, SQL_REASON_PREVIOUS_STATEMENT, culprit);
}

static bool is_after(const struct scan *scan, char c)
{
    return token_is_punct(scan->reader->before, c);
}

/* ---- WITH lists ---- */

static uint64_t depth_bit(const struct scan *scan)
{
    return scan->depth <= DEPTH_MAX ? UINT64_C(1) << scan->depth : 0;
}

static bool is_in_with(const struct scan *scan)
{
    return scan->with_lists != 0 && (scan->with_lists & depth_bit(scan)) != 0;
}

/* Follows a WITH list. The current token may belong to `name (columns) AS (query) [CYCLE a RESTRICT], …`; any
 * other token ends the list. */
static void follow_with(struct scan *scan)
{
    const struct reader *reader = scan->reader;
    bool stays = false;
    if (reader->token->type == TOKEN_PUNCT)
        stays = token_is_punct(reader->token, is_after(scan, ')') ? ',' : '(');
    else if (reader->keyword == KEYWORD_NONE)
        stays = reader->token->type == TOKEN_WORD || reader->token->type == TOKEN_QUOTED;
    else
        stays = reader->keyword == KEYWORD_AS || reader->keyword == KEYWORD_RECURSIVE ||
                reader->keyword == KEYWORD_CYCLE || reader->keyword == KEYWORD_RESTRICT;
    if (!stays)
        scan->with_lists &= ~depth_bit(scan);
}

/* SUBSTRING(a FROM 1 FOR 2): the one place where FOR is a preposition. */
static bool opens_substring(const struct reader *reader)
{
    return reader->before->type == TOKEN_WORD &&
           (span_is_nocase(reader->before->text, "substring") ||
            span_is_nocase(reader->before->text, "substr") || span_is_nocase(reader->before->text, "mid"));
}

static void read_open(struct scan *scan)
{
    bool is_substring = opens_substring(scan->reader);
    bool is_json_table = token_is_word(scan->reader->before, "json_table");
    scan->depth++;
    scan->with_lists &= ~depth_bit(scan);
    scan->substrings &= ~depth_bit(scan);
    scan->json_tables &= ~depth_bit(scan);
    if (is_json_table)
        scan->json_tables |= depth_bit(scan);
    if (is_substring)
        scan->substrings |= depth_bit(scan);
}

/* JSON_TABLE(… COLUMNS …) is grammar; without COLUMNS it is a stored function of that name. */
static void check_json_table(struct scan *scan)
{
    if ((scan->json_tables & depth_bit(scan)) == 0)
        return;
    scan->json_tables &= ~depth_bit(scan);
    scan->facts->may_hide_state = true;
    refuse_here(scan, SQL_REASON_UNKNOWN_FUNCTION);
}

static void read_close(struct scan *scan)
{
    check_json_table(scan);
    if (scan->depth > 0)
        scan->depth--;
}

/* ---- functions ---- */

/* `name (` where the grammar has a list of columns or the size of a type: AS t (…), AS CHAR(…), WITH c (…). */
static bool is_column_list(const struct scan *scan)
{
    enum keyword before = scan->reader->before_keyword;
    if (before == KEYWORD_AS)
        return true;
    return is_in_with(scan) && (before == KEYWORD_WITH || before == KEYWORD_RECURSIVE || is_after(scan, ','));
}

static bool is_function(const struct scan *scan)
{
    return reader_is_call(scan->reader) && !is_column_list(scan) && !call_is_grammar(scan->reader);
}

/* A stored function, or a name that looks like one: its effects are looked up in the catalog. */
static void read_unknown(struct scan *scan)
{
    struct span schema = is_after(scan, '.') ? scan->qualifier : SPAN_NONE;
    unsigned effects = call_stored_effects(scan->reader, schema);
    facts_run_code(scan->facts, effects);
    if (effects != 0 || !scan->reader->lexer.dialect.reads_stored)
        refuse_here(scan, SQL_REASON_UNKNOWN_FUNCTION);
    else
        scan->has_stored = true;
}

static void read_function(struct scan *scan)
{
    switch (call_effect(scan->reader)) {
    case FUNCTION_PURE:
        break;
    case FUNCTION_UNKNOWN:
        read_unknown(scan);
        break;
    case FUNCTION_USER_LOCK:
        refuse_here(scan, SQL_REASON_USER_LOCK);
        break;
    case FUNCTION_PREVIOUS:
        ask(scan, SQL_ASKS_LAST, scan->reader->token->text);
        break;
    case FUNCTION_FOUND_ROWS:
        ask(scan, SQL_ASKS_FOUND_ROWS, scan->reader->token->text);
        break;
    case FUNCTION_LAST_INSERT_ID:
        refuse_here(scan, SQL_REASON_LAST_INSERT_ID);
        break;
    case FUNCTION_SEQUENCE:
        refuse_here(scan, SQL_REASON_SEQUENCE);
        break;
    case FUNCTION_SERVER:
        refuse_here(scan, SQL_REASON_SERVER_FUNCTION);
        break;
    }
}

/* ---- names ---- */

static bool is_one_of(struct span name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (span_is_nocase(name, *names))
            return true;
    return false;
}

/* The name is neither called nor qualified nor an attribute, so it needs no look-up. */
static inline bool stands_alone(const struct reader *reader)
{
    return reader->before->type != TOKEN_PUNCT && reader->ahead->type != TOKEN_PUNCT;
}

/* Looks a name up among the views that run code. The name counts wherever it occurs: this reader does not
 * know where FROM and JOIN take names. */
static __attribute__((noinline)) void look_up_name(struct scan *scan, struct span name)
{
    const struct sql_dialect *dialect = &scan->reader->lexer.dialect;
    struct span schema = is_after(scan, '.') ? scan->qualifier : SPAN_NONE;
    unsigned effects = catalog_effects(dialect->catalog, CODE_TABLE, dialect->schema, schema, name);
    if (keyword_find(schema) != KEYWORD_NONE) /* FROM .t: the current schema, or a schema of that name */
        effects |= catalog_effects(dialect->catalog, CODE_TABLE, dialect->schema, SPAN_NONE, name);
    if (effects == CATALOG_CALLS && dialect->reads_stored) {
        facts_run_code(scan->facts, 0);
        scan->has_stored = true;
    } else if (effects != 0) {
        /* If it is not known whether the name is a view, it is treated as a table. */
        facts_run_code(scan->facts, effects & ~((unsigned)CODE_UNKNOWN | CATALOG_CALLS));
        refuse_here(scan, SQL_REASON_CODE_VIEW);
    }
}

static inline void check_name(struct scan *scan)
{
    struct span name = token_name(scan->reader->token);
    if (name.len > 0 && (scan->views == NULL || catalog_names_may_have(scan->views, name)))
        look_up_name(scan, name);
}

/* Reads a name, quoted or not: `mysql.user` names a system schema, `seq.nextval` a sequence. */
static void read_name(struct scan *scan)
{
    static const char *const draws[] = { "nextval", "currval", NULL };
    static const char *const attributes[] = { "rowcount", "found", "notfound",
                                              NULL }; /* ORACLE: SQL%ROWCOUNT */
    const struct reader *reader = scan->reader;
    if (is_function(scan))
        read_function(scan);
    else if (reader->lexer.dialect.oracle && is_after(scan, '%') &&
             is_one_of(reader->token->text, attributes))
        ask(scan, SQL_ASKS_LAST, scan->reader->token->text);
    else if (is_after(scan, '.') && is_one_of(token_name(reader->token), draws))
        refuse_here(scan, SQL_REASON_SEQUENCE);
    else if (!is_after(scan, '.') && token_is_punct(reader->ahead, '.') &&
             code_name_is_system(token_name(reader->token)))
        refuse_here(scan, SQL_REASON_SYSTEM_SCHEMA);
    if (token_is_punct(reader->ahead, '.'))
        scan->qualifier = token_name(reader->token);
}

/* ---- variables ---- */

/* Reads @@name or @@scope.name. A variable that only identifies the server is a harmless read. */
static void read_system_variable(struct scan *scan)
{
    static const char *const shown[] = {
        "hostname", "server_id", "port", "version", "version_comment", NULL
    };
    static const char *const previous[] = { "warning_count", "error_count", NULL };
    struct reader *reader = scan->reader;
    struct span name = span_of(reader->token->text.data + 2, reader->token->text.len - 2);
    bool is_scoped = token_is_punct(reader->ahead, '.');
    if (is_scoped) {
        reader_advance(reader);
        name = reader->ahead->text;
    }
    if (is_one_of(name, previous))
        ask(scan, SQL_ASKS_DIAGNOSTICS, name);
    else if (is_scoped || !is_one_of(name, shown))
        refuse(scan, SQL_REASON_SYSTEM_VARIABLE, name);
}

static void read_variable(struct scan *scan)
{
    const struct token *token = scan->reader->token;
    if (token->text.len >= 2 && token->text.data[1] == '@')
        read_system_variable(scan);
    else
        refuse_here(scan, SQL_REASON_USER_VARIABLE);
}

/* ---- words ---- */

/* FOR UPDATE and FOR SHARE lock rows. NEXT VALUE FOR takes a value of a sequence. Harmless are FOR
 * SYSTEM_TIME, index hints (FOR JOIN, FOR ORDER BY, FOR GROUP BY) and SUBSTRING(a FROM 1 FOR 2). */
static void read_for(struct scan *scan)
{
    const struct reader *reader = scan->reader;
    enum keyword next = reader->ahead->type == TOKEN_WORD ? keyword_find(reader->ahead->text) : KEYWORD_NONE;
    if (reader->before_keyword == KEYWORD_VALUE)
        refuse_here(scan, SQL_REASON_SEQUENCE);
    else if (next == KEYWORD_UPDATE || next == KEYWORD_SHARE)
        refuse(scan, SQL_REASON_LOCKING_READ, reader->ahead->text);
    else if (next != KEYWORD_SYSTEM_TIME && next != KEYWORD_JOIN && next != KEYWORD_ORDER &&
             next != KEYWORD_GROUP && scan->depth == 0)
        refuse_here(scan, SQL_REASON_UNKNOWN);
}

/* INTO @v, … stores in user variables, which the reader notes; other forms write a file. */
static void read_into(struct scan *scan)
{
    refuse_here(scan,
                token_is_user_variable(scan->reader->ahead) ? SQL_REASON_USER_VARIABLE : SQL_REASON_INTO);
}

/* What a keyword means for a query: 0, the reason why it does not occur in a harmless read, or one of these. */
enum { ROLE_WITH = UINT8_MAX - 2, ROLE_FOR, ROLE_INTO };

static const uint8_t roles[KEYWORDS] = {
    [KEYWORD_WITH] = ROLE_WITH,
    [KEYWORD_FOR] = ROLE_FOR,
    [KEYWORD_INTO] = ROLE_INTO,
    [KEYWORD_LOCK] = SQL_REASON_LOCKING_READ,
    [KEYWORD_PROCEDURE] = SQL_REASON_PROCEDURE,
    [KEYWORD_SQL_CALC_FOUND_ROWS] = SQL_REASON_FOUND_ROWS,
    [KEYWORD_INSERT] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_REPLACE] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_UPDATE] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_DELETE] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_LOAD] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_CALL] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_CREATE] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_ALTER] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_DROP] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_GRANT] = SQL_REASON_WRITE_IN_QUERY,
    [KEYWORD_REVOKE] = SQL_REASON_WRITE_IN_QUERY,
};

/* insert(…) and replace(…) are string functions too. */
static bool is_string_function(const struct reader *reader)
{
    return (reader->keyword == KEYWORD_INSERT || reader->keyword == KEYWORD_REPLACE) &&
           reader_is_call(reader);
}

/* Reads a word with a role, or inside JSON_TABLE. */
static __attribute__((noinline)) void read_role(struct scan *scan, uint8_t role)
{
    if (scan->json_tables != 0 && token_is_word(scan->reader->token, "columns"))
        scan->json_tables &= ~depth_bit(scan);
    if (role == ROLE_WITH && !is_in_with(scan))
        scan->with_lists |= depth_bit(scan);
    else if (role == ROLE_FOR)
        read_for(scan);
    else if (role == ROLE_INTO)
        read_into(scan);
    else if (role != 0 && role != ROLE_WITH && !is_string_function(scan->reader))
        refuse_here(scan, (enum sql_reason)role);
    else if (!stands_alone(scan->reader))
        read_name(scan);
}

static inline void read_word(struct scan *scan)
{
    const struct reader *reader = scan->reader;
    uint8_t role = roles[reader->keyword];
    /* Both families reserve SELECT and FROM, which stand in nearly every query. */
    if (scan->checks_names && reader->keyword != KEYWORD_SELECT && reader->keyword != KEYWORD_FROM)
        check_name(scan);
    if (role != 0 || scan->json_tables != 0)
        read_role(scan, role);
    else if (!stands_alone(reader))
        read_name(scan);
}

/* An optimizer hint may set a variable for the statement, or move the statement to a resource group. */
static void read_hint(struct scan *scan)
{
    static const char *const words[] = { "SET_VAR", "RESOURCE_GROUP", NULL };
    struct span hint = scan->reader->token->text;
    for (size_t i = 0; i < hint.len; i++)
        for (const char *const *word = words; *word != NULL; word++) {
            size_t len = strlen(*word);
            if (hint.len - i >= len && span_is_nocase(span_of(hint.data + i, len), *word)) {
                refuse_here(scan, SQL_REASON_HINT);
                scan->facts->sets_for_itself = true;
            }
        }
}

static void read_punct(struct scan *scan)
{
    if (token_is_punct(scan->reader->token, '('))
        read_open(scan);
    else if (token_is_punct(scan->reader->token, ')'))
        read_close(scan);
    else if (token_is_punct(scan->reader->token, '.') && !token_is_name(scan->reader->before))
        scan->qualifier = SPAN_NONE; /* FROM t, .u: u of the current schema */
}

static void read_token(struct scan *scan)
{
    switch (scan->reader->token->type) {
    case TOKEN_WORD:
        read_word(scan);
        break;
    case TOKEN_QUOTED:
        if (scan->checks_names)
            check_name(scan);
        read_name(scan);
        break;
    case TOKEN_STRING:
        break;
    case TOKEN_VARIABLE:
        read_variable(scan);
        break;
    case TOKEN_ASSIGN:
        refuse_here(scan, token_is_user_variable(scan->reader->before) ? SQL_REASON_USER_VARIABLE
                                                                       : SQL_REASON_UNKNOWN);
        break;
    case TOKEN_HINT:
        read_hint(scan);
        break;
    case TOKEN_PUNCT:
        read_punct(scan);
        break;
    case TOKEN_BAD:
        refuse_here(scan, SQL_REASON_BAD_TEXT);
        break;
    case TOKEN_END:
    case TOKEN_NUMBER:
    case TOKEN_PARAMETER:
        break;
    }
}

static void walk(struct scan *scan, bool is_values)
{
    struct reader *reader = scan->reader;
    for (; !reader_at_end(reader); reader_advance(reader)) {
        /* The values of SET STATEMENT end at a FOR outside parentheses. `VALUE FOR` may belong to a sequence. */
        if (is_values && scan->reader->keyword == KEYWORD_FOR && scan->depth == 0)
            return;
        if (is_in_with(scan))
            follow_with(scan);
        if (reader->token->type == TOKEN_WORD) /* most tokens are words */
            read_word(scan);
        else
            read_token(scan);
    }
}

/* Chooses which names are checked. If no views are known, routing decides, and names are checked only for
 * accounts that need known tables. */
static inline void prepare_names(struct scan *scan)
{
    const struct catalog *catalog = scan->reader->lexer.dialect.catalog;
    if (catalog == NULL || !catalog_knows(catalog, CODE_TABLE))
        return;
    bool is_stale = catalog_is_stale(catalog);
    scan->views = is_stale ? NULL : catalog_code_views(catalog);
    scan->checks_names = is_stale || scan->views != NULL;
}

void query_read(struct reader *reader, struct sql_facts *facts)
{
    struct scan scan = { .reader = reader, .facts = facts };
    facts->is_read = true;
    facts->reason = SQL_REASON_PLAIN_READ;
    prepare_names(&scan);
    walk(&scan, false);
    if (reader->lexer.dialect.needs_known_tables) {
        const struct sql_dialect *dialect = &scan.reader->lexer.dialect;
        if (scan.reader->has_from && !catalog_knows(dialect->catalog, CODE_TABLE))
            refuse(&scan, SQL_REASON_UNKNOWN_TABLE, SPAN_NONE);
    }
    facts->refers_previous = scan.is_only_previous;
    facts_ask(facts, scan.questions);
    facts->reads_but_for_variables = scan.is_only_variables;
    if (facts->is_read && scan.has_stored)
        facts->reason = SQL_REASON_STORED_READ;
}

bool query_read_calls(struct reader *reader, struct sql_facts *facts)
{
    struct sql_facts inner = { 0 };
    query_read(reader, &inner);
    facts_take_code(facts, &inner);
    return inner.may_hide_state;
}

bool query_skip_values(struct reader *reader, struct sql_facts *facts)
{
    struct sql_facts inner = { .is_read = true };
    struct scan scan = { .reader = reader, .facts = &inner };
    walk(&scan, true);
    facts_take_code(facts, &inner);
    return reader->keyword == KEYWORD_FOR && reader->before_keyword != KEYWORD_VALUE;
}
