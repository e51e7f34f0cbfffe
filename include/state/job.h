/* The command that a session runs at present: its text and facts, its place, its waits, and what the reply
 * has told so far. A job is taken from the worker's free list when a command begins, and given back when the
 * command is over. */
#pragma once

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cluster/view.h"
#include "mysql/command.h"
#include "mysql/packet.h"
#include "route/route.h"
#include "sql/classify.h"
#include "state/pins.h"
#include "state/slot.h"

#include <stdbool.h>
#include <stdint.h>

#define ATTEMPTS_MAX 3 /* servers tried for one harmless read before the client gets an error */

struct pending_set;
struct pending_pins;
struct prepared;
struct digest_row;

/* How recent the data of a read must be, if a hint says so. */
enum consistency_need { NEED_OF_SESSION, NEED_NOTHING, NEED_OWN, NEED_GLOBAL, NEED_NEWEST };

/* Deadlines, kept over several tries; 0: the job has not waited for that yet. The states are those of
 * session/tbl/session_states.h. */
struct job_wait {
    uint64_t server_until_us;  /* WAITING */
    uint64_t permit_until_us;  /* QUEUED */
    uint64_t elsewhere_at_us;  /* QUEUED at a replica: the time to look at other replicas */
    unsigned changes;          /* QUEUED: how often the job has moved to another replica's queue */
    uint64_t replica_until_us; /* CATCHING_UP */
    bool was_in_vain;          /* CATCHING_UP has reached its deadline */
    bool is_held_back;         /* the job waits, or has waited, for a replica to catch up */
    bool has_asked_newest;     /* consistency "strong": the newest position was asked for */
    bool goes_first;           /* QUEUED: goes to the front, as the account's limit refused its login */
    bool has_asked_others;     /* other workers were asked for a connection that they have parked */
    const struct slot *asked;  /* borrows. WAITING for its answer to headgate's question; NULL: for none */
};

/* The hints of the client in its text: command/hints.h. */
struct job_hint {
    bool has_only;       /* the read goes to no replica but `only` */
    int only;            /* index of the server in the view */
    uint64_t timeout_us; /* limit of the run time; 0: no such hint */
};

/* The user variables in the text. */
struct job_names {
    struct text text; /* owns: names, each with a NUL; a name is there as often as the text has it */
    unsigned count;   /* user variables in the text, also those with a name that is not in `text` */
    bool has_odd;     /* there are, or may be, user variables with a name that is not in `text` */
};

/* LOAD DATA LOCAL. */
struct job_file {
    bool is_expected;   /* `run` reads the client's file, up to its empty packet */
    bool is_unanswered; /* the server has sent nothing since it asked for the file */
    uint64_t bytes;     /* of the command and of the file so far */
};

struct job_kill {
    uint64_t id; /* KILL's target; COM_SET_OPTION's argument */
    bool has_begun;
    bool has_verdict;
    uint8_t verdict; /* enum verdict of frontend/kill.c */
};

/* An error that headgate itself answers with. */
struct job_own {
    uint16_t code; /* error to answer with after DRAINING; 0: none is pending */
    uint16_t told; /* error that headgate answered, or put in the place of the server's answer; 0: none */
    uint8_t seq;
    struct error error;
};

/* What the server's reply has told so far. */
struct job_reply {
    bool has_begun;        /* a byte of the reply was passed on */
    bool is_over;          /* the whole reply was parsed; parts may still have to be sent */
    bool has_rows;         /* a result set */
    bool has_cursor;       /* a cursor to fetch from */
    bool has_multi;        /* MORE_RESULTS was seen */
    bool has_error;        /* the reply was, or ended with, an ERR */
    uint16_t error_code;   /* number of the ERR */
    bool is_unbegun;       /* the ERR says that nothing was run: state/error_ran_nothing.h */
    bool has_warnings;     /* the reply told of warnings */
    bool has_changed;      /* rows were changed, or (client flag FOUND_ROWS) found */
    bool has_insert_id;    /* an OK told a generated id */
    bool has_gtid;         /* the reply told the GTID of a commit */
    bool has_last_gtid;    /* session tracking told MariaDB's last_gtid */
    bool has_told_wait;    /* session tracking told wait_timeout */
    bool has_untold;       /* session tracking told a variable that headgate does not follow */
    bool has_schema;       /* session tracking told the current schema */
    bool has_state_change; /* session tracking told that session state has changed */
    struct span gtids;     /* borrows until the packet is passed on: GTIDs of a commit in this packet */
    uint64_t rows;
    uint64_t affected; /* affected rows, as the reply tells */
    uint64_t bytes;    /* sent by the server */
    uint64_t over_us;  /* when all of the reply was there; 0: not yet */
};

