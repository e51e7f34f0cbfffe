/* The prepared statements of one session: the id that the client knows, and what each connection of the
 * session knows of the statement.
 *
 * The text is kept so that the statement can be prepared again on the server that executes it. Parameter
 * types are kept because a client sends them once, and each server remembers them separately. */
#pragma once

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

/* What one upstream knows of a statement. */
struct prepared_copy {
    struct known_statement *known; /* borrows: valid only while the slot has this generation */
    uint64_t generation;           /* slot.generation of the connection that knows it; 0: none */
    uint64_t types_version;        /* of the parameter types that this session sent to it; 0: none */
};

struct prepared {
    uint32_t id;                /* the id that the client uses */
    struct shared_text *text;   /* holds; NULL: too long to keep */
    struct span sql;            /* borrows from `text`; empty: too long to keep */
    struct text schema;         /* owns: the current schema at PREPARE, for unqualified names */
    struct text wording;        /* owns: sql_mode and character sets at PREPARE (state/parse_context) */
    struct sql_facts facts;     /* without spans: the text that they point into is gone */
    struct sql_dialect dialect; /* with which `facts` were read; without catalog and schema */
    uint16_t params;
    uint16_t columns;  /* what the client was told last, by PREPARE or a result; 0: no columns */
    struct text types; /* owns: parameter types as the client sent them last (stmt_execute.types) */
    uint64_t types_version;
    struct prepared_copy copies[PREPARED_PLACES];
    int last_place;     /* where it was executed, or its long data sent; -1: not yet */
    bool has_long_data; /* SEND_LONG_DATA since the last execution: must execute at last_place */
    bool is_data_lost;  /* some of its long data is gone: the next execution must fail */
    bool was_refused;   /* a read-only server refused it: it runs on the primary */
    bool has_cursor;    /* a cursor may be open: FETCH goes to last_place */
    uint64_t pinned_us; /* since when it keeps its connection (prepared_pins) */
    UT_hash_handle hh;
};

struct prepared_table {
    struct texts *texts;    /* borrows: texts shared with other sessions; NULL: not shared */
    struct prepared *by_id; /* owns */
    uint32_t last_id;       /* the newest id; MariaDB's id -1 (STMT_ID_LAST) stands for it */
    bool has_last_failed;   /* the last PREPARE failed: id -1 is unknown */
};

/* Adds a statement with the next free id, prepared in this schema and with these variables. `sql` empty: too
 * long to keep. The table owns the result. NULL: out of memory. */
struct prepared *prepared_add(struct prepared_table *table, struct span sql, struct span schema,
                              const struct vars *vars, const struct sql_facts *facts);
/* Classifies the text again if the catalog has changed since: names in the text may stand for other objects
 * now. `dialect`: the session's present one, for its catalog. One comparison if nothing has changed. */
void prepared_refresh(struct prepared *prepared, const struct sql_dialect *dialect);
/* The statement with this id; STMT_ID_LAST is the newest one. NULL: unknown. */
struct prepared *prepared_find(struct prepared_table *table, uint32_t id);
void prepared_remove(struct prepared_table *table, struct prepared *prepared);
void prepared_clear(struct prepared_table *table);

/* Remembers the parameter types that the client has sent. False: out of memory. */
bool prepared_note_types(struct prepared *prepared, struct span types);

/* The causes (pin_bit) for which the statement keeps the connection in this slot: long data and cursors exist
 * on one connection only, and a text that was too long to keep cannot be prepared again. */
uint32_t prepared_pins(const struct prepared *prepared, const struct slot *slot, enum route_place place);
/* The causes of all statements of the session, as prepared_pins. */
uint32_t prepared_pins_of_all(const struct prepared_table *table, const struct slot *slot,
                              enum route_place place);
/* The statement keeps its connection for this cause from now on: counts it, and notes the time. */
void prepared_note_pin(struct prepared *prepared, enum pin_cause cause, uint64_t now_us,
                       struct pin_counters *counters);
