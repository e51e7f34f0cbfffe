/* What a statement is and does, as read from its text: the facts that routing decides by. */
#pragma once

#include "base/str.h"
#include "tokens/reader.h"

#include <stdbool.h>
#include <stdint.h>

enum sql_kind {
    SQL_UNKNOWN,     /* not understood */
    SQL_EMPTY,       /* blanks and comments only */
    SQL_SELECT,      /* SELECT, TABLE, VALUES, WITH … SELECT, parenthesised */
    SQL_SHOW,        /* SHOW, DESCRIBE, EXPLAIN, HELP */
    SQL_DIAGNOSTICS, /* SHOW WARNINGS / ERRORS / COUNT(*), GET DIAGNOSTICS: about the previous statement */
    SQL_WRITE,       /* INSERT, UPDATE, DELETE, REPLACE, LOAD DATA …: data */
    SQL_DDL,         /* schema objects, accounts, table maintenance */
    SQL_BEGIN,       /* BEGIN [WORK], START TRANSACTION … */
    SQL_COMMIT,
    SQL_ROLLBACK,  /* whole transaction */
    SQL_SAVEPOINT, /* SAVEPOINT, RELEASE SAVEPOINT, ROLLBACK TO */
    SQL_SET,       /* any SET; see setvar.h for what it changes */
    SQL_USE,
    SQL_CALL,    /* CALL, DO, compound statements, EXECUTE IMMEDIATE */
    SQL_PREPARE, /* SQL-level PREPARE, EXECUTE, DEALLOCATE */
    SQL_LOCK,    /* LOCK/UNLOCK TABLES, FLUSH … WITH READ LOCK, BACKUP …, LOCK INSTANCE */
    SQL_HANDLER,
    SQL_XA,
    SQL_KILL, /* see sql_facts.kill_* */
    SQL_ADMIN /* the rest that is known: FLUSH, RESET, PURGE, CHANGE MASTER, SHUTDOWN, … */
};

/* Why a statement is, or is not, a harmless read. Rows in tbl/sql_reasons.h: id, name, words for people. */
enum sql_reason {
#define SQL_REASON(id, name, words) SQL_REASON_##id,
#include "sql/tbl/sql_reasons.h"
#undef SQL_REASON
    SQL_REASON_COUNT
};

enum sql_kill {
    SQL_KILL_NONE,      /* the text holds no KILL that could run */
    SQL_KILL_NUMBER,    /* the target is a number: sql_facts.kill_id */
    SQL_KILL_PARAMETER, /* the target is the only parameter of the prepared statement */
    SQL_KILL_VARIABLE,  /* the target is the value of a user variable: kill_variable() */
    SQL_KILL_SELF,      /* the target is CONNECTION_ID() */
    SQL_KILL_INNER,     /* PREPARE or EXECUTE IMMEDIATE of a literal that contains the word KILL */
    SQL_KILL_WIDE,      /* KILL USER, KILL QUERY ID */
    SQL_KILL_OTHER      /* any other: one of several statements, in a block, in a comment, of an expression */
};

