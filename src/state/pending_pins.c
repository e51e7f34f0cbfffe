#include "state/pending_pins.h"

#include "base/mem.h"
#include "sql/holds.h"
#include "tokens/unquote.h"

struct pending_pin {
    enum hold hold;
    enum hold_effect effect;
    struct text name; /* owns */
    struct text to;   /* owns: HOLD_RENAME, the new name; HOLD_PREPARED, the statement's text */
};

struct pending_pins {
    struct pending_pin *items; /* owns */
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

static struct pending_pin *append(struct pending_pins *pending)
{
    if (pending->count == pending->cap) {
        size_t cap = pending->cap == 0 ? 2 : pending->cap * 2;
        struct pending_pin *items = mem_realloc(pending->items, cap * sizeof *items);
        if (items == NULL)
            return NULL;
        pending->items = items;
        pending->cap = cap;
    }
    pending->items[pending->count] = (struct pending_pin){ 0 };
    return &pending->items[pending->count++];
}

static bool note(struct pending_pins *pending, const struct hold_change *change,
                 const struct sql_dialect *dialect, struct span schema)
{
    struct pending_pin *pin = append(pending);
    if (pin == NULL)
        return false;
    pin->hold = change->hold;
    pin->effect = change->effect;
    put_name(&pin->name, change->hold, change->schema, change->name, schema);
    if (change->hold == HOLD_USER_LOCK && dialect->family == SQL_FAMILY_MYSQL)
        fold_case(&pin->name);
    put_name(&pin->to, change->hold, change->to_schema, change->to_name, schema);
    if (change->text.len > 0 && !sql_unquote(change->text, dialect, &pin->to))
        text_clear(&pin->to);
    return !pin->name.is_oom && !pin->to.is_oom;
}

struct pending_pins *pending_pins_read(struct span sql, const struct sql_dialect *dialect, struct span schema)
{
    struct pending_pins *pending = mem_zalloc(sizeof *pending);
    struct holds_walk walk;
    struct hold_change change;
    if (pending == NULL)
        return NULL;
    holds_begin(&walk, sql, dialect);
    while (holds_next(&walk, &change))
        if (!note(pending, &change, dialect, schema)) {
            pending_pins_free(pending);
            return NULL;
        }
    return pending;
}

void pending_pins_free(struct pending_pins *pending)
{
    if (pending == NULL)
        return;
    for (size_t i = 0; i < pending->count; i++) {
        text_fini(&pending->items[i].name);
        text_fini(&pending->items[i].to);
    }
    mem_free(pending->items);
    mem_free(pending);
}

static void carry_out(const struct pending_pin *pin, struct pins *pins, const struct pin_origin *origin)
{
    enum pin_cause cause = (enum pin_cause)causes[pin->hold];
    switch (pin->effect) {
    case HOLD_TAKE:
        pins_add(pins, cause, text_span(&pin->name), text_span(&pin->to), origin);
        break;
    case HOLD_GIVE:
        pins_release(pins, cause, text_span(&pin->name));
        break;
    case HOLD_GIVE_ALL:
        pins_release_all(pins, cause);
        break;
    case HOLD_RENAME:
        pins_rename(pins, cause, text_span(&pin->name), text_span(&pin->to));
        break;
    }
}

static bool has_happened(const struct pending_pin *pin, enum pending_pins_outcome outcome)
{
    switch (outcome) {
    case PENDING_PINS_DONE:
        return true;
    case PENDING_PINS_FAILED:
        return pin->effect == HOLD_TAKE && pin->hold == HOLD_USER_LOCK;
    case PENDING_PINS_PARTLY:
        return pin->effect == HOLD_TAKE;
    }
    return true;
}

void pending_pins_commit(const struct pending_pins *pending, struct pins *pins,
                         enum pending_pins_outcome outcome, const struct pin_origin *origin)
{
    for (size_t i = 0; i < pending->count; i++)
        if (has_happened(&pending->items[i], outcome))
            carry_out(&pending->items[i], pins, origin);
}
