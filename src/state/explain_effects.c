#include "state/explain_effects.h"

#include "sql/setvar.h"
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

static bool ends_autocommit(struct span sql, const struct sql_dialect *dialect)
{
    struct setvar_walk walk;
    struct setvar_change change;
    bool is_off = false;
    setvar_begin(&walk, sql, dialect);
    while (setvar_next(&walk, &change))
        if (change.scope == SETVAR_SESSION && span_is_nocase(change.name, "autocommit"))
            is_off = !vars_is_default(change.name, change.value);
    return is_off;
}

static bool sets_what_stays(struct span sql, const struct sql_dialect *dialect)
{
    struct pending_set *changes = pending_set_read(sql, dialect);
    if (changes == NULL)
        return true;
    bool stays = changes->needs_pin || changes->is_malformed || changes->sets_next_transaction ||
                 changes->constants.is_auto_is_null;
    pending_set_fini(changes);
    return stays || ends_autocommit(sql, dialect);
}

bool explain_effects_keeps_reads(const struct sql_facts *facts, struct span sql,
                                 const struct sql_dialect *dialect)
{
    if (facts->may_hide_state || facts->sets_next_transaction)
        return true;
    if (facts->kind == SQL_BEGIN && !facts->begins_read_only)
        return true;
    if (facts->kind == SQL_SET && !facts->is_multi && sets_what_stays(sql, dialect))
        return true;
    return facts->has_holds && takes_state(sql, dialect);
}
