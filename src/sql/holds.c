/* The text is read twice. classify() and statement_read() find the statements that may take or release a
 * hold; these statements are then read again for the holds themselves.
 *
 *      holds_next ── next_statement ── find_reader      the first word chooses the reader
 *          └── take_create | give_tables | … ──┬── take_lock     then user locks, anywhere in the statement
 *              next_listed ────────────────────┘                 (in a plain list each lock is counted)
 *
 * A reader (`next`) fills one change and returns true. When it has no more changes, it returns false and
 * sets `next` to the following reader, or to NULL at the end of the statement. */
#include "sql/holds.h"

#include "sql/classify.h"
#include "sql/dynamic.h"
#include "sql/statements.h"

typedef bool (*hold_reader)(struct holds_walk *walk, struct hold_change *change_r);

static bool accept_word(struct holds_walk *walk, const char *word)
{
    if (!token_is_word(walk->reader.token, word))
        return false;
    reader_advance(&walk->reader);
    return true;
}

static bool accept_punct(struct holds_walk *walk, char c)
{
    if (!token_is_punct(walk->reader.token, c))
        return false;
    reader_advance(&walk->reader);
    return true;
}

static bool accept_tables(struct holds_walk *walk)
{
    return reader_accept(&walk->reader, KEYWORD_TABLE) || reader_accept(&walk->reader, KEYWORD_TABLES);
}

/* Skips IF EXISTS or IF NOT EXISTS. True if it was there. */
static bool accept_if_exists(struct holds_walk *walk)
{
    bool is_if = reader_accept(&walk->reader, KEYWORD_IF);
    if (is_if) {
        (void)accept_word(walk, "NOT");
        (void)accept_word(walk, "EXISTS");
    }
    return is_if;
}

/* ---- names ---- */

/* Is the name the same under all quotes, character sets and sql_modes? Only then do equal bytes within quotes
 * prove that two names are the same. Other names are never released. */
static bool is_certain(struct span name)
{
    if (name.len == 0)
        return false;
    bool is_quoted = name.data[0] == '`' || name.data[0] == '"' || name.data[0] == '\'';
    for (size_t i = is_quoted; i < name.len - is_quoted; i++) {
        uint8_t c = name.data[i];
        if (c >= 0x80 || c == '\\' || c == '`' || c == '"' || c == '\'')
            return false;
    }
    return true;
}

static bool read_name(struct holds_walk *walk, struct span *name_r)
{
    const struct token *token = walk->reader.token;
    if (token->type != TOKEN_WORD && token->type != TOKEN_QUOTED)
        return false;
    *name_r = token->text;
    reader_advance(&walk->reader);
    return true;
}

/* Reads [schema .] name. Both are empty if the text is not understood. */
static bool read_table(struct holds_walk *walk, struct span *schema_r, struct span *name_r)
{
    *schema_r = *name_r = SPAN_NONE;
    if (!read_name(walk, name_r))
        return false;
    if (!accept_punct(walk, '.'))
        return true;
    *schema_r = *name_r;
    if (read_name(walk, name_r))
        return true;
    *schema_r = *name_r = SPAN_NONE;
    return false;
}

/* ---- changes ---- */

static bool tell(struct hold_change *change_r, enum hold hold, enum hold_effect effect)
{
    change_r->hold = hold;
    change_r->effect = effect;
    return true;
}

static bool take_lock(struct holds_walk *walk, struct hold_change *change_r);

/* The changes that the first word announces are read. User locks may follow, anywhere in the statement. */
static bool end_part(struct holds_walk *walk)
{
    reader_begin(&walk->reader, walk->part, &walk->statements.lexer.dialect);
    walk->next = take_lock;
    return false;
}

/* `change` is the only change of the statement. */
static bool tell_last(struct holds_walk *walk, struct hold_change *change_r, enum hold hold,
                      enum hold_effect effect)
{
    (void)end_part(walk);
    return tell(change_r, hold, effect);
}

/* ---- user locks ---- */

/* GET_LOCK somewhere in a statement: neither the number of calls nor the name is known. */
static bool take_lock(struct holds_walk *walk, struct hold_change *change_r)
{
    struct reader *reader = &walk->reader;
    for (; reader->token->type != TOKEN_END; reader_advance(reader))
        if (reader_user_lock(reader) == USER_LOCK_GET) {
            reader_advance(reader);
            return tell(change_r, HOLD_USER_LOCK, HOLD_TAKE);
        }
    walk->next = NULL;
    return false;
}

