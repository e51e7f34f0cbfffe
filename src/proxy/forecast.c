#include "proxy/forecast.h"

#include "proxy/changes.h"
#include "proxy/claims.h"
#include "sql/setvar.h"

static bool takes_state(struct span sql, const struct sql_dialect *dialect)
{
    struct pins pins = { 0 };
    const struct pin_origin nowhere = { 0 };
    struct claims *claims = claims_read(sql, dialect, (struct span){ 0 });
    if (claims == NULL)
        return true;
    claims_commit(claims, &pins, CLAIMS_DONE, &nowhere);
    bool takes = pins_keep_reads(&pins);
    pins_clear(&pins);
    claims_free(claims);
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
    struct changes *changes = changes_read(sql, dialect);
    if (changes == NULL)
        return true;
    bool stays = changes->needs_pin || changes->is_malformed || changes->sets_next_transaction ||
                 changes->constants.is_auto_is_null;
    changes_fini(changes);
    return stays || ends_autocommit(sql, dialect);
}

bool forecast_keeps_reads(const struct sql_facts *facts, struct span sql, const struct sql_dialect *dialect)
{
    if (facts->may_hide_state || facts->sets_next_transaction)
        return true;
    if (facts->kind == SQL_BEGIN && !facts->begins_read_only)
        return true;
    if (facts->kind == SQL_SET && !facts->is_multi && sets_what_stays(sql, dialect))
        return true;
    return facts->has_holds && takes_state(sql, dialect);
}
