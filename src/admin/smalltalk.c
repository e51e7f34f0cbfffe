#include "admin/smalltalk.h"

#include "sql/lexer.h"
#include "sql/reader.h"
#include "sql/unquote.h"

#include <stdio.h>

/* ---- what a server of that version would say ---- */

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
    { "version", SMALLTALK_VERSION },
    { "version_comment", "headgate " HEADGATE_VERSION },
    { "version_compile_machine", "" },
    { "version_compile_os", "Linux" },
    { "wait_timeout", "28800" },
};

#define VARIABLES (sizeof variables / sizeof *variables)

/* Statements that begin like this are granted, and do nothing. */
static const char *const granted[] = { "SET", "USE", "COMMIT", "ROLLBACK", "BEGIN", "START", "UNLOCK" };

/* What SHOW may ask for that there is nothing of here; after SESSION or GLOBAL, FULL, EXTENDED. */
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

struct speech {
    struct lexer lexer;
    struct token token; /* the current one */
    struct span sql;
    struct smalltalk *talk;
    size_t count; /* of columns */
    const char *values[SMALLTALK_COLUMNS_MAX];
    char number[24]; /* the connection's */
    char user[160];
};

static void advance(struct speech *speech)
{
    lexer_read(&speech->lexer, &speech->token);
}

static bool accept_word(struct speech *speech, const char *word)
{
    bool is_there = token_is_word(&speech->token, word);
    if (is_there)
        advance(speech);
    return is_there;
}

static bool accept_punct(struct speech *speech, char c)
{
    bool is_there = token_is_punct(&speech->token, c);
    if (is_there)
        advance(speech);
    return is_there;
}

static bool at_end(struct speech *speech)
{
    while (accept_punct(speech, ';'))
        ;
    return speech->token.type == TOKEN_END;
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
static bool read_variable(struct speech *speech, struct error *err)
{
    struct span name = speech->token.text;
    if (name.len < 3 || name.data[1] != '@')
        return false; /* one of a user */
    name = span_of(name.data + 2, name.len - 2);
    advance(speech);
    if (accept_punct(speech, '.')) {
        name = token_name(&speech->token);
        advance(speech);
    }
    const char *value = find_variable(name);
    speech->values[speech->count] = value;
    return value != NULL || error_set(err, SMALLTALK_UNKNOWN_VARIABLE, "Unknown system variable '%.*s'",
                                      (int)name.len, (const char *)name.data);
}

/* name() */
static bool read_function(struct speech *speech)
{
    struct {
        const char *name;
        const char *value; /* NULL: NULL */
    } functions[] = {
        { "DATABASE", NULL },
        { "SCHEMA", NULL },
        { "VERSION", SMALLTALK_VERSION },
        { "USER", speech->user },
        { "CURRENT_USER", speech->user },
        { "SESSION_USER", speech->user },
        { "CONNECTION_ID", speech->number },
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (token_is_word(&speech->token, functions[i].name)) {
            advance(speech);
            speech->values[speech->count] = functions[i].value;
            return accept_punct(speech, '(') && accept_punct(speech, ')');
        }
    return false;
}

/* 1: what pools ask to see whether a connection lives. */
static bool read_number(struct speech *speech)
{
    if (!span_is(speech->token.text, "1"))
        return false;
    speech->values[speech->count] = "1";
    advance(speech);
    return true;
}

static bool read_item(struct speech *speech, struct error *err)
{
    const uint8_t *from = speech->token.text.data, *end;
    char *name = speech->talk->names[speech->count];
    bool is_read = speech->token.type == TOKEN_VARIABLE ? read_variable(speech, err)
                   : speech->token.type == TOKEN_NUMBER ? read_number(speech)
                                                        : read_function(speech);
    if (!is_read)
        return false;
    end = speech->token.type == TOKEN_END ? speech->sql.data + speech->sql.len : speech->token.text.data;
    while (end > from && (end[-1] <= ' ' || end[-1] == ';'))
        end--;
    struct span spelled = span_of(from, (size_t)(end - from));
    bool has_alias = accept_word(speech, "AS") ||
                     (speech->token.type == TOKEN_WORD && !token_is_word(&speech->token, "LIMIT"));
    if (has_alias) {
        spelled = token_name(&speech->token);
        advance(speech);
    }
    (void)span_copy_cstr(spelled, name, SMALLTALK_NAME_MAX);
    speech->talk->columns[speech->count++] = (struct column){ name, COLUMN_TEXT, "" };
    return true;
}

/* A list of such items, with a LIMIT or without. */
static enum smalltalk_verdict answer_select(struct speech *speech, struct table *table, struct error *err)
{
    do {
        if (speech->count == SMALLTALK_COLUMNS_MAX || !read_item(speech, err))
            return err->code != 0 ? SMALLTALK_ERROR : SMALLTALK_NONE;
    } while (accept_punct(speech, ','));
    if (accept_word(speech, "LIMIT"))
        advance(speech);
    if (!at_end(speech))
        return SMALLTALK_NONE;
    table_init(table, speech->talk->columns, speech->count);
    table_row(table);
    for (size_t i = 0; i < speech->count; i++)
        table_text(table, speech->values[i]);
    return SMALLTALK_TABLE;
}

/* ---- SHOW ---- */

/* LIKE: % any bytes, _ any one, \ takes the next one as it is; letters in any case. */
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
        } else if (star != SIZE_MAX) { /* the last % takes one byte more */
            p = star;
            t = ++star_t;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '%')
        p++;
    return p == pattern.len;
}