/* The name of a lock: one literal in plain quotes, followed by the token `after`. */
static struct span lock_name(const struct reader *reader, char after)
{
    const struct token *token = reader->token;
    bool is_plain =
        token->type == TOKEN_STRING && (token->text.data[0] == '\'' || token->text.data[0] == '"');
    return is_plain && token_is_punct(reader->ahead, after) && is_certain(token->text) ? token->text
                                                                                       : SPAN_NONE;
}

/* Steps to the closing parenthesis and over it. False if an argument may call a lock function or make it run
 * more often, or if there is no closing parenthesis. */
static bool skip_arguments(struct reader *reader)
{
    for (unsigned depth = 1; reader->token->type != TOKEN_END; reader_advance(reader)) {
        if (reader->keyword == KEYWORD_SELECT || reader_user_lock(reader) != USER_LOCK_NONE)
            return false;
        if (token_is_punct(reader->token, '('))
            depth++;
        if (token_is_punct(reader->token, ')') && --depth == 0) {
            reader_advance(reader);
            return true;
        }
    }
    return false;
}

/* Reads GET_LOCK('a', 1) [[AS] alias] and the like, unquoted. A comma or the end must follow, so that no
 * clause of a query is taken for the alias. */
static bool read_item(struct reader *reader, enum user_lock *lock_r, struct span *name_r)
{
    *lock_r = reader->token->type == TOKEN_WORD ? reader_user_lock(reader) : USER_LOCK_NONE;
    if (*lock_r == USER_LOCK_NONE || *lock_r == USER_LOCK_OTHER)
        return false;
    reader_advance(reader);
    reader_advance(reader);
    *name_r = lock_name(reader, *lock_r == USER_LOCK_GET ? ',' : ')');
    if (!skip_arguments(reader))
        return false;
    (void)reader_accept(reader, KEYWORD_AS);
    if (token_is_name(reader->token) || reader->token->type == TOKEN_STRING)
        reader_advance(reader);
    return token_is_punct(reader->token, ',') || reader->token->type == TOKEN_END;
}

/* Does the rest of the statement consist of items of read_item() only? Then each function runs once, from
 * left to right. A list with both GET_LOCK and RELEASE_LOCK is not followed. */
static bool is_list(const struct holds_walk *walk)
{
    struct reader reader;
    bool has_get = false, has_release = false, is_more = true;
    reader_begin(&reader, walk->part, &walk->statements.lexer.dialect);
    reader_advance(&reader); /* SELECT or DO */
    while (is_more) {
        enum user_lock lock;
        struct span name;
        if (!read_item(&reader, &lock, &name))
            return false;
        has_get |= lock == USER_LOCK_GET;
        has_release |= lock == USER_LOCK_RELEASE || lock == USER_LOCK_RELEASE_ALL;
        is_more = token_is_punct(reader.token, ',');
        reader_advance(&reader);
    }
    return !(has_get && has_release);
}

/* Reads an item of a list for which is_list() is true. */
static bool next_listed(struct holds_walk *walk, struct hold_change *change_r)
{
    enum user_lock lock;
    if (!read_item(&walk->reader, &lock, &change_r->name)) {
        walk->next = NULL;
        return false;
    }
    (void)accept_punct(walk, ',');
    if (lock == USER_LOCK_GET)
        return tell(change_r, HOLD_USER_LOCK, HOLD_TAKE);
    if (lock == USER_LOCK_RELEASE && change_r->name.len > 0)
        return tell(change_r, HOLD_USER_LOCK, HOLD_GIVE);
    return lock == USER_LOCK_RELEASE_ALL && tell(change_r, HOLD_USER_LOCK, HOLD_GIVE_ALL);
}

static bool begin_expressions(struct holds_walk *walk, struct hold_change *change_r)
{
    (void)change_r;
    if (walk->is_under_set || !is_list(walk))
        return end_part(walk);
    walk->next = next_listed;
    return false;
}

/* ---- temporary tables ---- */

/* CREATE [OR REPLACE] TEMPORARY {TABLE | SEQUENCE} [IF NOT EXISTS] name */
static bool take_create(struct holds_walk *walk, struct hold_change *change_r)
{
    struct reader *reader = &walk->reader;
    while (reader->token->type != TOKEN_END && reader->keyword != KEYWORD_TEMPORARY &&
           reader->keyword != KEYWORD_TABLE)
        reader_advance(reader);
    if (!reader_accept(reader, KEYWORD_TEMPORARY))
        return end_part(walk);
    if (accept_tables(walk) || accept_word(walk, "SEQUENCE")) {
        (void)accept_if_exists(walk);
        (void)read_table(walk, &change_r->schema, &change_r->name);
    }
    return tell_last(walk, change_r, HOLD_TEMPORARY_TABLE, HOLD_TAKE);
}