struct job {
    const struct command *command; /* NULL: none */
    struct sql_facts facts;        /* STATEMENT and PREPARED */
    struct packet_run run;         /* position in the client's bytes */
    struct prepared *prepared;     /* borrows from the session's table */
    size_t text_offset;            /* COM_QUERY: start of its text, behind the command byte and attributes */
    struct text inner;             /* owns: the text that an EXECUTE runs */
    struct text rewritten;         /* owns: sent instead of the window's first bytes, when not empty */
    size_t rewritten_sent;
    struct text asked_schema;          /* owns: the name in a USE or COM_INIT_DB, as the client wrote it */
    struct pending_set *pending_set;   /* owns: what a SET is about to change: state/pending_set */
    struct pending_pins *pending_pins; /* owns: what it is about to take or release: state/pending_pins */
    struct job_names names;
    uint64_t vars_before; /* facets.vars.version when the command was sent */
    struct job_file file;
    struct job_kill kill;
    struct job_hint hint;
    bool is_changing_code;  /* it changes views, routines or triggers: command/pending_effects.h */
    bool is_inner_set;      /* the EXECUTE runs a SET */
    bool is_wait_rewritten; /* a SET of wait_timeout was sent without its number: state/wait_timeout.h */
    bool is_cut;            /* the command is larger than the window, and is streamed */
    bool is_kept;           /* its bytes stay in the window until the reply begins: it could be sent again */
    bool is_login;          /* no command of the client: a login, whose schema a server must accept */
    bool is_change_user;    /* is_login, for COM_CHANGE_USER */
    bool asks_token;        /* SHOW HEADGATE TOKEN, which headgate answers itself */
    uint64_t token_since;   /* asks_token: the token must be of the primary after this moment; or
                             consistency.seen, if the session knows the token */

    enum route_place place;
    enum route_reason reason;
    enum consistency_need freshness; /* how new its read must be */
    int avoid;                       /* server that failed the job; VIEW_NO_SERVER: none */
    uint8_t attempts;                /* servers tried */
    bool is_home;       /* it runs at the session's home (facets_home): the reply tells the session's state */
    bool is_aside;      /* a question in a transaction at the other place: the reply's flags are not those of
                           the transaction */
    bool is_retriable;  /* a harmless read, whole in the window */
    bool has_no_schema; /* another client has dropped the schema: the job runs without a schema */
    struct span schema_of_prepared; /* borrows: its statement is prepared again in this schema; or empty */
    struct job_wait wait;
    uint64_t confined; /* slot.generation of a connection with an expired password, which accepts only a new
                          password; 0: none */

    bool is_interrupted; /* by KILL QUERY, while no server had the command */
    bool is_timed_out;   /* the query timeout ended the command */
    bool is_unread;      /* the server closed the connection before it read any of the command */
    struct job_reply reply;

    uint64_t started_us;
    uint64_t sent_us;            /* when its first bytes went to a server */
    struct digest_row *digest;   /* borrows from the worker's table: the row that counts it; NULL: none */
    const struct server *server; /* borrows: the server that it was sent to last; NULL: none */

    /* job_take does not clear the text of the error and what follows. */
    struct job_own own;
    struct draws draws; /* facts.has_sequence: what the statement draws */
};

/* The job of a session that runs no command: all fields are zero, except `avoid`. It must not be written. */
struct job *job_idle(void);
/* An empty job from a free list of jobs, or NULL when memory is out. job_give gives it back. */
struct job *job_take(struct mem_slab *jobs);
/* Frees what the job owns, gives the job back, and sets *job to job_idle(). No effect on job_idle(). */
void job_give(struct mem_slab *jobs, struct job **place);

/* The present command without literals: the text of its digest, or only its kind. Borrows until the command
 * is over. */
struct span job_statement(const struct job *job);
/* The origin for a pin that the command causes. Borrows until the command is over. */
struct pin_origin job_origin(const struct job *job, uint64_t now_us);
