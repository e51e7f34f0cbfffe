#include "proxy/prepared.h"

#include "base/mem.h"
#include "mysql/stmt.h"

struct prepared *prepared_add(struct prepared_table *table, struct span sql, struct span schema,
                              const struct sql_facts *facts)
{
    struct prepared *prepared = mem_zalloc(sizeof *prepared);
    if (prepared == NULL)
        return NULL;
    if (!text_append_span(&prepared->sql, sql) || !text_append_span(&prepared->schema, schema)) {
        text_fini(&prepared->sql);
        mem_free(prepared);
        return NULL;
    }
    struct prepared *taken;
    do { /* ids wrap after four billion; 0 and -1 mean something else */
        if (++table->last_id >= STMT_ID_LAST)
            table->last_id = 1;
        HASH_FIND(hh, table->by_id, &table->last_id, sizeof table->last_id, taken);
    } while (taken != NULL);
    prepared->id = table->last_id;
    prepared->facts = *facts;
    prepared->last_place = -1;
    HASH_ADD(hh, table->by_id, id, sizeof prepared->id, prepared);
    table->has_last_failed = false;
    return prepared;
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
    text_fini(&prepared->sql);
    text_fini(&prepared->schema);
    text_fini(&prepared->types);
    mem_free(prepared);
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
