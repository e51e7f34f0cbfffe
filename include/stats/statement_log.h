/* The logs of statements: of slow ones, and of every n-th one. One line per statement, in the grammar of
 * base/line.h, in a file of its own (base/sink.h says why each line is one write).
 *
 * The fields of a record are rows. A field that is not known or does not apply (no server was asked, no
 * error) is left out. */
#pragma once

#include "base/line.h"
#include "base/sink.h"
#include "stats/statement_settings.h"

/* The fields of a line, in the order of the line. */
#define STATEMENT_FIELDS                                                                                     \
    STATEMENT_TEXT(command)   /* COM_QUERY, COM_STMT_EXECUTE … */                                          \
    STATEMENT_NUMBER(session) /* its id, as in `show sessions` */                                            \
    STATEMENT_TEXT(user)                                                                                     \
    STATEMENT_TEXT(client) /* address, without the port */                                                   \
    STATEMENT_TEXT(listener)                                                                                 \
    STATEMENT_TEXT(cluster)                                                                                  \
    STATEMENT_TEXT(server)        /* the last server that ran it; empty: no server has received it */        \
    STATEMENT_TEXT(schema)        /* of the session, after the statement */                                  \
    STATEMENT_TEXT(digest)        /* as in `show digests` */                                                 \
    STATEMENT_NUMBER(total_us)    /* from the whole command until the client had the whole reply */          \
    STATEMENT_NUMBER(wait_us)     /* part of total_us: waiting to be sent */                                 \
    STATEMENT_NUMBER(server_us)   /* part of total_us: until the server had sent the end of its reply */     \
    STATEMENT_NUMBER(headgate_us) /* part of total_us: passing the reply on; a slow client delays it */      \
    STATEMENT_NUMBER(rows)                                                                                   \
    STATEMENT_NUMBER(affected)                                                                               \
    STATEMENT_NUMBER(bytes_in)                                                                               \
    STATEMENT_NUMBER(bytes_out)                                                                              \
    STATEMENT_NUMBER(error) /* the error number that the client received */                                  \
    STATEMENT_TEXT(end)     /* the reason why there was no reply */                                          \
    STATEMENT_TEXT(route)   /* the reason of the routing, as in `explain` */                                 \
    STATEMENT_TEXT(pins)    /* what keeps the session on the primary, after the statement */                 \
    STATEMENT_TEXT(text)

#define STATEMENT_NUMBER(name) uint64_t name;
#define STATEMENT_TEXT(name) struct span name;
struct statement_record {
    STATEMENT_FIELDS
};
#undef STATEMENT_NUMBER
#undef STATEMENT_TEXT

enum statement_file { STATEMENT_SLOW, STATEMENT_QUERY, STATEMENT_FILES };

struct statement_log {
    const struct statement_settings *settings; /* borrows; immutable while workers run */
    struct sink sinks[STATEMENT_FILES];
};

/* Opens the files that the settings need. statement_log_close must be called also after a failure. */
bool statement_log_open(struct statement_log *log, const struct statement_settings *settings,
                        struct error *err);
/* On SIGUSR1: opens the files again. If that fails, lines go on to the former file, and a warning is logged. */
void statement_log_reopen(struct statement_log *log);
void statement_log_close(struct statement_log *log);

/* Writes one line. Any worker. */
void statement_log_write(struct statement_log *log, enum statement_file file,
                         const struct statement_record *record);

/* Builds the line without writing it. Borrows from `line`. */
struct span statement_log_line(struct line *line, enum statement_file file, bool is_json,
                               const struct statement_record *record);

/* The name of the counter of lost lines, "slow_lines_lost" and the like, for `show stats`. */
const char *statement_log_loss_name(enum statement_file file);
