#include "console/driver_queries.h"

#include "tokens/lexer.h"
#include "tokens/reader.h"
#include "tokens/unquote.h"

#include <stdio.h>

/* ---- values that a server of that version would report ---- */

static const struct {
    const char *name;
    const char *value;
} variables[] = {
    { "auto_increment_increment", "1" },
    { "autocommit", "1" },
    { "character_set_client", "utf8mb4" },
    { "character_set_connection", "utf8mb4" },
    { "character_set_database", "utf8mb4" },
    { "character_set_results", "utf8mb4" },
    { "character_set_server", "utf8mb4" },
    { "collation_connection", "utf8mb4_general_ci" },
    { "collation_database", "utf8mb4_general_ci" },
    { "collation_server", "utf8mb4_general_ci" },
    { "hostname", "headgate" },
    { "init_connect", "" },
    { "interactive_timeout", "28800" },
    { "license", "headgate" },
    { "lower_case_table_names", "0" },
    { "max_allowed_packet", "1048576" },
    { "net_buffer_length", "16384" },
    { "net_write_timeout", "60" },
    { "performance_schema", "0" },
    { "port", "0" },
    { "protocol_version", "10" },
    { "read_only", "0" },
    { "session_track_schema", "0" },
    { "sql_auto_is_null", "0" },
    { "sql_mode", "STRICT_TRANS_TABLES" },
    { "sql_select_limit", "18446744073709551615" },
    { "system_time_zone", "UTC" },
    { "time_zone", "+00:00" },
    { "transaction_isolation", "REPEATABLE-READ" },
    { "transaction_read_only", "0" },
    { "tx_isolation", "REPEATABLE-READ" },
    { "tx_read_only", "0" },
    { "version", DRIVER_QUERY_VERSION },
    { "version_comment", "headgate " HEADGATE_VERSION },
    { "version_compile_machine", "" },
    { "version_compile_os", "Linux" },
    { "wait_timeout", "28800" },
};

#define VARIABLES (sizeof variables / sizeof *variables)

/* First words of statements that are answered with OK and have no effect. */
static const char *const granted[] = { "SET", "USE", "COMMIT", "ROLLBACK", "BEGIN", "START", "UNLOCK" };

/* SHOW statements that are answered with an empty result, also after SESSION, GLOBAL, FULL or EXTENDED. */
static const struct {
    const char *words[2];
    const char *columns[5];
} empties[] = {
    { { "WARNINGS" }, { "Level", "Code", "Message" } },
    { { "ERRORS" }, { "Level", "Code", "Message" } },
    { { "STATUS" }, { "Variable_name", "Value" } },
    { { "DATABASES" }, { "Database" } },
    { { "SCHEMAS" }, { "Database" } },
    { { "TABLES" }, { "Tables" } },
    { { "ENGINES" }, { "Engine", "Support", "Comment" } },
    { { "PLUGINS" }, { "Name", "Status", "Type", "Library", "License" } },
    { { "COLLATION" }, { "Collation", "Charset", "Id", "Default", "Compiled" } },
    { { "CHARACTER", "SET" }, { "Charset", "Description", "Default collation", "Maxlen" } },
    { { "CHARSET" }, { "Charset", "Description", "Default collation", "Maxlen" } },
};

/* ---- reading ---- */

struct query {
    struct lexer lexer;
    struct token token; /* the current one */
    struct span sql;
    struct driver_queries *client;
    size_t count; /* of columns so far */
    const char *values[DRIVER_QUERY_COLUMNS_MAX];
    char number[24]; /* the connection id */
    char user[160];
};

static void advance(struct query *query)
{
    lexer_read(&query->lexer, &query->token);
}

static bool accept_word(struct query *query, const char *word)
{
    bool is_there = token_is_word(&query->token, word);
    if (is_there)
        advance(query);
    return is_there;
}

