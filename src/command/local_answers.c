#include "command/local_answers.h"

#include "mysql/reply.h"
#include "mysql/resultset.h"
#include "command/command_answer.h"
#include "session/command_text.h"
#include "tokens/reader.h"

#include <stdio.h>

/* ---- the questions ---- */

/* What the text asks. `name`: of the column in the result. */
struct question {
    bool is_found;
    struct span name;
};

/* Only blanks and parentheses follow the first `len` bytes. How a server names a column whose text has a
 * comment is not known here. */
static bool is_plain(struct span name, size_t len)
{
    for (size_t i = len; i < name.len; i++)
        if (name.data[i] != ' ' && name.data[i] != '(' && name.data[i] != ')')
            return false;
    return true;
}

/* Printable ASCII, not too long for a name, without quotes (a quote inside a quoted name is doubled). */
static bool is_ascii(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '`' || name.data[i] == '"')
            return false;
    return name.len > 0 && name.len <= 64;
}

/* Reads an optional AS (its name goes to *name), an optional semicolon, and the end of the text. */
static bool read_end(struct reader *reader, struct span *name)
{
    if (reader->keyword == KEYWORD_AS) {
        reader_advance(reader);
        bool is_word = reader->token->type == TOKEN_WORD && reader->keyword == KEYWORD_NONE;
        if (!is_word && reader->token->type != TOKEN_QUOTED)
            return false;
        *name = token_name(reader->token);
        reader_advance(reader);
    }
    if (token_is_punct(reader->token, ';'))
        reader_advance(reader);
    return reader->token->type == TOKEN_END && is_ascii(*name);
}

static bool read_question(const struct session *session, struct question *question_r)
{
    struct sql_dialect dialect = dialect_of(session);
    struct reader reader;
    reader_begin(&reader, command_text(session), &dialect);
    if (!reader_accept(&reader, KEYWORD_SELECT))
        return false;
    const struct token function = *reader.token;
    question_r->is_found = token_is_word(&function, "FOUND_ROWS");
    if (!question_r->is_found && !token_is_word(&function, "ROW_COUNT"))
        return false;
    reader_advance(&reader);
    if (!token_is_punct(reader.token, '(') || !token_is_punct(reader.ahead, ')'))
        return false;
    const struct span last =
        reader.ahead->text; /* the column has the name that a server would give: the text */
    question_r->name = span_of(function.text.data, (size_t)(last.data + last.len - function.text.data));
    reader_advance(&reader);
    reader_advance(&reader);
    bool is_plain_call = is_plain(question_r->name, function.text.len);
    return is_plain_call && read_end(&reader, &question_r->name) && reader.lexer.doubts == 0;
}

static const struct recalled *answer_to(const struct session *session, const struct question *question)
{
    return question->is_found ? &session->facets.answers.found_rows : &session->facets.answers.row_count;
}

/* Would a server send the same result? Column names are ASCII bytes for the client (character_set_results),
 * and sql_select_limit does not remove the row. */
static bool is_ordinary(const struct session *session)
{
    struct span name, literal;
    size_t at = 0;
    while (vars_next(&session->facets.vars, &at, &name, &literal)) {
        bool is_wide = span_is_nocase(name, "character_set_results") &&
                       (span_mentions(literal, "utf16") || span_mentions(literal, "utf32") ||
                        span_mentions(literal, "ucs2"));
        if (is_wide || span_is_nocase(name, "sql_select_limit"))
            return false;
    }
    return true;
}

bool local_answers_may_answer(const struct session *session)
{
    const struct job *job = session->job;
    struct question question;
    bool is_question = job->facts.question == SQL_ASKS_LAST || job->facts.question == SQL_ASKS_FOUND_ROWS;
    return is_question && job->command->byte == COM_QUERY && !job->facts.is_multi && is_ordinary(session) &&
           read_question(session, &question) && answer_to(session, &question)->is_known;
}

/* The question counts as a statement of its own: notes what the client may ask about it next. MySQL leaves a
 * warning that FOUND_ROWS() is deprecated. */
static void note_answered(struct session *session, bool has_warned)
{
    struct answers *answers = &session->facets.answers;
    bool is_mysql = session_view(session)->family == FAMILY_MYSQL;
    answers->last = answers->found = ANSWERS_LOST;
    answers->row_count = (struct recalled){ .is_known = true, .value = -1 };
    answers->found_rows = (struct recalled){ .is_known = true, .value = 1 };
    if (!is_mysql)
        return; /* on MariaDB a statement without tables does not change the warnings */
    answers->diagnostics = ANSWERS_LOST;
    answers->has_diagnostics = has_warned;
}

enum step local_answers_answer(struct session *session)
{
    struct question question = { 0 };
    struct resultset set;
    struct text *out = &session->client.out;
    char name[65], digits[24];
    bool is_read = read_question(session, &question) && span_copy_cstr(question.name, name, sizeof name);
    if (!is_read)
        return command_refuse(session, ERR_NOT_SUPPORTED_YET, NULL, "headgate: not run: it cannot be read");
    (void)snprintf(digits, sizeof digits, "%lld", (long long)answer_to(session, &question)->value);
    bool has_warned = question.is_found && session_view(session)->family == FAMILY_MYSQL;
    buf_drop_parsed(&session->client.in);
    resultset_begin(&set, out, (uint8_t)(session->job->run.seq + 1), session->caps,
                    session->facets.status & STATUS_OF_SESSION, 1);
    set.warnings = has_warned;
    resultset_column(&set, name, RESULTSET_COUNT, 21);
    resultset_body(&set);
    resultset_value(&set, span_cstr(digits));
    resultset_end(&set);
    note_answered(session, has_warned);
    (void)stream_flush(&session->client);
    return command_done(session);
}

enum step local_answers_refuse(struct session *session)
{
    return command_refuse(
        session, ERR_NOT_SUPPORTED_YET, NULL,
        "headgate: not run: it asks about an earlier statement, and the connection that ran "
        "that one cannot be asked: it is gone (lost, or needed by another client), or on "
        "another server than this has to run on");
}
