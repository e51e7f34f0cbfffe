/* The names of tables in a statement. Each depth of parentheses has a level with a place of its own:
 *
 *      after FROM, JOIN, `,` of a list, UPDATE, INTO, TABLE    NAME    a name or a parenthesis comes
 *      after a schema                                          REST    `.` and the name of the table come
 *      after a name                                            NONE    an alias, ON …: no table
 *
 * A list of tables continues at its depth until a word that cannot stand in a list (list_ends). */
#include "stored_code/table_names.h"

#include <string.h>

enum place { NONE, NAME, REST };

/* A WITH list: name → (columns) AS → (query) → `,` and the next name, or the statement itself. */
enum with { WITH_NONE, WITH_NAME, WITH_AS, WITH_QUERY, WITH_NEXT };

static struct table_names_level *level_of(struct table_names *names)
{
    return &names->levels[names->depth];
}

void table_names_begin(struct table_names *names)
{
    names->depth = names->with_count = 0;
    names->is_lost = false;
    names->schema = SPAN_NONE;
    names->levels[0] = (struct table_names_level){ 0 };
}

static void expect(struct table_names_level *level, bool is_list, bool is_written)
{
    level->place = NAME;
    level->is_list = is_list;
    level->is_written = is_written;
}

/* ---- WITH ---- */

static void add_with(struct table_names *names, struct span name)
{
    if (names->with_count == TABLE_NAMES_WITH) {
        names->is_lost = true;
        return;
    }
    names->with[names->with_count].name = name;
    names->with[names->with_count].depth = names->depth;
    names->with[names->with_count++].is_ready = level_of(names)->is_recursive;
}

/* Compares with case: a name in another case may be a table's. */
static bool is_with_name(const struct table_names *names, struct span name)
{
    for (unsigned i = 0; i < names->with_count; i++)
        if (names->with[i].is_ready && span_equal(names->with[i].name, name))
            return true;
    return false;
}

/* Reads a token of a WITH list. False: the token does not belong to a list. */
static bool read_with(struct table_names *names, const struct reader *reader)
{
    struct table_names_level *level = level_of(names);
    switch ((enum with)level->with) {
    case WITH_NONE:
        return false;
    case WITH_NAME:
        if (reader->keyword == KEYWORD_RECURSIVE && token_is_name(reader->ahead)) {
            level->is_recursive = true;
            return true;
        }
        level->with =
            token_is_name(reader->token) ? WITH_AS : WITH_NONE; /* WITH ROLLUP: dropped at the next AS */
        if (level->with == WITH_AS)
            add_with(names, token_name(reader->token));
        return level->with == WITH_AS;
    case WITH_AS:
        if (reader->keyword == KEYWORD_AS && token_is_punct(reader->ahead, '(')) {
            level->with = WITH_QUERY;
            return true;
        }
        if (token_is_punct(reader->token, '(') || token_is_punct(reader->before, ')'))
            return false;
        level->with = WITH_NONE;
        names->with_count -= names->with_count > 0;
        return false;
    case WITH_QUERY:
        return false; /* the readers of parentheses handle it */
    case WITH_NEXT:
        if (token_is_punct(reader->token, ','))
            level->with = WITH_NAME;
        else if (reader->keyword != KEYWORD_CYCLE && reader->keyword != KEYWORD_RESTRICT &&
                 !(reader->keyword == KEYWORD_NONE && token_is_name(reader->token)))
            level->with = WITH_NONE;
        return level->with != WITH_NONE;
    }
    return false;
}

/* ---- parentheses ---- */

static bool takes_preposition(const struct token *token)
{
    static const char *const names[] = { "TRIM", "EXTRACT", "SUBSTRING", "SUBSTR", "MID", "TRIM_ORACLE" };
    return token->type == TOKEN_WORD && span_is_among(token->text, names, sizeof names / sizeof *names);
}

static void open(struct table_names *names, const struct reader *reader)
{
    const struct table_names_level *outer = level_of(names);
    if (names->depth + 1 >= TABLE_NAMES_DEPTH) {
        names->is_lost = true;
        return;
    }
    struct table_names_level *level = &names->levels[++names->depth];
    *level = (struct table_names_level){ .is_argument = takes_preposition(reader->before) };
    if (outer->place == NAME && !outer->is_written)
        expect(level, true, false);
    else if (outer->place == NAME && outer->is_list)
        expect(level, true, true); /* UPDATE (a, b) */
}

static void close(struct table_names *names)
{
    if (names->depth == 0) {
        names->is_lost = true;
        return;
    }
    names->depth--;
    while (names->with_count > 0 && names->with[names->with_count - 1].depth > names->depth)
        names->with_count--;
    struct table_names_level *level = level_of(names);
    if (level->place == NAME)
        level->place = NONE; /* a nested list or a derived table */
    if (level->with != WITH_QUERY)
        return;
    level->with = WITH_NEXT;
    if (names->with_count > 0)
        names->with[names->with_count - 1].is_ready = true;
}

/* ---- words ---- */

/* Words that both families reserve and that cannot stand in a list of tables. */
static bool list_ends(enum keyword keyword)
{
    switch ((int)keyword) {
    case KEYWORD_WHERE:
    case KEYWORD_GROUP:
    case KEYWORD_HAVING:
    case KEYWORD_ORDER:
    case KEYWORD_PROCEDURE:
    case KEYWORD_INTO:
    case KEYWORD_UNION:
    case KEYWORD_EXCEPT:
    case KEYWORD_INTERSECT:
    case KEYWORD_SET:
    case KEYWORD_SELECT:
    case KEYWORD_VALUES:
        return true;
    default:
        return false;
    }
}