/* The next table of a DROP. */
static bool give_tables(struct holds_walk *walk, struct hold_change *change_r)
{
    if (!read_table(walk, &change_r->schema, &change_r->name))
        return end_part(walk);
    bool is_given = is_certain(change_r->name) && (change_r->schema.len == 0 || is_certain(change_r->schema));
    if (!accept_punct(walk, ','))
        (void)end_part(walk);
    return is_given && tell(change_r, HOLD_TEMPORARY_TABLE, HOLD_GIVE);
}

static bool give_prepared(struct holds_walk *walk, struct hold_change *change_r)
{
    (void)reader_accept(&walk->reader, KEYWORD_PREPARE);
    if (!read_name(walk, &change_r->name) || !is_certain(change_r->name))
        return end_part(walk);
    return tell_last(walk, change_r, HOLD_PREPARED, HOLD_GIVE);
}

/* DROP [TEMPORARY] TABLE [IF EXISTS] a, b drops a temporary table before another table of its name. DROP
 * SEQUENCE skips a temporary table of the name, with IF EXISTS without an error (tested). */
static bool begin_drop(struct holds_walk *walk, struct hold_change *change_r)
{
    struct reader *reader = &walk->reader;
    if (reader->keyword == KEYWORD_PREPARE)
        return give_prepared(walk, change_r);
    bool is_temporary = reader_accept(reader, KEYWORD_TEMPORARY);
    bool is_sequence = !accept_tables(walk) && is_temporary && accept_word(walk, "SEQUENCE");
    bool has_names =
        is_sequence || token_is_word(reader->before, "TABLE") || token_is_word(reader->before, "TABLES");
    bool has_if = accept_if_exists(walk);
    if (!has_names || (is_sequence && has_if))
        return end_part(walk);
    walk->next = give_tables;
    return false;
}

/* If the rename cannot be followed, the new name is held in addition to the old one. An old name that is not
 * certain stays held in any case. */
static bool tell_rename(const struct holds_walk *walk, struct hold_change *change_r, bool is_follow)
{
    if (change_r->name.len > 0 && !is_certain(change_r->name))
        return false;
    bool is_certain_schema = change_r->schema.len == 0 || is_certain(change_r->schema);
    if (is_follow && is_certain_schema && !walk->is_take_only)
        return tell(change_r, HOLD_TEMPORARY_TABLE, HOLD_RENAME);
    change_r->schema = change_r->to_schema;
    change_r->name = change_r->to_name;
    change_r->to_schema = change_r->to_name = SPAN_NONE;
    return tell(change_r, HOLD_TEMPORARY_TABLE, HOLD_TAKE);
}

/* ALTER [ONLINE] [IGNORE] TABLE [IF EXISTS] name …, RENAME [TO | AS | =] name; the last RENAME counts. */
static bool take_alter(struct holds_walk *walk, struct hold_change *change_r)
{
    struct reader *reader = &walk->reader;
    bool has_rename = false;
    while (reader->token->type != TOKEN_END && reader->keyword != KEYWORD_TABLE)
        reader_advance(reader);
    (void)accept_tables(walk);
    (void)accept_if_exists(walk);
    bool is_read = read_table(walk, &change_r->schema, &change_r->name);
    while (statement_find_rename(reader)) {
        has_rename = true;
        reader_advance(reader);
        (void)(reader_accept(reader, KEYWORD_TO) || reader_accept(reader, KEYWORD_AS) ||
               accept_punct(walk, '='));
        (void)read_table(walk, &change_r->to_schema, &change_r->to_name);
    }
    (void)end_part(walk);
    return has_rename && tell_rename(walk, change_r, is_read && change_r->to_name.len > 0);
}

/* old [WAIT n | NOWAIT] TO new, … */
static bool next_renamed(struct holds_walk *walk, struct hold_change *change_r)
{
    bool is_read = read_table(walk, &change_r->schema, &change_r->name);
    while (walk->reader.token->type != TOKEN_END && walk->reader.keyword != KEYWORD_TO)
        reader_advance(&walk->reader);
    (void)reader_accept(&walk->reader, KEYWORD_TO);
    is_read &= read_table(walk, &change_r->to_schema, &change_r->to_name);
    if (!is_read || !accept_punct(walk, ','))
        (void)end_part(walk);
    return tell_rename(walk, change_r,
                       is_read && walk->statements.lexer.dialect.family == SQL_FAMILY_MARIADB);
}

