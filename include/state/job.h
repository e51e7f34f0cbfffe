/* The command that a session runs at present: what it is, where it goes, what it waits for, and what the
 * reply has told so far. All zero between commands, but for the buffers.
 */
#ifndef HEADGATE_STATE_JOB_H
#define HEADGATE_STATE_JOB_H

#include "base/error.h"
#include "base/str.h"
#include "cluster/view.h"
#include "mysql/command.h"
#include "mysql/packet.h"
#include "route/route.h"
#include "sql/classify.h"
#include "state/pins.h"

#include <stdbool.h>
#include <stdint.h>

#define ATTEMPTS_MAX 3 /* servers tried for one harmless read before the client hears of it */

struct changes;
struct claims;
struct prepared;
struct digest_row;

/* How new a read must be, if a hint says so. */
enum consistency_need { NEED_OF_SESSION, NEED_NOTHING, NEED_OWN, NEED_GLOBAL, NEED_NEWEST };

/* Deadlines, kept over several tries; 0: it has not waited for that yet. */
struct job_wait {
    uint64_t server_until_us;  /* WAITING */
    uint64_t permit_until_us;  /* QUEUED */
    uint64_t elsewhere_at_us;  /* QUEUED at a replica: the time to look at others */
    unsigned changes;          /* QUEUED: so often it has gone to wait at another replica */
    uint64_t replica_until_us; /* CATCHING_UP */
    bool was_in_vain;          /* CATCHING_UP has reached its deadline */
    bool is_held_back;         /* it waits, or has waited, for a replica to catch up */
    bool has_asked_newest;     /* consistency "strong": what is the newest was asked for */
    bool goes_first;           /* QUEUED: its login met the account's limit, for which it has waited before */
    bool has_asked_others;     /* other workers, for a connection that they have parked */
    const struct slot *asked;  /* borrows. WAITING for its answer to a question of ours; NULL: for none */
};

/* What the client has asked for beside its text: hints.h. */
struct job_hint {
    bool has_only; /* no other replica than `only` */
    int only;
    uint64_t timeout_us; /* no longer than this; 0: no such hint */
};

/* The user variables in its text. */
struct job_names {
    struct text text; /* owns: a NUL behind each … */
    unsigned count;   /* … each as often as it is named */
    bool has_odd;     /* there are, or may be, others that cannot be named */
};

/* LOAD DATA LOCAL. */
struct job_file {
    bool is_expected;   /* `run` goes through the client's file, to its empty packet */
    bool is_unanswered; /* the server has sent nothing since it asked for the file */
    uint64_t bytes;     /* of the command, and of the file so far */
};

struct job_kill {
    uint64_t id; /* KILL's target; COM_SET_OPTION's argument */
    bool has_verdict;
    uint8_t verdict; /* see kill.c */
};

/* headgate's own answer. */
struct job_own {
    uint16_t code; /* what to answer after DRAINING; 0: nothing pending */
    uint16_t told; /* that was answered, or made of the server's answer; 0: none */
    uint8_t seq;
    struct error error;
};

/* What the server's reply has told so far. */
struct job_reply {
    bool has_begun;        /* a byte of it has been passed on */
    bool is_over;          /* everything parsed; may still have to be sent */
    bool has_rows;         /* a result set */
    bool has_cursor;       /* … to be fetched from */
    bool has_multi;        /* MORE_RESULTS was seen */
    bool has_error;        /* it was, or ended in, ERR … */
    uint16_t error_code;   /* … with this number */
    bool is_unbegun;       /* … which says that nothing was run */
    bool has_warnings;     /* it told of some */
    bool has_changed;      /* … of rows that it changed, or (FOUND_ROWS) found */
    bool has_insert_id;    /* … of a generated id */
    bool has_gtid;         /* … of a commit */
    bool has_last_gtid;    /* … of MariaDB's last_gtid */
    bool has_told_wait;    /* … of wait_timeout */
    bool has_untold;       /* … of a variable that is not followed */
    bool has_schema;       /* … of the schema that is current now */
    bool has_state_change; /* … that session state has changed */
    struct span gtids;     /* borrows, until its packet is passed on: of a commit that the packet tells */
    uint64_t rows;
    uint64_t affected; /* rows, it says */
    uint64_t bytes;    /* as the server sent it */
    uint64_t over_us;  /* when all of it was there; 0: not yet */
};

struct job {
    const struct command *command; /* NULL: none */
    struct sql_facts facts;        /* STATEMENT and PREPARED */
    struct packet_run run;         /* through the client's bytes */
    struct prepared *prepared;     /* borrows from the session's table */
    size_t text_offset;            /* COM_QUERY: of its text, behind the command byte and its attributes */
    struct text inner;             /* owns: the text that an EXECUTE runs */
    struct text rewritten;         /* owns: sent instead of the window's first bytes, when not empty */
    size_t rewritten_sent;
    struct text asked_schema; /* owns: the name in a USE or COM_INIT_DB, as the client wrote it */
    struct changes *changes;  /* owns: what a SET is about to change */
    struct claims *claims;    /* owns: what it is about to take or give back */
    struct job_names names;
    uint64_t vars_before; /* version when it was sent */
    struct job_file file;
    struct job_kill kill;
    struct job_hint hint;
    bool is_changing_code;  /* views, routines or triggers: code_intent.h */
    bool is_inner_set;      /* the EXECUTE runs a SET */
    bool is_wait_rewritten; /* a SET of wait_timeout was sent without its number: patience.h */
    bool is_cut;            /* larger than the window: it streams */
    bool is_kept;           /* its bytes stay in the window until the reply begins: it could be sent again */
    bool is_login;          /* not a command of the client: the upstream that must accept its schema */
    bool is_change_user;    /* is_login, for COM_CHANGE_USER */
    bool asks_token;        /* SHOW HEADGATE TOKEN: no server sees it … */
    uint64_t token_since; /* … it tells what the primary had after this moment; 0: what the session knows */

    enum route_place place;
    enum route_reason reason;
    enum consistency_need freshness; /* how new its read must be */
    int avoid;                       /* server that failed it; VIEW_NO_SERVER: none */
    uint8_t attempts;                /* servers tried */
    bool is_home;       /* it runs where the session's own state is: the reply tells about that */
    bool is_aside;      /* a question in a transaction that is elsewhere: the reply's flags are not its own */
    bool is_retriable;  /* a harmless read, whole in the window */
    bool has_no_schema; /* its schema is gone, dropped by somebody else: it runs in none */
    struct span schema_of_prepared; /* borrows: its statement is prepared again in this schema; or empty */
    struct job_wait wait;
    uint64_t confined; /* slot.generation: that connection takes nothing but a new password; 0: none */

    bool is_interrupted; /* by KILL QUERY, while no server had it */
    bool is_timed_out;   /* the query timeout ended it */
    bool is_unread;      /* the server had ended the connection before it read anything of it */
    struct job_reply reply;

    uint64_t started_us;
    uint64_t sent_us;            /* when its first bytes went to a server */
    struct digest_row *digest;   /* borrows from the worker's table: where it counts; NULL: nowhere */
    const struct server *server; /* borrows: that it was sent to last; NULL: to none */

    struct job_own own; /* last: see dispatch_end.c */
};

/* What the present command is, without literals: the text of its digest, or only its kind. Borrows until the
 * command is over. */
struct span job_statement(const struct job *job);
/* Where a pin comes from that it causes. Borrows likewise. */
struct pin_origin job_origin(const struct job *job, uint64_t now_us);

#endif
