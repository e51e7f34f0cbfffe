/* Reads SET, one assignment at a time. `ahead` is the next token. Every reader below leaves it on the comma,
 * or on a token that the reader could not use; setvar_next() steps over that token. */
#include "sql/setvar.h"

#include "tokens/keywords.h"

static enum keyword keyword_ahead(const struct setvar_walk *walk)
{
    return walk->ahead.type == TOKEN_WORD ? keyword_find(walk->ahead.text) : KEYWORD_NONE;
}

static void step(struct setvar_walk *walk)
{
    walk->ahead = lexer_next(&walk->lexer);
}

static bool is_punct(const struct token *token, char c)
{
    return token->type == TOKEN_PUNCT && token->text.data[0] == (uint8_t)c;
}

static bool accept_keyword(struct setvar_walk *walk, enum keyword keyword)
{
    if (keyword_ahead(walk) != keyword)
        return false;
    step(walk);
    return true;
}

static bool is_statement_end(const struct setvar_walk *walk)
{
    return walk->ahead.type == TOKEN_END || is_punct(&walk->ahead, ';');
}

static bool is_assignment_end(const struct setvar_walk *walk)
{
    return is_statement_end(walk) || is_punct(&walk->ahead, ',');
}

/* Skips the rest of an expression, to the next comma outside parentheses. True if the expression was empty. */
static bool skip_expression(struct setvar_walk *walk)
{
    unsigned depth = 0;
    bool was_nothing = is_assignment_end(walk);
    while (!is_statement_end(walk) && (depth > 0 || !is_punct(&walk->ahead, ','))) {
        if (is_punct(&walk->ahead, '('))
            depth++;
        else if (is_punct(&walk->ahead, ')') && depth > 0)
            depth--;
        step(walk);
    }
    return was_nothing;
}

/* Takes the text from here to the end of the statement, without the blanks around it. */
static struct span take_rest(struct setvar_walk *walk)
{
    struct span rest = walk->ahead.text;
    for (; !is_statement_end(walk); step(walk))
        rest.len = (size_t)(walk->ahead.text.data + walk->ahead.text.len - rest.data);
    return rest;
}

/* ---- values ---- */

static bool is_plain_text(struct span inside)
{
    for (size_t i = 0; i < inside.len; i++) {
        uint8_t c = inside.data[i];
        if (c < ' ' || c >= 0x7f || c == '\'' || c == '"' || c == '\\')
            return false;
    }
    return true;
}

/* Functions that are called without a parenthesis: their value depends on the session, so it is not
 * constant. */
static bool is_niladic(struct span word)
{
    static const char *const names[] = { "CURRENT_DATE",      "CURRENT_ROLE", "CURRENT_TIME",
                                         "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME",
                                         "LOCALTIMESTAMP",    "ROWNUM",       "SYSDATE",
                                         "UTC_DATE",          "UTC_TIME",     "UTC_TIMESTAMP" };
    return span_is_among(word, names, sizeof names / sizeof *names);
}

/* A bare word is a constant for a system variable (`utf8mb4`, ON, DEFAULT). For a user variable only NULL,
 * TRUE and FALSE are. */
static bool is_constant_word(struct span word, enum setvar_scope scope)
{
    if (scope == SETVAR_USER)
        return span_is_nocase(word, "NULL") || span_is_nocase(word, "TRUE") || span_is_nocase(word, "FALSE");
    return is_plain_text(word) && !is_niladic(word);
}

/* '…' or "…", without prefix. */
static bool take_string(struct span text, struct setvar_change *change)
{
    if (text.data[0] != '\'' && text.data[0] != '"')
        return false;
    struct span inside = span_of(text.data + 1, text.len - 2);
    if (!is_plain_text(inside))
        return false;
    change->is_string = true;
    change->value = inside;
    return true;
}

/* Takes -1 or +5: the sign belongs to the number if no blank separates them. */
static bool take_signed(struct setvar_walk *walk, struct setvar_change *change)
{
    struct span sign = walk->ahead.text;
    if (!is_punct(&walk->ahead, '-') && !is_punct(&walk->ahead, '+'))
        return false;
    step(walk);
    change->value = span_of(sign.data, sign.len + walk->ahead.text.len);
    return walk->ahead.type == TOKEN_NUMBER && !walk->ahead.space_before;
}

