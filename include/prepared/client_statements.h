/* Prepared statements of one session: the id the client knows, and what its connections know of it.
 *
 * The text is kept so that a statement can be prepared where it is executed; parameter types are kept because
 * clients send them once and each server remembers them for itself.
 */
#ifndef HEADGATE_PREPARED_CLIENT_STATEMENTS_H
#define HEADGATE_PREPARED_CLIENT_STATEMENTS_H

#include "base/hash.h"
#include "base/str.h"
#include "prepared/statement_texts.h"
#include "sql/classify.h"
#include "state/pins.h"
#include "state/slot.h"
#include "state/variables.h"

#include <stdbool.h>
#include <stdint.h>

#define PREPARED_PLACES SLOT_COUNT

/* What one upstream knows of it. */
struct prepared_copy {
    struct known_statement *known; /* borrows: there only while the upstream has this generation */
    uint64_t generation;           /* of the upstream that knows it; 0: none */
    uint64_t types_version;        /* of the parameter types it has been told by this session; 0: none */
};

struct prepared {
    uint32_t id;                /* the client's */
    struct shared_text *text;   /* holds; NULL when it was too long to keep */
    struct span sql;            /* … what it says; empty */
    struct text schema;         /* owns: what unqualified names meant when it was prepared */
    struct text wording;        /* owns: how it was read then (wording.h) */
    struct sql_facts facts;     /* without its spans */
    struct sql_dialect dialect; /* in which they were read; without catalog and schema */
    uint16_t params;
    uint16_t columns;  /* as the client was told last: by PREPARE, or the last result; 0: of none */
    struct text types; /* owns: as last sent by the client (stmt_execute.types) */
    uint64_t types_version;
    struct prepared_copy copies[PREPARED_PLACES];
    int last_place;     /* where it was executed, or its long data sent; -1: nowhere yet */
    bool has_long_data; /* SEND_LONG_DATA since the last execution: must execute there */
    bool is_data_lost;  /* some of its long data is gone: the next execution must fail */
    bool was_refused;   /* by a read-only server: not asked again */
    bool has_cursor;    /* may be open: FETCH goes there */
    uint64_t pinned_us; /* since when it keeps its connection, while it does */
    UT_hash_handle hh;
};

struct prepared_table {
    struct texts *texts;    /* borrows: where texts are kept; NULL: each has its own */
    struct prepared *by_id; /* owns */
    uint32_t last_id;       /* handed out last; also what MariaDB's id -1 means */
    bool has_last_failed;   /* the last PREPARE failed: id -1 is nothing */
};

/* A new statement with the next free id, prepared in this schema and with these variables, or NULL when
 * memory is out. `sql` empty: not kept. */
struct prepared *prepared_add(struct prepared_table *table, struct span sql, struct span schema,
                              const struct vars *vars, const struct sql_facts *facts);
/* Reads the text once more where the names in it may stand for other things by now: `dialect` is the
 * session's, of which the catalog counts. Cheap where nothing has changed. */
void prepared_refresh(struct prepared *prepared, const struct sql_dialect *dialect);
/* Resolves STMT_ID_LAST too. NULL: unknown. */
struct prepared *prepared_find(struct prepared_table *table, uint32_t id);
void prepared_remove(struct prepared_table *table, struct prepared *prepared);
void prepared_clear(struct prepared_table *table);

/* The client sent types: remember them. False when memory is out. */
bool prepared_note_types(struct prepared *prepared, struct span types);

/* The causes (pin_bit) for which the statement keeps the connection in this slot: long data and cursors are
 * in one connection only, and a text too long to be kept cannot be prepared again. */
uint32_t prepared_pins(const struct prepared *prepared, const struct slot *slot, enum route_place place);
/* The same of all statements. */
uint32_t prepared_pins_of_all(const struct prepared_table *table, const struct slot *slot,
                              enum route_place place);
/* Such a cause has come. */
void prepared_note_pin(struct prepared *prepared, enum pin_cause cause, uint64_t now_us,
                       struct pin_counters *counters);

#endif