/* [LIKE '…'], or WHERE and whatever: then all are told, and the client looks for its own. */
static enum smalltalk_verdict show_variables(struct speech *speech, struct table *table)
{
    static const struct column columns[] = { { "Variable_name", COLUMN_TEXT, "" },
                                             { "Value", COLUMN_TEXT, "" } };
    struct text pattern = { 0 };
    bool has_pattern = accept_word(speech, "LIKE");
    if (has_pattern && !sql_unquote(speech->token.text, &speech->lexer.dialect, &pattern)) {
        text_fini(&pattern);
        return SMALLTALK_NONE;
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
    return SMALLTALK_TABLE;
}

static enum smalltalk_verdict show_nothing(struct speech *speech, const char *const *names, size_t most,
                                           struct table *table)
{
    struct smalltalk *talk = speech->talk;
    size_t count = 0;
    for (; count < most && names[count] != NULL; count++)
        talk->columns[count] = (struct column){ names[count], COLUMN_TEXT, "" };
    table_init(table, talk->columns, count);
    return SMALLTALK_TABLE;
}

static enum smalltalk_verdict answer_show(struct speech *speech, struct table *table)
{
    static const char *const scopes[] = { "SESSION", "GLOBAL", "FULL", "EXTENDED" };
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        (void)accept_word(speech, scopes[i]);
    if (accept_word(speech, "VARIABLES"))
        return show_variables(speech, table);
    for (size_t i = 0; i < sizeof empties / sizeof *empties; i++) {
        struct speech ahead = *speech;
        const char *second = empties[i].words[1];
        if (accept_word(&ahead, empties[i].words[0]) && (second == NULL || accept_word(&ahead, second)))
            return show_nothing(speech, empties[i].columns, 5, table);
    }
    return SMALLTALK_NONE;
}

enum smalltalk_verdict smalltalk_answer(struct smalltalk *talk, struct span sql, struct table *table_r,
                                        struct error *err)
{
    const struct sql_dialect dialect = { .family = SQL_FAMILY_MYSQL, .is_utf8 = true };
    struct speech speech = { .sql = sql, .talk = talk };
    (void)snprintf(speech.number, sizeof speech.number, "%u", (unsigned)talk->connection_id);
    (void)snprintf(speech.user, sizeof speech.user, "%.128s@%%", talk->user);
    lexer_begin(&speech.lexer, sql, &dialect);
    advance(&speech);
    for (size_t i = 0; i < sizeof granted / sizeof *granted; i++)
        if (accept_word(&speech, granted[i]))
            return SMALLTALK_OK;
    if (accept_word(&speech, "SELECT"))
        return answer_select(&speech, table_r, err);
    if (accept_word(&speech, "SHOW"))
        return answer_show(&speech, table_r);
    return SMALLTALK_NONE;
}