/* Takes one literal or keyword of any type, at the token ahead. */
static bool take_any_literal(struct setvar_walk *walk, struct setvar_change *change)
{
    change->value = walk->ahead.text;
    switch (walk->ahead.type) {
    case TOKEN_NUMBER:
        return true;
    case TOKEN_WORD:
        return is_constant_word(walk->ahead.text, change->scope);
    case TOKEN_STRING:
        return take_string(walk->ahead.text, change);
    case TOKEN_PUNCT:
        return take_signed(walk, change);
    case TOKEN_END:
    case TOKEN_QUOTED:
    case TOKEN_VARIABLE:
    case TOKEN_PARAMETER:
    case TOKEN_ASSIGN:
    case TOKEN_HINT:
    case TOKEN_BAD:
        break;
    }
    return false;
}

/* Takes one literal or keyword; without one the change has no value. */
static bool take_literal(struct setvar_walk *walk, struct setvar_change *change)
{
    if (take_any_literal(walk, change))
        return true;
    change->value = SPAN_NONE;
    return false;
}

static void take_value(struct setvar_walk *walk, struct setvar_change *change)
{
    change->is_constant = take_literal(walk, change);
    if (change->is_constant)
        step(walk);
    if (!skip_expression(walk))
        change->is_constant = false;
    if (!change->is_constant) {
        change->is_string = false;
        change->value = SPAN_NONE;
    }
}

/* Takes = or := and an expression. Without a sign the form is not known. */
static void take_assignment(struct setvar_walk *walk, struct setvar_change *change)
{
    bool is_assigned = walk->ahead.type == TOKEN_ASSIGN || is_punct(&walk->ahead, '=');
    if (is_assigned)
        step(walk);
    if (is_assigned && !is_assignment_end(walk)) {
        take_value(walk, change);
        return;
    }
    *change = (struct setvar_change){ .scope = SETVAR_OTHER };
    (void)skip_expression(walk);
}

/* ---- forms ---- */

static void take_other(struct setvar_walk *walk, struct setvar_change *change)
{
    *change = (struct setvar_change){ .scope = SETVAR_OTHER };
    (void)skip_expression(walk);
}

/* a, `a`, a.b */
static bool take_name(struct setvar_walk *walk, struct setvar_change *change)
{
    change->name = walk->ahead.text;
    for (;;) {
        if (walk->ahead.type != TOKEN_WORD && walk->ahead.type != TOKEN_QUOTED)
            return false;
        change->name.len = (size_t)(walk->ahead.text.data + walk->ahead.text.len - change->name.data);
        step(walk);
        if (!is_punct(&walk->ahead, '.'))
            return true;
        step(walk);
    }
}

static void take_plain(struct setvar_walk *walk, enum setvar_scope scope, struct setvar_change *change)
{
    change->scope = scope;
    change->is_tracked_form = scope == SETVAR_SESSION;
    if (take_name(walk, change))
        take_assignment(walk, change);
    else
        take_other(walk, change);
}

static void take_user(struct setvar_walk *walk, struct setvar_change *change)
{
    change->scope = SETVAR_USER;
    change->name = span_of(walk->ahead.text.data + 1, walk->ahead.text.len - 1);
    step(walk);
    take_assignment(walk, change);
}

struct scope_word {
    const char *word;
    enum setvar_scope scope;
};

static const struct scope_word scope_words[] = {
    { "global", SETVAR_GLOBAL },   { "persist", SETVAR_GLOBAL }, { "persist_only", SETVAR_GLOBAL },
    { "session", SETVAR_SESSION }, { "local", SETVAR_SESSION },
};

static const struct scope_word *find_scope(struct span word)
{
    for (size_t i = 0; i < sizeof(scope_words) / sizeof(scope_words[0]); i++)
        if (span_is_nocase(word, scope_words[i].word))
            return &scope_words[i];
    return NULL;
}

/* Takes @@x or @@scope.x. Without a scope in the name a server sets the session's value, even after SET
 * GLOBAL. */
static void take_system(struct setvar_walk *walk, struct setvar_change *change)
{
    struct span word = span_of(walk->ahead.text.data + 2, walk->ahead.text.len - 2);
    step(walk);
    if (!is_punct(&walk->ahead, '.')) {
        change->scope = SETVAR_SESSION;
        change->name = word;
        take_assignment(walk, change);
        return;
    }
    const struct scope_word *scope = find_scope(word);
    step(walk);
    if (scope != NULL) {
        take_plain(walk, scope->scope, change);
        return;
    }
    take_plain(walk, SETVAR_SESSION, change); /* @@cache.key_buffer_size */
    change->is_tracked_form = false;
    if (change->scope == SETVAR_SESSION)
        change->name = span_of(word.data, (size_t)(change->name.data + change->name.len - word.data));
}

