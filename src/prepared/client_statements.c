#include "prepared/client_statements.h"

#include "base/mem.h"
#include "mysql/stmt.h"
#include "state/parse_context.h"
#include "stored_code/catalog.h"

static void release(struct prepared *prepared)
{
    statement_texts_release(&prepared->text);
    text_fini(&prepared->schema);
    text_fini(&prepared->wording);
    text_fini(&prepared->types);
    mem_free(prepared);
}

/* Ids wrap after four billion. 0 is never used; -1 is STMT_ID_LAST. */
static uint32_t free_id(const struct prepared_table *table)
{
    uint32_t id = table->last_id;
    struct prepared *taken;
    do {
        id = id + 1 >= STMT_ID_LAST ? 1 : id + 1;
        HASH_FIND(hh, table->by_id, &id, sizeof id, taken);
    } while (taken != NULL);
    return id;
}

/* The spans borrow from a text that does not live as long as the facts. */
static void forget_spans(struct sql_facts *facts)
{
    facts->use_schema = facts->execute_name = facts->execute_text = facts->culprit = (struct span){ 0 };
}

struct prepared *prepared_add(struct prepared_table *table, struct span sql, struct span schema,
                              const struct vars *vars, const struct sql_facts *facts)
{
    struct prepared *prepared = mem_zalloc(sizeof *prepared);
    if (prepared == NULL)
        return NULL;
    prepared->id = free_id(table);
    prepared->facts = *facts;
    forget_spans(&prepared->facts);
    prepared->last_place = -1;
    if (sql.len > 0)
        prepared->text = statement_texts_hold(table->texts, sql);
    prepared->sql = statement_texts_span(prepared->text);
    parse_context_take(vars, &prepared->wording);
    bool is_whole = text_append_span(&prepared->schema, schema) && !prepared->wording.is_oom;
    if (is_whole && prepared->sql.len == sql.len)
        HASH_ADD(hh, table->by_id, id, sizeof prepared->id, prepared);
    if (!hash_has(prepared)) {
        release(prepared);
        return NULL;
    }
    table->last_id = prepared->id;
    table->has_last_failed = false;
    return prepared;
}

void prepared_refresh(struct prepared *prepared, const struct sql_dialect *dialect)
{
    bool is_fresh =
        prepared->facts.names_mark == catalog_names_mark(dialect) && !catalog_is_stale(dialect->catalog);
    if (is_fresh || prepared->sql.len == 0)
        return;
    struct sql_dialect then = prepared->dialect;
    then.catalog = dialect->catalog;
    then.schema = text_span(&prepared->schema);
    then.reads_stored = dialect->reads_stored;
    then.needs_known_tables = dialect->needs_known_tables;
    prepared->facts = classify(prepared->sql, false, &then);
    forget_spans(&prepared->facts);
}

struct prepared *prepared_find(struct prepared_table *table, uint32_t id)
{
    struct prepared *prepared;
    if (id == STMT_ID_LAST && table->has_last_failed)
        return NULL;
    uint32_t real = id == STMT_ID_LAST ? table->last_id : id;
    HASH_FIND(hh, table->by_id, &real, sizeof real, prepared);
    return prepared;
}

void prepared_remove(struct prepared_table *table, struct prepared *prepared)
{
    HASH_DEL(table->by_id, prepared);
    release(prepared);
}

void prepared_clear(struct prepared_table *table)
{
    struct prepared *prepared, *next;
    HASH_ITER(hh, table->by_id, prepared, next)
    {
        prepared_remove(table, prepared);
    }
    table->has_last_failed = true;
}

bool prepared_note_types(struct prepared *prepared, struct span types)
{
    if (prepared->types_version > 0 && span_equal(text_span(&prepared->types), types))
        return true;
    text_clear(&prepared->types);
    prepared->types_version++;
    return text_append_span(&prepared->types, types);
}

/* ---- what keeps a connection ---- */

uint32_t prepared_pins(const struct prepared *prepared, const struct slot *slot, enum route_place place)
{
    if (slot->upstream == NULL || prepared->copies[place].generation != slot->generation)
        return 0;
    bool is_last = prepared->last_place == (int)place;
    return (prepared->sql.len == 0 ? pin_bit(PIN_LONG_PREPARED) : 0) |
           (is_last && prepared->has_long_data ? pin_bit(PIN_LONG_DATA) : 0) |
           (is_last && prepared->has_cursor ? pin_bit(PIN_CURSOR) : 0);
}

uint32_t prepared_pins_of_all(const struct prepared_table *table, const struct slot *slot,
                              enum route_place place)
{
    uint32_t causes = 0;
    for (const struct prepared *prepared = table->by_id; prepared != NULL; prepared = prepared->hh.next)
        causes |= prepared_pins(prepared, slot, place);
    return causes;
}

void prepared_note_pin(struct prepared *prepared, enum pin_cause cause, uint64_t now_us,
                       struct pin_counters *counters)
{
    prepared->pinned_us = now_us;
    counter_add(&counters->by_cause[cause], 1);
}