/* RENAME TABLE [IF EXISTS] a TO b, …; on MySQL it does not rename temporary tables (tested). */
static bool begin_rename(struct holds_walk *walk, struct hold_change *change_r)
{
    (void)change_r;
    if (!accept_tables(walk) || walk->statements.lexer.dialect.family == SQL_FAMILY_MYSQL)
        return end_part(walk);
    (void)accept_if_exists(walk);
    walk->next = next_renamed;
    return false;
}

/* ---- locks on tables and servers ---- */

static bool tell_backup(struct holds_walk *walk, struct hold_change *change_r, const char *which,
                        enum hold_effect effect)
{
    change_r->name = span_cstr(which);
    return tell_last(walk, change_r, HOLD_BACKUP_LOCK, effect);
}

static bool take_locks(struct holds_walk *walk, struct hold_change *change_r)
{
    if (walk->reader.keyword == KEYWORD_INSTANCE)
        return tell_backup(walk, change_r, "instance", HOLD_TAKE);
    return tell_last(walk, change_r, HOLD_TABLE_LOCK, HOLD_TAKE);
}

static bool give_global_lock(struct holds_walk *walk, struct hold_change *change_r)
{
    return tell_last(walk, change_r, HOLD_GLOBAL_LOCK, HOLD_GIVE_ALL);
}

static bool give_locks(struct holds_walk *walk, struct hold_change *change_r)
{
    if (walk->reader.keyword == KEYWORD_INSTANCE)
        return tell_backup(walk, change_r, "instance", HOLD_GIVE);
    if (!accept_tables(walk))
        return end_part(walk);
    walk->next = give_global_lock;
    return tell(change_r, HOLD_TABLE_LOCK, HOLD_GIVE_ALL);
}

/* FLUSH [LOCAL | NO_WRITE_TO_BINLOG] TABLES {WITH READ LOCK | t, … {WITH READ LOCK | FOR EXPORT}}. Any other
 * form counts as the global lock, which BEGIN does not release. */
static bool take_flush(struct holds_walk *walk, struct hold_change *change_r)
{
    struct reader *reader = &walk->reader;
    (void)(reader_accept(reader, KEYWORD_LOCAL) || reader_accept(reader, KEYWORD_NO_WRITE_TO_BINLOG));
    bool is_tables = accept_tables(walk) && reader->keyword != KEYWORD_WITH;
    bool is_lock = false;
    for (; reader->token->type != TOKEN_END; reader_advance(reader))
        is_lock |= (reader->keyword == KEYWORD_LOCK && reader->before_keyword == KEYWORD_READ) ||
                   (reader->keyword == KEYWORD_EXPORT && reader->before_keyword == KEYWORD_FOR);
    if (!is_lock)
        return end_part(walk);
    return tell_last(walk, change_r, is_tables ? HOLD_TABLE_LOCK : HOLD_GLOBAL_LOCK, HOLD_TAKE);
}

/* BACKUP STAGE START … END, BACKUP LOCK t, BACKUP UNLOCK. A stage and a lock may be held at once (tested). */
static bool take_backup(struct holds_walk *walk, struct hold_change *change_r)
{
    struct reader *reader = &walk->reader;
    if (reader->keyword == KEYWORD_LOCK)
        return tell_backup(walk, change_r, "lock", HOLD_TAKE);
    if (reader->keyword == KEYWORD_UNLOCK)
        return tell_backup(walk, change_r, "lock", HOLD_GIVE);
    (void)accept_word(walk, "STAGE");
    return tell_backup(walk, change_r, "stage", reader->keyword == KEYWORD_END ? HOLD_GIVE : HOLD_TAKE);
}

/* ---- the rest ---- */

/* HANDLER [schema .] t OPEN [[AS] h]; HANDLER h CLOSE */
static bool take_handler(struct holds_walk *walk, struct hold_change *change_r)
{
    struct span schema, alias;
    (void)read_table(walk, &schema, &change_r->name);
    if (accept_word(walk, "CLOSE"))
        return is_certain(change_r->name) ? tell_last(walk, change_r, HOLD_HANDLER, HOLD_GIVE)
                                          : end_part(walk);
    if (!accept_word(walk, "OPEN"))
        return end_part(walk);
    (void)reader_accept(&walk->reader, KEYWORD_AS);
    if (read_name(walk, &alias))
        change_r->name = alias;
    return tell_last(walk, change_r, HOLD_HANDLER, HOLD_TAKE);
}