/* NAMES charset [COLLATE collation] | NAMES DEFAULT, and CHARACTER SET charset | DEFAULT */
static void take_charset(struct setvar_walk *walk, enum setvar_scope scope, struct setvar_change *change)
{
    change->scope = scope;
    change->is_constant = take_literal(walk, change);
    step(walk);
    if (scope == SETVAR_NAMES && accept_keyword(walk, KEYWORD_COLLATE)) {
        struct setvar_change collation = { .scope = scope };
        change->is_constant &= take_literal(walk, &collation);
        change->collation = collation.value;
        step(walk);
    }
    if (!change->is_constant || !is_assignment_end(walk))
        take_other(walk, change);
}

/* Notes a word of the transaction characteristics. `is_after_read`: the word before it was READ. */
static void note_characteristic(const struct setvar_walk *walk, bool is_after_read,
                                struct setvar_change *change)
{
    bool is_only = span_is_nocase(walk->ahead.text, "ONLY");
    change->sets_isolation |= span_is_nocase(walk->ahead.text, "ISOLATION");
    change->sets_access |= is_after_read && (is_only || span_is_nocase(walk->ahead.text, "WRITE"));
    change->is_read_only |= is_after_read && is_only;
}

/* Takes words and commas to the end. GLOBAL TRANSACTION does not change the session. */
static void take_transaction(struct setvar_walk *walk, enum setvar_scope scope, bool is_next,
                             struct setvar_change *change)
{
    struct setvar_walk check = *walk;
    bool is_known = !is_statement_end(walk), is_after_read = false;
    for (; !is_statement_end(&check); step(&check)) {
        is_known &= check.ahead.type == TOKEN_WORD || is_punct(&check.ahead, ',');
        note_characteristic(&check, is_after_read, change);
        is_after_read = keyword_ahead(&check) == KEYWORD_READ;
    }
    change->scope = !is_known ? SETVAR_OTHER : scope == SETVAR_GLOBAL ? SETVAR_GLOBAL : SETVAR_TRANSACTION;
    change->is_constant = is_known;
    change->is_next = is_next;
    change->is_tracked_form = true;
    change->value = take_rest(walk);
    if (!is_known)
        *change = (struct setvar_change){ .scope = SETVAR_OTHER };
}

/* Takes one name: bare, 'quoted' or `quoted`. NONE, DEFAULT and ALL are bare words too. */
static bool take_role_name(struct setvar_walk *walk, struct setvar_change *change)
{
    struct span text = walk->ahead.text;
    switch (walk->ahead.type) {
    case TOKEN_WORD:
    case TOKEN_STRING:
        return take_literal(walk, change);
    case TOKEN_QUOTED:
        change->value = text;
        return is_plain_text(span_of(text.data + 1, text.len - 2));
    case TOKEN_END:
    case TOKEN_NUMBER:
    case TOKEN_VARIABLE:
    case TOKEN_PARAMETER:
    case TOKEN_PUNCT:
    case TOKEN_ASSIGN:
    case TOKEN_HINT:
    case TOKEN_BAD:
        break;
    }
    return false;
}

/* ROLE name | NONE | DEFAULT | ALL. After a comma MySQL reads another role, MariaDB another assignment. */
static void take_role(struct setvar_walk *walk, struct setvar_change *change)
{
    change->scope = SETVAR_ROLE;
    change->is_constant = take_role_name(walk, change);
    if (!is_statement_end(walk))
        step(walk);
    if (change->is_constant && is_statement_end(walk))
        return;
    (void)take_rest(walk);
    *change = (struct setvar_change){ .scope = SETVAR_ROLE };
}

/* DEFAULT ROLE … changes the account, not the session. */
static void take_default(struct setvar_walk *walk, struct setvar_change *change)
{
    bool is_role = accept_keyword(walk, KEYWORD_ROLE);
    (void)take_rest(walk);
    change->scope = is_role ? SETVAR_GLOBAL : SETVAR_OTHER;
}

/* PASSWORD, STATEMENT … FOR, RESOURCE GROUP: taken to the end, because commas do not separate assignments
 * there. */