/* A word that begins a change. INSERT and REPLACE may be functions, and ON DUPLICATE KEY UPDATE, FOR UPDATE
 * and the like change no further table. */
static void begin_change(struct table_names_level *level, const struct reader *reader)
{
    enum keyword before = reader->before_keyword;
    bool is_clause = before == KEYWORD_KEY || before == KEYWORD_FOR || before == KEYWORD_ON;
    if (reader->keyword == KEYWORD_UPDATE && !is_clause)
        expect(level, true, true);
    else if (reader->keyword == KEYWORD_DELETE)
        level->deletes = true;
    else if (!reader_is_call(reader) && reader->keyword != KEYWORD_UPDATE)
        expect(level, false, true);
}

static void read_keyword(struct table_names_level *level, const struct reader *reader)
{
    switch ((int)reader->keyword) {
    case KEYWORD_FROM:
        if (!level->is_argument)
            expect(level, true, level->deletes);
        break;
    case KEYWORD_USING: /* DELETE FROM a USING a, b; JOIN … USING (c) */
        if (level->deletes && !reader_is_call(reader))
            expect(level, true, true);
        break;
    case KEYWORD_JOIN:
    case KEYWORD_STRAIGHT_JOIN:
        if (level->is_list && reader->before_keyword != KEYWORD_FOR)
            level->place = NAME;
        break;
    case KEYWORD_INSERT:
    case KEYWORD_REPLACE:
    case KEYWORD_UPDATE:
    case KEYWORD_DELETE:
        begin_change(level, reader);
        break;
    case KEYWORD_TABLE:
        expect(level, false, false);
        break;
    case KEYWORD_WITH:
        level->with = token_is_name(reader->ahead) ? WITH_NAME : WITH_NONE;
        level->is_recursive = false;
        break;
    default:
        break;
    }
}

/* Words that may stand between the first word of a change and its table, or before a derived table. */
static bool is_modifier(const struct table_names_level *level, const struct reader *reader)
{
    static const char *const changes[] = { "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "IGNORE", "INTO" };
    bool is_lateral = token_is_word(reader->token, "LATERAL") && token_is_punct(reader->ahead, '(');
    return is_lateral || (level->is_written && reader->token->type == TOKEN_WORD &&
                          span_is_among(reader->token->text, changes, sizeof changes / sizeof *changes));
}

/* ---- names ---- */

static bool tell(struct table_names *names, const struct reader *reader, struct table_name *name_r)
{
    struct table_names_level *level = level_of(names);
    bool is_qualified = level->place == REST;
    level->place = NONE;
    *name_r = (struct table_name){ .schema = is_qualified ? names->schema : SPAN_NONE,
                                   .name = token_name(reader->token),
                                   .is_written = level->is_written };
    if (is_qualified)
        return true;
    bool is_dual = reader->token->type == TOKEN_WORD && span_is_nocase(name_r->name, "DUAL");
    return !is_dual && !is_with_name(names, name_r->name);
}

/* Reads a word or a quoted name where the name of a table may stand. */
static bool read_name(struct table_names *names, const struct reader *reader, struct table_name *name_r)
{
    struct table_names_level *level = level_of(names);
    if (level->place == NAME && token_is_punct(reader->ahead, '.')) {
        names->schema = token_name(reader->token);
        level->place = REST;
        return false;
    }
    /* FROM JSON_TABLE (…); other calls at this place are unknown. INSERT INTO t (columns). */
    bool is_call = token_is_punct(reader->ahead, '(') && !level->is_written;
    if (is_call) {
        names->is_lost |= !token_is_word(reader->token, "JSON_TABLE");
        level->place = NONE;
        return false;
    }
    return tell(names, reader, name_r);
}

static bool read_word(struct table_names *names, const struct reader *reader, struct table_name *name_r,
                      bool *is_table_r)
{
    struct table_names_level *level = level_of(names);
    bool is_structure = list_ends(reader->keyword) || reader->keyword == KEYWORD_WITH ||
                        reader->keyword == KEYWORD_TABLE || reader->keyword == KEYWORD_FROM;
    if (level->place != NONE && !is_modifier(level, reader) && !is_structure) {
        *is_table_r = true;
        return read_name(names, reader, name_r);
    }
    if (list_ends(reader->keyword) && !(reader->keyword == KEYWORD_INTO && level->place == NAME)) {
        level->place = NONE;
        level->is_list = false;
        level->is_argument &= reader->keyword != KEYWORD_SELECT; /* INSERT INTO mid (SELECT …) */
    }
    read_keyword(level, reader);
    return false;
}

static void read_punct(struct table_names *names, const struct reader *reader)
{
    struct table_names_level *level = level_of(names);
    if (token_is_punct(reader->token, '('))
        open(names, reader);
    else if (token_is_punct(reader->token, ')'))
        close(names);
    else if (token_is_punct(reader->token, ','))
        level->place = level->is_list ? NAME : NONE;
    else if (token_is_punct(reader->token, '{')) /* {OJ a LEFT JOIN b …} */
        names->is_lost |= level->place == NAME;
    else if (level->place == NAME)
        names->is_lost |= !token_is_punct(reader->token, ';');
}

bool table_names_step(struct table_names *names, const struct reader *reader, struct table_name *name_r,
                      bool *is_table_r)
{
    *is_table_r = level_of(names)->with != WITH_NONE && read_with(names, reader);
    if (*is_table_r)
        return false;
    if (token_is_name(reader->token) &&
        (!token_is_punct(reader->before, '.') || level_of(names)->place == REST))
        return read_word(names, reader, name_r, is_table_r);
    if (reader->token->type == TOKEN_PUNCT)
        read_punct(names, reader);
    return false;
}
