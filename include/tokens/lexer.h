/* SQL text → tokens, for both families, in one pass, without allocation and without ever reading past the
 * end.
 *
 * The lexer does not decide what a statement means. Where servers may read the same bytes differently
 * (executable comments, charsets whose trail bytes look like quotes), the lexer sets a bit in `doubts`, and
 * the classifier then decides for the safe side. Source of the rules: protocol.md §6.1.
 */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct catalog;

enum sql_family { SQL_FAMILY_UNKNOWN, SQL_FAMILY_MARIADB, SQL_FAMILY_MYSQL };

/* How the server reads the text. The defaults of both families: all false, family UNKNOWN. */
struct sql_dialect {
    enum sql_family family;
    bool no_backslash_escapes;
    bool ansi_quotes;    /* "x" is an identifier */
    bool oracle;         /* MariaDB sql_mode=ORACLE */
    bool ignore_space;   /* `count (` is the function */
    bool unsafe_charset; /* character_set_client is one whose trail bytes may be quotes or backslashes */
    bool is_utf8; /* character_set_client is utf8mb3 or utf8mb4: no byte ≥ 0x80 is white space. In latin1 0xA0
                     is a blank, so without this flag unquoted words with such bytes are doubtful */
    bool multi_statements;         /* the client may send several statements at once */
    const struct catalog *catalog; /* the known stored code; NULL: none is known. Borrows */
    struct span schema;            /* the current schema, for unqualified names; empty: none. Borrows */
    bool reads_stored;       /* stored code that only reads is a harmless read, like a built-in function */
    bool needs_known_tables; /* a name in FROM that may be a view makes the query more than a read */
};

enum token_type {
    TOKEN_END,
    TOKEN_WORD,   /* unquoted identifier or keyword */
    TOKEN_QUOTED, /* `x`, or "x" under ANSI_QUOTES; text includes the quotes */
    TOKEN_STRING, /* '…', "…", x'…', b'…', n'…', $$…$$; text includes quotes and prefix */
    TOKEN_NUMBER,
    TOKEN_VARIABLE,  /* @name, @'name', @@name: text includes the @ signs; an @@ token ends before any '.' */
    TOKEN_PARAMETER, /* ? */
    TOKEN_PUNCT,     /* one character: ( ) , ; . = + - … */
    TOKEN_ASSIGN,    /* := */
    TOKEN_HINT,      /* slash star plus … : an optimizer hint; text is the whole comment */
    TOKEN_BAD        /* unterminated quote or comment, or a byte no grammar knows */
};

struct token {
    enum token_type type;
    struct span text;  /* borrows */
    bool space_before; /* white space or a comment stands before it */
};

/* Doubts about the reading, collected while lexing. */
#define SQL_DOUBT_EXECUTABLE                                                                                 \
    0x1u /* an executable comment whose content some servers of the family run and others do not */
#define SQL_DOUBT_CHARSET                                                                                    \
    0x2u                   /* a byte ≥ 0x80 that some charset reads as a quote, a backslash or a blank     \
                            */
#define SQL_DOUBT_BAD 0x4u /* TOKEN_BAD was seen, or text that versions of a family split differently */

struct lexer {
    const uint8_t *at; /* borrows */
    const uint8_t *end;
    struct sql_dialect dialect;
    unsigned doubts;
    unsigned executable_depth; /* private: 1 inside an executable comment */
    const uint8_t *word_end;   /* private: where the last identifier ended */
    bool is_after_dot;         /* private: the next word is an identifier, even if spelled like a keyword */
    bool is_broken;       /* private: an unterminated comment ran to the end; TOKEN_BAD is still to come */
    bool has_lone_dollar; /* private: one search for a closing dollar quote has failed already */
    bool has_hint;        /* a plain comment that begins with HINT_MARK was skipped; see hint.h */
};

/* The beginning of a routing hint, in any case of letters. */
#define HINT_MARK "headgate:"

void lexer_begin(struct lexer *lexer, struct span sql, const struct sql_dialect *dialect);

/* The next token; at the end always TOKEN_END. An executable comment is code, or a comment, where all
 * supported servers of the family agree. Where they do not agree, its content is lexed as code, and `doubts`
 * is set. */
struct token lexer_next(struct lexer *lexer);

/* lexer_next() with the token written in place: reading a token right after it was copied stalls the
 * processor (measured: a third of the time of classify()). */
void lexer_read(struct lexer *lexer, struct token *token_r);

/* lexer_read() that also reports comments. True: a comment follows that every server skips, no token was
 * read, and `comment_r` is the whole comment, with the newline of a line comment. False: `token_r` is
 * filled. */
bool lexer_read_comment(struct lexer *lexer, struct span *comment_r, struct token *token_r);

static inline bool token_is_name(const struct token *token)
{
    return token->type == TOKEN_WORD || token->type == TOKEN_QUOTED;
}