static void take_everything(struct setvar_walk *walk, struct setvar_change *change)
{
    (void)take_rest(walk);
    change->scope = SETVAR_OTHER;
}

/* An assignment follows, so the word ahead is a variable's name: `SET names = 1` is not NAMES. */
static bool is_followed_by_assignment(const struct setvar_walk *walk)
{
    struct lexer lexer = walk->lexer;
    struct token next = lexer_next(&lexer);
    return next.type == TOKEN_ASSIGN || is_punct(&next, '=') || is_punct(&next, '.');
}

/* CHARACTER SET, CHAR SET, CHARSET. */
static bool accept_charset(struct setvar_walk *walk)
{
    if (accept_keyword(walk, KEYWORD_CHARSET))
        return true;
    if (keyword_ahead(walk) != KEYWORD_CHARACTER && keyword_ahead(walk) != KEYWORD_CHAR)
        return false;
    step(walk);
    return accept_keyword(walk, KEYWORD_SET);
}

/* Takes a form that begins with a word of its own. False: it is a plain variable. */
static bool take_form(struct setvar_walk *walk, struct setvar_change *change)
{
    bool is_first = walk->is_first;
    if (is_followed_by_assignment(walk) && keyword_ahead(walk) != KEYWORD_PASSWORD)
        return false;
    if (is_first && accept_keyword(walk, KEYWORD_TRANSACTION))
        take_transaction(walk, SETVAR_SESSION, true, change);
    else if (accept_keyword(walk, KEYWORD_NAMES))
        take_charset(walk, SETVAR_NAMES, change);
    else if (accept_charset(walk))
        take_charset(walk, SETVAR_CHARSET, change);
    else if (accept_keyword(walk, KEYWORD_ROLE))
        take_role(walk, change);
    else if (is_first && accept_keyword(walk, KEYWORD_DEFAULT))
        take_default(walk, change);
    else
        take_everything(walk, change);
    return true;
}

/* GLOBAL x, SESSION x, …: the scope also holds for the plain names that follow. */
static void take_scoped(struct setvar_walk *walk, enum setvar_scope scope, struct setvar_change *change)
{
    step(walk);
    if (walk->is_first && keyword_ahead(walk) == KEYWORD_TRANSACTION && !is_followed_by_assignment(walk)) {
        step(walk);
        take_transaction(walk, scope, false, change);
        return;
    }
    walk->sticky_scope = (int)scope;
    take_plain(walk, scope, change);
}

static void take_change(struct setvar_walk *walk, struct setvar_change *change)
{
    const struct scope_word *scope = walk->ahead.type == TOKEN_WORD ? find_scope(walk->ahead.text) : NULL;
    if (walk->ahead.type == TOKEN_VARIABLE && walk->ahead.text.len >= 2 && walk->ahead.text.data[1] == '@')
        take_system(walk, change);
    else if (walk->ahead.type == TOKEN_VARIABLE)
        take_user(walk, change);
    else if (scope != NULL && !is_followed_by_assignment(walk))
        take_scoped(walk, scope->scope, change);
    else if (walk->ahead.type != TOKEN_WORD || !take_form(walk, change))
        take_plain(walk, (enum setvar_scope)walk->sticky_scope, change);
}

void setvar_begin(struct setvar_walk *walk, struct span sql, const struct sql_dialect *dialect)
{
    *walk = (struct setvar_walk){ .is_first = true, .sticky_scope = SETVAR_SESSION };
    lexer_begin(&walk->lexer, sql, dialect);
    step(walk);
    walk->is_malformed = !accept_keyword(walk, KEYWORD_SET) || is_statement_end(walk);
}

/* Ends the walk. It is malformed if text follows the semicolon, or if the lexer had doubts. */
static bool finish(struct setvar_walk *walk)
{
    if (is_punct(&walk->ahead, ';'))
        step(walk);
    walk->is_malformed |= walk->ahead.type != TOKEN_END || walk->lexer.doubts != 0;
    return false;
}

bool setvar_next(struct setvar_walk *walk, struct setvar_change *change_r)
{
    *change_r = (struct setvar_change){ .scope = SETVAR_OTHER };
    if (walk->is_malformed)
        return false;
    if (!walk->is_first) {
        if (!is_punct(&walk->ahead, ','))
            return finish(walk);
        step(walk);
    }
    take_change(walk, change_r);
    walk->is_first = false;
    return true;
}
