#include "state/pending_pins.h"

#include "base/mem.h"
#include "sql/holds.h"
#include "tokens/unquote.h"

struct claim {
    enum hold hold;
    enum hold_effect effect;
    struct text name; /* owns */
    struct text to;   /* owns: HOLD_RENAME, the new name; HOLD_PREPARED, the statement's text */
};

struct claims {
    struct claim *items; /* owns */
    size_t count;
    size_t cap;
};

static const uint8_t causes[HOLD_COUNT] = {
    [HOLD_TEMPORARY_TABLE] = PIN_TEMPORARY_TABLE,
    [HOLD_TABLE_LOCK] = PIN_TABLE_LOCK,
    [HOLD_GLOBAL_LOCK] = PIN_GLOBAL_LOCK,
    [HOLD_BACKUP_LOCK] = PIN_BACKUP_LOCK,
    [HOLD_USER_LOCK] = PIN_USER_LOCK,
    [HOLD_HANDLER] = PIN_HANDLER,
    [HOLD_PREPARED] = PIN_PREPARED,
    [HOLD_XA] = PIN_XA,
};

static struct span unquoted(struct span name)
{
    if (name.len >= 2 && (name.data[0] == '`' || name.data[0] == '"' || name.data[0] == '\''))
        return span_of(name.data + 1, name.len - 2);
    return name;
}

/* The name of a temporary table includes its schema. */
static void put_name(struct text *text, enum hold hold, struct span schema, struct span name,
                     struct span current)
{
    bool is_table = hold == HOLD_TEMPORARY_TABLE;
    if (name.len == 0 || (is_table && schema.len == 0 && current.len == 0))
        return; /* the name is not known */
    if (is_table) {
        (void)text_append_span(text, schema.len > 0 ? unquoted(schema) : current);
        (void)text_append_byte(text, '.');
    }
    (void)text_append_span(text, unquoted(name));
}

/* MySQL compares the names of user locks case-insensitively, MariaDB does not (seen). Names here are
 * ASCII. */
static void fold_case(struct text *name)
{
    for (size_t i = 0; i < name->len; i++)
        if (name->data[i] >= 'A' && name->data[i] <= 'Z')
            name->data[i] = (char)(name->data[i] + 32);
}

static struct claim *append(struct claims *claims)
{
    if (claims->count == claims->cap) {
        size_t cap = claims->cap == 0 ? 2 : claims->cap * 2;
        struct claim *items = mem_realloc(claims->items, cap * sizeof *items);
        if (items == NULL)
            return NULL;
        claims->items = items;
        claims->cap = cap;
    }
    claims->items[claims->count] = (struct claim){ 0 };
    return &claims->items[claims->count++];
}

static bool note(struct claims *claims, const struct hold_change *change, const struct sql_dialect *dialect,
                 struct span schema)
{
    struct claim *claim = append(claims);
    if (claim == NULL)
        return false;
    claim->hold = change->hold;
    claim->effect = change->effect;
    put_name(&claim->name, change->hold, change->schema, change->name, schema);
    if (change->hold == HOLD_USER_LOCK && dialect->family == SQL_FAMILY_MYSQL)
        fold_case(&claim->name);
    put_name(&claim->to, change->hold, change->to_schema, change->to_name, schema);
    if (change->text.len > 0 && !sql_unquote(change->text, dialect, &claim->to))
        text_clear(&claim->to);
    return !claim->name.is_oom && !claim->to.is_oom;
}

struct claims *pending_pins_read(struct span sql, const struct sql_dialect *dialect, struct span schema)
{
    struct claims *claims = mem_zalloc(sizeof *claims);
    struct holds_walk walk;
    struct hold_change change;
    if (claims == NULL)
        return NULL;
    holds_begin(&walk, sql, dialect);
    while (holds_next(&walk, &change))
        if (!note(claims, &change, dialect, schema)) {
            pending_pins_free(claims);
            return NULL;
        }
    return claims;
}

void pending_pins_free(struct claims *claims)
{
    if (claims == NULL)
        return;
    for (size_t i = 0; i < claims->count; i++) {
        text_fini(&claims->items[i].name);
        text_fini(&claims->items[i].to);
    }
    mem_free(claims->items);
    mem_free(claims);
}

static void carry_out(const struct claim *claim, struct pins *pins, const struct pin_origin *origin)
{
    enum pin_cause cause = (enum pin_cause)causes[claim->hold];
    switch (claim->effect) {
    case HOLD_TAKE:
        pins_add(pins, cause, text_span(&claim->name), text_span(&claim->to), origin);
        break;
    case HOLD_GIVE:
        pins_release(pins, cause, text_span(&claim->name));
        break;
    case HOLD_GIVE_ALL:
        pins_release_all(pins, cause);
        break;
    case HOLD_RENAME:
        pins_rename(pins, cause, text_span(&claim->name), text_span(&claim->to));
        break;
    }
}

static bool has_happened(const struct claim *claim, enum claims_outcome outcome)
{
    switch (outcome) {
    case CLAIMS_DONE:
        return true;
    case CLAIMS_FAILED:
        return claim->effect == HOLD_TAKE && claim->hold == HOLD_USER_LOCK;
    case CLAIMS_PARTLY:
        return claim->effect == HOLD_TAKE;
    }
    return true;
}

void pending_pins_commit(const struct claims *claims, struct pins *pins, enum claims_outcome outcome,
                         const struct pin_origin *origin)
{
    for (size_t i = 0; i < claims->count; i++)
        if (has_happened(&claims->items[i], outcome))
            carry_out(&claims->items[i], pins, origin);
}