/* PREPARE s FROM 'text'. Under SET STATEMENT the server may read the text under another sql_mode. */
static bool take_prepared(struct holds_walk *walk, struct hold_change *change_r)
{
    struct reader *reader = &walk->reader;
    (void)read_name(walk, &change_r->name);
    bool is_from = reader_accept(reader, KEYWORD_FROM);
    bool is_alone = reader->ahead->type == TOKEN_END && !walk->is_under_set;
    if (is_from && is_alone && dynamic_is_plain_string(reader->token))
        change_r->text = reader->token->text;
    return tell_last(walk, change_r, HOLD_PREPARED, HOLD_TAKE);
}

/* XA START and XA BEGIN take. XA COMMIT and XA ROLLBACK succeed only if the session has no XA transaction any
 * more. On MySQL, XA PREPARE detaches the transaction, or the status flags show that it is still attached
 * (xa_detach_on_prepare; tested). */
static bool take_xa(struct holds_walk *walk, struct hold_change *change_r)
{
    enum keyword verb = walk->reader.keyword;
    bool is_mysql = walk->statements.lexer.dialect.family == SQL_FAMILY_MYSQL;
    if (verb == KEYWORD_START || verb == KEYWORD_BEGIN)
        return tell_last(walk, change_r, HOLD_XA, HOLD_TAKE);
    if (verb == KEYWORD_COMMIT || verb == KEYWORD_ROLLBACK || (verb == KEYWORD_PREPARE && is_mysql))
        return tell_last(walk, change_r, HOLD_XA, HOLD_GIVE_ALL);
    return end_part(walk);
}

/* ---- statements ---- */

struct opening {
    enum keyword keyword;
    hold_reader reader; /* begins after the keyword */
};

static hold_reader find_reader(enum keyword keyword)
{
    static const struct opening openings[] = {
        { KEYWORD_SELECT, begin_expressions }, { KEYWORD_DO, begin_expressions },
        { KEYWORD_CREATE, take_create },       { KEYWORD_DROP, begin_drop },
        { KEYWORD_ALTER, take_alter },         { KEYWORD_RENAME, begin_rename },
        { KEYWORD_LOCK, take_locks },          { KEYWORD_UNLOCK, give_locks },
        { KEYWORD_FLUSH, take_flush },         { KEYWORD_BACKUP, take_backup },
        { KEYWORD_HANDLER, take_handler },     { KEYWORD_PREPARE, take_prepared },
        { KEYWORD_DEALLOCATE, give_prepared }, { KEYWORD_XA, take_xa },
    };
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++)
        if (openings[i].keyword == keyword)
            return openings[i].reader;
    return NULL;
}

static void begin_part(struct holds_walk *walk)
{
    struct sql_facts values = { 0 };
    bool is_known = true;
    reader_begin(&walk->reader, walk->part, &walk->statements.lexer.dialect);
    walk->is_under_set = statement_is_set_statement(&walk->reader);
    while (is_known && statement_is_set_statement(&walk->reader))
        is_known = statement_skip_set(&walk->reader, &values);
    walk->next = is_known ? find_reader(walk->reader.keyword) : NULL;
    if (walk->next == NULL)
        (void)end_part(walk);
    else
        reader_advance(&walk->reader);
}

/* Steps to the next statement that may take or release a hold. False at the end of the text. */
static bool next_statement(struct holds_walk *walk)
{
    struct reader *statements = &walk->statements;
    while (statements->token->type != TOKEN_END) {
        struct sql_facts facts;
        (void)statement_read(statements, &facts);
        walk->part = reader_statement(statements);
        if (token_is_punct(statements->token, ';'))
            reader_advance(statements);
        if (!facts.has_holds)
            continue;
        begin_part(walk);
        return true;
    }
    return false;
}

void holds_begin(struct holds_walk *walk, struct span sql, const struct sql_dialect *dialect)
{
    struct sql_facts facts = classify(sql, false, dialect);
    walk->next = NULL;
    walk->is_take_only = facts.is_multi || facts.doubts != 0;
    reader_begin(&walk->statements, sql, dialect);
}

bool holds_next(struct holds_walk *walk, struct hold_change *change_r)
{
    while (walk->next != NULL || next_statement(walk)) {
        *change_r = (struct hold_change){ 0 };
        if (walk->next(walk, change_r) && (change_r->effect == HOLD_TAKE || !walk->is_take_only))
            return true;
    }
    *change_r = (struct hold_change){ 0 };
    return false;
}
