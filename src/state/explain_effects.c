#include "state/explain_effects.h"

#include "state/facet_table.h"
#include "state/pending_pins.h"
#include "state/pending_set.h"

static bool takes_state(struct span sql, const struct sql_dialect *dialect)
{
    struct pins pins = { 0 };
    const struct pin_origin nowhere = { 0 };
    struct pending_pins *pending = pending_pins_read(sql, dialect, (struct span){ 0 });
    if (pending == NULL)
        return true;
    pending_pins_commit(pending, &pins, PENDING_PINS_DONE, &nowhere);
    bool takes = pins_keep_reads(&pins);
    pins_clear(&pins);
    pending_pins_free(pending);
    return takes;
}

bool explain_effects_keeps_reads(const struct sql_facts *facts, struct span sql,
                                 const struct sql_dialect *dialect)
{
    struct pending_set *changes = NULL;
    if (facts->may_hide_state)
        return true;
    if (facts->kind == SQL_SET && !facts->is_multi) {
        changes = pending_set_read(sql, dialect);
        if (changes == NULL)
            return true;
    }
    bool keeps = facet_table_keeps_reads(&(struct foreseen){ .facts = facts, .changes = changes });
    pending_set_fini(changes);
    return keeps || (facts->has_holds && takes_state(sql, dialect));
}