struct sql_facts {
    enum sql_kind kind; /* of the first statement; with several, `reason` is about the most dangerous one */
    enum sql_reason reason;
    bool is_read;         /* every part is a harmless read: a replica may run it in autocommit */
    bool is_multi;        /* several statements in one text */
    bool refers_previous; /* FOUND_ROWS(), SHOW WARNINGS, SHOW SESSION STATUS …: must run where the previous
                             statement ran */
    enum sql_question question; /* refers_previous: the kind of question */
    unsigned questions;         /* refers_previous: all questions, bit q for each */
    unsigned asks_before; /* bits as in `questions`: ROW_COUNT(), FOUND_ROWS(), @@warning_count in the first
                             statement of the text, of any kind */
    bool uses_tables; /* it may read or write tables; on MariaDB other statements do not clear the warnings */
    bool leaves_row_count;  /* HELP: on MariaDB ROW_COUNT() does not change */
    bool counts_rows;       /* it may change FOUND_ROWS() */
    bool may_run_nothing;   /* CREATE TABLE IF NOT EXISTS: its SELECT does not run if the table exists */
    uint32_t first_count;   /* counts_rows: the number of statements before the first one that counts rows */
    bool may_hide_state;    /* it may leave session state that neither its text, nor holds, nor tracking
                               describes (CALL, EXECUTE, unknown functions and statements …) */
    bool runs_code;         /* it runs stored code that its own text shows */
    bool sets_unnamed;      /* runs_code: the code sets user variables that the text does not name */
    unsigned code_effects;  /* runs_code: the code's effects, bits of enum code_effect (code_effects.h) */
    bool has_holds;         /* it may take or release state of one server's connection: see holds.h */
    bool may_commit;        /* it may end the transaction and continue: CALL, blocks, EXECUTE */
    bool touches_variables; /* @v is read or written somewhere in the text */
    bool writes_variables;  /* @v may be written: SET @v, :=, INTO @v, (@v) of LOAD, DIAGNOSTICS; CALL and
                               compound statements, even if no variable is named */
    bool reads_but_for_variables; /* not is_read, but only because of user variables: harmless on a connection
                                     that has the session's variables */
    bool is_load;                 /* LOAD DATA/XML: its OK does not report generated ids */
    bool is_load_local;           /* LOAD DATA/XML LOCAL: the server may ask for the client's file */
    bool begins_read_only;        /* START TRANSACTION … READ ONLY (and nothing after it) */
    bool begins_read_write;       /* START TRANSACTION … READ WRITE, explicitly (and nothing after it) */
    bool begins_snapshot; /* START TRANSACTION WITH CONSISTENT SNAPSHOT: the snapshot is taken at once */
    bool releases; /* contains COMMIT or ROLLBACK … RELEASE: the server closes the connection after it */
    bool gives_insert_id; /* LAST_INSERT_ID(x), SET insert_id = x and the like: later statements see the value
                           */
    bool has_sequence;    /* it may draw from a sequence, set it, or ask for the last value: sequences.h */
    bool changes_accounts;      /* it may change accounts, their passwords, rights or roles: accounts.h */
    bool asks_id;               /* it may ask for the connection id on the server */
    bool sets_global;           /* SET GLOBAL, SET PASSWORD and the like: no session state */
    bool sets_next_transaction; /* SET TRANSACTION … without SESSION or GLOBAL */
    bool sets_for_itself; /* SET STATEMENT … FOR, SET_VAR(…): the variables hold for this statement only;
                             false for several statements */
    bool asks_token;      /* SHOW HEADGATE TOKEN, and nothing else */
    bool has_hint;        /* there may be routing hints in its comments: hint.h reads them */
    bool kill_is_query;   /* KILL QUERY id */
    enum sql_kill kill;   /* the KILL that the text runs, whatever `kind` is */
    uint64_t kill_id;     /* of SQL_KILL_NUMBER; else 0 */
    struct span use_schema;   /* USE x: the name as written, quotes included; borrows from the text */
    struct span execute_name; /* EXECUTE x …, if no other part of it may hide state: x as written; borrows */
    struct span execute_text; /* EXECUTE IMMEDIATE 'literal' …, likewise: the literal as written; borrows */
    struct span culprit;      /* the words that `reason` is about, if there are any: `sleep`, `@x`, `mysql`;
                                 borrows */
    unsigned doubts;          /* SQL_DOUBT_… of the lexer */
    uint64_t names_mark;      /* catalog_names_mark(): the facts hold as long as the mark is equal */
    uint64_t shape;           /* see reader_shape(); 0: the text is cut */
};

/* Changes the kind of a statement whose first word suggested another one. */
static inline void facts_become(struct sql_facts *facts, enum sql_kind kind, enum sql_reason reason)
{
    facts->kind = kind;
    facts->reason = reason;
}

/* Changes the kind, and marks that the statement may leave session state that nothing reports. */
static inline void facts_suspect(struct sql_facts *facts, enum sql_kind kind, enum sql_reason reason)
{
    facts_become(facts, kind, reason);
    facts->may_hide_state = true;
}

/* Adds questions about earlier statements: bit q for each enum sql_question q. */
void facts_ask(struct sql_facts *facts, unsigned questions);

/* The statement runs stored code with these effects: sets code_effects, and may_hide_state, sets_unnamed and
 * the like where the effects require it. */
void facts_run_code(struct sql_facts *facts, unsigned effects);
/* Adds to `facts` the stored code of `inner`, the facts of a part of the statement. */
void facts_take_code(struct sql_facts *facts, const struct sql_facts *inner);

const char *sql_reason_name(enum sql_reason reason);  /* "locking_read" */
const char *sql_reason_words(enum sql_reason reason); /* "locking read" */
const char *sql_kind_name(enum sql_kind kind);        /* "select" */