static bool accept_punct(struct query *query, char c)
{
    bool is_there = token_is_punct(&query->token, c);
    if (is_there)
        advance(query);
    return is_there;
}

/* The value of a variable, or NULL. */
static const char *find_variable(struct span name)
{
    for (size_t i = 0; i < VARIABLES; i++)
        if (span_is_nocase(name, variables[i].name))
            return variables[i].value;
    return NULL;
}

/* ---- SELECT ---- */

/* @@name, @@session.name, @@global.name */
static bool read_variable(struct query *query, struct error *err)
{
    struct span name = query->token.text;
    if (name.len < 3 || name.data[1] != '@')
        return false; /* a user variable */
    name = span_of(name.data + 2, name.len - 2);
    advance(query);
    if (accept_punct(query, '.')) {
        name = token_name(&query->token);
        advance(query);
    }
    const char *value = find_variable(name);
    query->values[query->count] = value;
    return value != NULL || error_set(err, DRIVER_QUERY_UNKNOWN_VARIABLE, "Unknown system variable '%.*s'",
                                      (int)name.len, (const char *)name.data);
}

/* name() */
static bool read_function(struct query *query)
{
    struct {
        const char *name;
        const char *value; /* NULL: SQL NULL */
    } functions[] = {
        { "DATABASE", NULL },
        { "SCHEMA", NULL },
        { "VERSION", DRIVER_QUERY_VERSION },
        { "USER", query->user },
        { "CURRENT_USER", query->user },
        { "SESSION_USER", query->user },
        { "CONNECTION_ID", query->number },
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (token_is_word(&query->token, functions[i].name)) {
            advance(query);
            query->values[query->count] = functions[i].value;
            return accept_punct(query, '(') && accept_punct(query, ')');
        }
    return false;
}

/* SELECT 1: connection pools send it to test a connection. */
static bool read_number(struct query *query)
{
    if (!span_is(query->token.text, "1"))
        return false;
    query->values[query->count] = "1";
    advance(query);
    return true;
}

static bool read_item(struct query *query, struct error *err)
{
    const uint8_t *from = query->token.text.data, *end;
    char *name = query->client->names[query->count];
    bool is_read = query->token.type == TOKEN_VARIABLE ? read_variable(query, err)
                   : query->token.type == TOKEN_NUMBER ? read_number(query)
                                                       : read_function(query);
    if (!is_read)
        return false;
    end = query->token.type == TOKEN_END ? query->sql.data + query->sql.len : query->token.text.data;
    while (end > from && (end[-1] <= ' ' || end[-1] == ';'))
        end--;
    struct span spelled = span_of(from, (size_t)(end - from));
    bool has_alias = accept_word(query, "AS") ||
                     (query->token.type == TOKEN_WORD && !token_is_word(&query->token, "LIMIT"));
    if (has_alias) {
        spelled = token_name(&query->token);
        advance(query);
    }
    (void)span_copy_cstr(spelled, name, DRIVER_QUERY_NAME_MAX);
    query->client->columns[query->count++] = (struct column){ name, COLUMN_TEXT, "" };
    return true;
}

/* A list of such items, with or without LIMIT. */
static enum driver_query_verdict answer_select(struct query *query, struct table *table, struct error *err)
{
    do {
        if (query->count == DRIVER_QUERY_COLUMNS_MAX || !read_item(query, err))
            return err->code != 0 ? DRIVER_QUERY_ERROR : DRIVER_QUERY_NONE;
    } while (accept_punct(query, ','));
    if (accept_word(query, "LIMIT"))
        advance(query);
    while (accept_punct(query, ';'))
        ;
    if (query->token.type != TOKEN_END)
        return DRIVER_QUERY_NONE;
    table_init(table, query->client->columns, query->count);
    table_row(table);
    for (size_t i = 0; i < query->count; i++)
        table_text(table, query->values[i]);
    return DRIVER_QUERY_TABLE;
}

/* ---- SHOW ---- */

/* LIKE: % matches any bytes, _ any one byte, \ takes the next byte literally; the case of letters is
 * ignored. */
static bool is_like(struct span text, struct span pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, star_t = 0;
    while (t < text.len) {
        bool is_escaped = p + 1 < pattern.len && pattern.data[p] == '\\';
        if (p < pattern.len && pattern.data[p] == '%') {
            star = ++p;
            star_t = t;
        } else if (p < pattern.len && ((!is_escaped && pattern.data[p] == '_') ||
                                       span_equal_nocase(span_of(text.data + t, 1),
                                                         span_of(pattern.data + p + is_escaped, 1)))) {
            p += 1U + is_escaped;
            t++;
        } else if (star != SIZE_MAX) { /* let the last % match one byte more */
            {
                p = star;
                t = ++star_t;
            }
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '%')
        p++;
    return p == pattern.len;
}

/* [LIKE '…'], or WHERE with any condition: then all variables are returned, and the client selects. */
static enum driver_query_verdict show_variables(struct query *query, struct table *table)
{
    static const struct column columns[] = { { "Variable_name", COLUMN_TEXT, "" },
                                             { "Value", COLUMN_TEXT, "" } };
    struct text pattern = { 0 };
    bool has_pattern = accept_word(query, "LIKE");
    if (has_pattern && !sql_unquote(query->token.text, &query->lexer.dialect, &pattern)) {
        text_fini(&pattern);
        return DRIVER_QUERY_NONE;
    }
    table_init(table, columns, 2);
    for (size_t i = 0; i < VARIABLES; i++) {
        if (has_pattern && !is_like(span_cstr(variables[i].name), text_span(&pattern)))
            continue;
        table_row(table);
        table_text(table, variables[i].name);
        table_text(table, variables[i].value);
    }
    text_fini(&pattern);
    return DRIVER_QUERY_TABLE;
}

static enum driver_query_verdict show_nothing(struct query *query, const char *const *names, size_t most,
                                              struct table *table)
{
    struct driver_queries *client = query->client;
    size_t count = 0;
    for (; count < most && names[count] != NULL; count++)
        client->columns[count] = (struct column){ names[count], COLUMN_TEXT, "" };
    table_init(table, client->columns, count);
    return DRIVER_QUERY_TABLE;
}

static enum driver_query_verdict answer_show(struct query *query, struct table *table)
{
    static const char *const scopes[] = { "SESSION", "GLOBAL", "FULL", "EXTENDED" };
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        (void)accept_word(query, scopes[i]);
    if (accept_word(query, "VARIABLES"))
        return show_variables(query, table);
    for (size_t i = 0; i < sizeof empties / sizeof *empties; i++) {
        struct query ahead = *query;
        const char *second = empties[i].words[1];
        if (accept_word(&ahead, empties[i].words[0]) && (second == NULL || accept_word(&ahead, second)))
            return show_nothing(query, empties[i].columns, 5, table);
    }
    return DRIVER_QUERY_NONE;
}

enum driver_query_verdict driver_queries_answer(struct driver_queries *client, struct span sql,
                                                struct table *table_r, struct error *err)
{
    const struct sql_dialect dialect = { .family = SQL_FAMILY_MYSQL, .is_utf8 = true };
    struct query query = { .sql = sql, .client = client };
    (void)snprintf(query.number, sizeof query.number, "%u", (unsigned)client->connection_id);
    (void)snprintf(query.user, sizeof query.user, "%.128s@%%", client->user);
    lexer_begin(&query.lexer, sql, &dialect);
    advance(&query);
    for (size_t i = 0; i < sizeof granted / sizeof *granted; i++)
        if (accept_word(&query, granted[i]))
            return DRIVER_QUERY_OK;
    if (accept_word(&query, "SELECT"))
        return answer_select(&query, table_r, err);
    if (accept_word(&query, "SHOW"))
        return answer_show(&query, table_r);
    return DRIVER_QUERY_NONE;
}
