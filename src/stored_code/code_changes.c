#include "stored_code/code_changes.h"

#include "stored_code/code_names.h"
#include "tokens/reader.h"

#include <assert.h>

/* ---- what a statement changes ---- */

/* Names that are not plain share one hash: their spelling depends on the client's character set. */
static uint64_t hash_of(struct span name)
{
    uint64_t hash = code_name_is_plain(name) ? code_name_hash(CODE_TABLE, name) : 1;
    return hash != 0 ? hash : 1;
}

static void add(struct code_change *change, uint64_t hash)
{
    if (change->count < CODE_CHANGES_NAMES)
        change->names[change->count++] = hash;
    else
        change->names[0] = 0;
}

/* The names up to the body: AS of a view, `(` of a routine or a table, FOR of a trigger. */
static void add_names(struct reader *reader, struct code_change *change)
{
    for (; !reader_at_end(reader); reader_advance(reader)) {
        if (token_is_punct(reader->token, '(') || token_is_word(reader->token, "AS") ||
            token_is_word(reader->token, "FOR"))
            return;
        if (token_is_name(reader->token))
            add(change, hash_of(token_name(reader->token)));
    }
}

/* ALTER TABLE may rename a view, and the expression of a generated column may set a user variable. */
static void read_table(struct reader *reader, struct code_change *change)
{
    struct code_change names = { 0 };
    bool is_change = false;
    for (; !reader_at_end(reader); reader_advance(reader)) {
        is_change |= reader->token->type == TOKEN_ASSIGN || token_is_word(reader->token, "RENAME");
        if (token_is_name(reader->token))
            add(&names, hash_of(token_name(reader->token)));
    }
    for (unsigned i = 0; is_change && i < names.count; i++)
        add(change, names.names[i]);
}

static bool is_code_word(const struct token *token)
{
    static const char *const words[] = { "VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "PACKAGE" };
    return token->type == TOKEN_WORD && span_is_among(token->text, words, sizeof words / sizeof *words);
}

/* After CREATE, ALTER, DROP. OR REPLACE, ALGORITHM, DEFINER and more may precede the word for the object. */
static void read_definition(struct reader *reader, struct code_change *change)
{
    static const int modifiers_max = 24;
    bool is_table = false;
    for (int i = 0; i < modifiers_max && !reader_at_end(reader) && !is_table; i++) {
        if (is_code_word(reader->token)) {
            add_names(reader, change);
            return;
        }
        is_table = token_is_word(reader->token, "TABLE");
        reader_advance(reader);
    }
    if (is_table)
        read_table(reader, change);
}

/* The text of a dynamic statement is not parsed. */
static void read_dynamic(struct reader *reader, struct code_change *change)
{
    static const char *const words[] = { "VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "RENAME", "PACKAGE" };
    for (; !reader_at_end(reader); reader_advance(reader))
        for (size_t i = 0; reader->token->type == TOKEN_STRING && i < sizeof words / sizeof *words; i++)
            if (span_mentions(reader->token->text, words[i]))
                add(change, 0);
}

static void read_statement(struct reader *reader, struct code_change *change)
{
    bool is_rename = token_is_word(reader->token, "RENAME");
    bool is_definition = token_is_word(reader->token, "CREATE") || token_is_word(reader->token, "ALTER") ||
                         token_is_word(reader->token, "DROP");
    if (is_definition) {
        reader_advance(reader);
        read_definition(reader, change);
    } else if (is_rename) {
        add_names(reader, change);
    } else if (token_is_word(reader->token, "EXECUTE")) {
        read_dynamic(reader, change);
    } else if (token_is_word(reader->token, "INSTALL") || token_is_word(reader->token, "UNINSTALL")) {
        add(change, 0);
    }
    reader_skip(reader);
}

bool code_change_read(struct span sql, const struct sql_dialect *dialect, struct code_change *change_r)
{
    struct reader reader;
    change_r->count = 0;
    reader_begin(&reader, sql, dialect);
    while (reader.token->type != TOKEN_END) {
        read_statement(&reader, change_r);
        if (reader.token->type != TOKEN_END)
            reader_advance(&reader);
    }
    if (reader.lexer.doubts != 0)
        add(change_r, 0);
    return change_r->count > 0;
}

/* ---- what has changed ---- */

void code_changes_init(struct code_changes *changes)
{
    *changes = (struct code_changes){ 0 };
    int rc = pthread_mutex_init(&changes->mutex, NULL);
    assert(rc == 0);
}

void code_changes_fini(struct code_changes *changes)
{
    int rc = pthread_mutex_destroy(&changes->mutex);
    assert(rc == 0);
}

static void lock(struct code_changes *changes)
{
    int rc = pthread_mutex_lock(&changes->mutex);
    assert(rc == 0);
}

static void unlock(struct code_changes *changes)
{
    int rc = pthread_mutex_unlock(&changes->mutex);
    assert(rc == 0);
}

/* While the slots of the oldest names are overwritten, they hold 0, which stands for every name. A reader
 * that still needs the old names sees the 0, or sees afterwards that there were too many changes. */
void code_changes_begin(struct code_changes *changes, const struct code_change *change)
{
    lock(changes);
    atomic_fetch_add(&changes->running, 1);
    uint64_t begun = atomic_load(&changes->begun);
    for (unsigned i = 0; i < change->count; i++)
        atomic_store(&changes->names[(begun + i) % CODE_CHANGES_NAMES], 0);
    atomic_store(&changes->begun, begun + change->count);
    for (unsigned i = 0; i < change->count; i++)
        atomic_store(&changes->names[(begun + i) % CODE_CHANGES_NAMES], change->names[i]);
    unlock(changes);
}

void code_changes_end(struct code_changes *changes)
{
    uint64_t running = atomic_fetch_sub(&changes->running, 1);
    assert(running > 0);
}

bool code_changes_are_over(struct code_changes *changes, uint64_t *covers_r)
{
    lock(changes);
    *covers_r = atomic_load(&changes->begun);
    bool are_over = atomic_load(&changes->running) == 0;
    unlock(changes);
    return are_over;
}

bool code_changes_have(const struct code_changes *changes, uint64_t covers, struct span name)
{
    uint64_t hash = hash_of(name);
    uint64_t begun = atomic_load(&changes->begun);
    for (uint64_t i = covers; i < begun && begun - covers <= CODE_CHANGES_NAMES; i++) {
        uint64_t known = atomic_load(&changes->names[i % CODE_CHANGES_NAMES]);
        if (known == hash || known == 0)
            return true;
    }
    return atomic_load(&changes->begun) - covers > CODE_CHANGES_NAMES;
}
