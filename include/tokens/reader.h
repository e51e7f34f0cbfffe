/* Reads a statement token by token, with one token of look-ahead and the token before. Notes the few facts
 * that matter anywhere in a statement: user locks, assignments to user variables and the like. */
#pragma once

#include "tokens/keywords.h"
#include "tokens/lexer.h"

#include <stdbool.h>

/* Questions about earlier statements. Servers keep the answers for different lengths of time, so the answers
 * may be on different connections. */
enum sql_question {
    SQL_ASKS_NOTHING,
    SQL_ASKS_LAST,        /* about the statement just before: ROW_COUNT(), SHOW PROFILE, SHOW SESSION STATUS;
                             or several of these questions in one statement */
    SQL_ASKS_FOUND_ROWS,  /* about the last statement that counted rows */
    SQL_ASKS_DIAGNOSTICS, /* about the last statement that set or cleared the warnings */
};

/* Functions about user locks, which belong to one server and outlast the statement. */
enum user_lock {
    USER_LOCK_NONE, /* another function, or no function */
    USER_LOCK_GET,
    USER_LOCK_RELEASE,
    USER_LOCK_RELEASE_ALL,
    USER_LOCK_ASK,  /* asks about a lock; takes and releases none */
    USER_LOCK_OTHER /* MySQL's locking service and version tokens: RELEASE_ALL_LOCKS() does not end these */
};

struct reader {
    struct lexer lexer;
    struct token slots[3]; /* private: memory of the three tokens below, in turn */
    struct token *token;  /* the current token. reader_begin() clears what follows, and fills what precedes */
    struct token *ahead;  /* the token after the current one */
    enum keyword keyword; /* of the current token; KEYWORD_NONE for names */
    struct token *before; /* the token before the current one; TOKEN_END at the start of a statement */
    enum keyword before_keyword;
    const uint8_t *from; /* the beginning of the statement, with comments before its first token; borrows */
    const uint8_t *shape_from; /* private: after the last literal; borrows */
    const uint8_t *shape_end;  /* private: after the last token; borrows */
    uint64_t shape;            /* private: hash of the bytes before shape_from */
    bool is_hidden;            /* the first word stands inside or after an executable comment */
    bool has_from;             /* this statement: FROM, or the statement TABLE */
    bool has_select;           /* this statement: SELECT, anywhere in it */
    bool has_assign;           /* this statement: := or INTO @v was seen */
    bool has_given_id;         /* this statement: LAST_INSERT_ID(x) was seen */
    bool has_sequence;         /* this statement: NEXTVAL, LASTVAL, SETVAL and their other forms */
    unsigned asks; /* bits 1 << enum sql_question: ROW_COUNT(), FOUND_ROWS(), @@warning_count were seen */
    unsigned user_locks;    /* bits 1 << enum user_lock: which functions about locks were called */
    bool has_user_variable; /* @v was seen */
    bool has_kill;          /* this statement: the word KILL was seen */
    bool any_user_variable; /* in any statement of the text */
};

static inline bool token_is_punct(const struct token *token, char c)
{
    return token->type == TOKEN_PUNCT && token->text.data[0] == (uint8_t)c;
}

/* @v, not @@v. */
static inline bool token_is_user_variable(const struct token *token)
{
    return token->type == TOKEN_VARIABLE && (token->text.len < 2 || token->text.data[1] != '@');
}

void reader_begin(struct reader *reader, struct span sql, const struct sql_dialect *dialect);

/* Steps to the next token. At the end nothing changes. */
void reader_advance(struct reader *reader);

/* A new statement begins at the current token: forgets what was noted of the previous statement. */
void reader_begin_statement(struct reader *reader);

/* The statement's text, once its end is reached: without the semicolon, with the comments around it. So an
 * executable comment is whole; one that contains a semicolon is doubtful. */
struct span reader_statement(const struct reader *reader);

/* The current token is the end of a statement: the text's end or a semicolon. */
static inline bool reader_at_end(const struct reader *reader)
{
    return reader->token->type == TOKEN_END || token_is_punct(reader->token, ';');
}

/* The shape of a text that has been read to its end: a hash of its bytes without string and number literals
 * and without the comments before and after it. Texts of equal shape and family have equal digests
 * (digest.h), and a shape costs far less than a digest. To be called once per text. Never 0. */
uint64_t reader_shape(struct reader *reader);

/* If the current token is this keyword, step over it. */
bool reader_accept(struct reader *reader, enum keyword keyword);

/* Step to the end of the statement. */
void reader_skip(struct reader *reader);

/* Step to the end of the text, over semicolons too: for bodies of routines. True if a token follows a
 * semicolon. */
bool reader_skip_body(struct reader *reader);

/* An unquoted word, in any case. */
bool token_is_word(const struct token *token, const char *word);

/* The function about locks that is called at the current token. */
enum user_lock reader_user_lock(const struct reader *reader);

/* The current name is called: `name (`. */
static inline bool reader_is_call(const struct reader *reader)
{
    return token_is_punct(reader->ahead, '(');
}

/* Nothing stands between the current name and its parenthesis, or only blanks that IGNORE_SPACE allows. */
bool reader_is_touching(const struct reader *reader);

/* The name without its quotes (doubled quotes inside stay doubled). */
struct span token_name(const struct token *token);
