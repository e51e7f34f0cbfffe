/* Lines about statements: the slow ones, and every so many-th. One line each in base/line.h's grammar, to a
 * file of its own (base/sink.h says why each is one write).
 *
 * A record's fields are rows; what is not known or does not apply (no server was asked, no error) is left
 * out. */
#ifndef HEADGATE_STATS_STATEMENT_LOG_H
#define HEADGATE_STATS_STATEMENT_LOG_H

#include "base/line.h"
#include "base/sink.h"
#include "stats/statement_settings.h"

/* One field of a line, in the order in which they stand there. */
#define STATEMENT_FIELDS                                                                                     \
    STATEMENT_TEXT(command)   /* COM_QUERY, COM_STMT_EXECUTE … */                                          \
    STATEMENT_NUMBER(session) /* its id, as in `show sessions` */                                            \
    STATEMENT_TEXT(user)                                                                                     \
    STATEMENT_TEXT(client) /* address, without the port */                                                   \
    STATEMENT_TEXT(listener)                                                                                 \
    STATEMENT_TEXT(cluster)                                                                                  \
    STATEMENT_TEXT(server)        /* that ran it, the last one of several; none: no server has seen it */    \
    STATEMENT_TEXT(schema)        /* the session's, when it was over */                                      \
    STATEMENT_TEXT(digest)        /* as in `show digests` */                                                 \
    STATEMENT_NUMBER(total_us)    /* from the whole command until the client had the whole reply: … */     \
    STATEMENT_NUMBER(wait_us)     /* waiting to be sent */                                                   \
    STATEMENT_NUMBER(server_us)   /* … until the server had said the last of it */                         \
    STATEMENT_NUMBER(headgate_us) /* … and passing that on, which a slow client may delay */               \
    STATEMENT_NUMBER(rows)                                                                                   \
    STATEMENT_NUMBER(affected)                                                                               \
    STATEMENT_NUMBER(bytes_in)                                                                               \
    STATEMENT_NUMBER(bytes_out)                                                                              \
    STATEMENT_NUMBER(error) /* the number that the client heard */                                           \
    STATEMENT_TEXT(end)     /* it was not answered: why not */                                               \
    STATEMENT_TEXT(route)   /* why it went where it went, as `explain` says it */                            \
    STATEMENT_TEXT(pins)    /* what kept the session on the primary, when it was over */                     \
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

/* Opens the files that the settings need. Close it also after a failure. */
bool statement_log_open(struct statement_log *log, const struct statement_settings *settings,
                        struct error *err);
/* SIGUSR1: what cannot be opened again goes on as it was, and the log tells. */
void statement_log_reopen(struct statement_log *log);
void statement_log_close(struct statement_log *log);

/* From any worker. */
void statement_log_write(struct statement_log *log, enum statement_file file,
                         const struct statement_record *record);

/* The line alone. Borrows from `line`. */
struct span statement_log_line(struct line *line, enum statement_file file, bool is_json,
                               const struct statement_record *record);

/* "slow_lines_lost" and the like, for `show stats`. */
const char *statement_log_loss_name(enum statement_file file);

#endif
