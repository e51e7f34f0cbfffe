/* Builds a catalog from rows. A body is read when its row is added; the names it uses are followed at the
 * end.
 *
 *      catalog_draft_add    ──► stored_code_read ──► effects of the body, names that it uses
 *      catalog_draft_finish ──► copy_items (sorts) ──► index_item ──► settle: adds the effects of the names
 *                                                                     until nothing changes */
#include "stored_code/catalog_draft.h"

#include "base/mem.h"
#include "stored_code/catalog_inside.h"
#include "stored_code/stored_code.h"

#include <stdlib.h>

/* Calls nested deeper than this are not followed: servers run out of stack earlier. */
#define ROUNDS_MAX 64

/* A name by its offset, because the bytes still move in memory. */
struct place {
    uint32_t at, len;
};

struct draft_item {
    struct place schema, name;
    enum code_kind kind;
    unsigned own;
    uint32_t uses, use_count;
};

struct draft_use {
    struct place schema, name;
    enum code_kind kind;
    bool is_written;
};

struct catalog_draft {
    enum sql_family family;
    struct text bytes;        /* owns */
    struct draft_item *items; /* owns */
    struct draft_use *uses;   /* owns */
    struct place *packages;   /* owns */
    struct place schema;      /* of the row that is being read */
    size_t count, use_count, package_count;
    const char *why; /* NULL, or why the draft has failed */
};

/* ---- rows ---- */

struct catalog_draft *catalog_draft_new(enum sql_family family)
{
    struct catalog_draft *draft = mem_zalloc(sizeof *draft);
    if (draft != NULL)
        draft->family = family;
    return draft;
}

void catalog_draft_free(struct catalog_draft **draft)
{
    if (*draft == NULL)
        return;
    text_fini(&(*draft)->bytes);
    mem_free((*draft)->items);
    mem_free((*draft)->uses);
    mem_free((*draft)->packages);
    mem_free(*draft);
    *draft = NULL;
}

static struct place keep(struct catalog_draft *draft, struct span name)
{
    struct place place = { (uint32_t)draft->bytes.len, (uint32_t)name.len };
    if (name.len > 0 && !text_append_span(&draft->bytes, name))
        draft->why = "out of memory";
    return place;
}

/* Makes room for one more element in an array of `count`. Its size is a power of two. False: out of memory. */
static bool make_room(struct catalog_draft *draft, void **array, size_t count, size_t size)
{
    if (draft->why != NULL || (count & (count - 1)) != 0)
        return draft->why == NULL;
    void *larger = mem_realloc(*array, (count == 0 ? 1 : count * 2) * size);
    if (larger == NULL)
        draft->why = "out of memory";
    else
        *array = larger;
    return larger != NULL;
}

static void on_name(void *owner, const struct code_name *name)
{
    struct catalog_draft *draft = owner;
    void *array = draft->uses;
    if (draft->use_count == CATALOG_NAMES_MAX)
        draft->why = "their bodies use too many names";
    if (!make_room(draft, &array, draft->use_count, sizeof *draft->uses))
        return;
    draft->uses = array;
    draft->uses[draft->use_count++] = (struct draft_use){
        .kind = name->kind,
        .is_written = name->is_written,
        .schema = name->schema.len > 0 ? keep(draft, name->schema) : draft->schema,
        .name = keep(draft, name->name),
    };
}

static unsigned read_body(struct catalog_draft *draft, const struct catalog_row *row)
{
    const struct sql_dialect dialect = {
        .family = draft->family,
        .ansi_quotes = span_mentions(row->sql_mode, "ANSI_QUOTES"),
        .no_backslash_escapes = span_mentions(row->sql_mode, "NO_BACKSLASH_ESCAPES"),
        .ignore_space = span_mentions(row->sql_mode, "IGNORE_SPACE"),
        .oracle = span_mentions(row->sql_mode, "ORACLE"),
        .is_utf8 = true,
    };
    const struct code_text text = { .kind = row->kind, .parameters = row->parameters, .body = row->body };
    return row->is_hidden ? (unsigned)CODE_UNKNOWN : stored_code_read(&text, &dialect, on_name, draft);
}

void catalog_draft_add(struct catalog_draft *draft, const struct catalog_row *row)
{
    void *array = draft->items;
    if (draft->count == CATALOG_ROWS_MAX)
        draft->why = "there are too many of them";
    if (!make_room(draft, &array, draft->count, sizeof *draft->items))
        return;
    draft->items = array;
    struct draft_item item = { .kind = row->kind, .uses = (uint32_t)draft->use_count };
    item.schema = draft->schema = keep(draft, row->schema);
    item.name = keep(draft, row->name);
    item.own = read_body(draft, row) | (code_name_is_system(row->schema) ? CODE_PRIMARY : 0u);
    item.use_count = (uint32_t)draft->use_count - item.uses;
    draft->items[draft->count++] = item;
}

void catalog_draft_add_package(struct catalog_draft *draft, struct span name)
{
    void *array = draft->packages;
    if (!make_room(draft, &array, draft->package_count, sizeof *draft->packages))
        return;
    draft->packages = array;
    draft->packages[draft->package_count++] = keep(draft, name);
}

/* ---- the catalog's arrays ---- */

static struct span name_at(const struct catalog *catalog, struct place place)
{
    return span_of(catalog->bytes.data + place.at, place.len);
}

static int compare_items(const void *a, const void *b)
{
    const struct catalog_item *x = a, *y = b;
    int order = code_name_compare(x->schema, y->schema);
    order = order != 0 ? order : code_name_compare(x->name, y->name);
    return order != 0 ? order : (int)x->kind - (int)y->kind;
}

static void copy_items(struct catalog *catalog, const struct catalog_draft *draft)
{
    for (size_t i = 0; i < draft->count; i++) {
        const struct draft_item *from = &draft->items[i];
        catalog->items[i] = (struct catalog_item){ .schema = name_at(catalog, from->schema),
                                                   .name = name_at(catalog, from->name),
                                                   .kind = from->kind,
                                                   .own = from->own,
                                                   .effects = from->own,
                                                   .culprit = CATALOG_NONE,
                                                   .next = CATALOG_NONE,
                                                   .uses = from->uses,
                                                   .use_count = from->use_count };
    }
    qsort(catalog->items, draft->count, sizeof *catalog->items, compare_items);
    catalog->count = (uint32_t)draft->count;
}

/* Items of one kind and name form a chain; its first stands in the slots. */
static void index_item(struct catalog *catalog, uint32_t index)
{
    struct catalog_item *item = &catalog->items[index];
    uint32_t first = catalog_first(catalog, item->kind, item->name);
    if (first != CATALOG_NONE) {
        item->next = catalog->items[first].next;
        catalog->items[first].next = index;
        return;
    }
    uint32_t slot = (uint32_t)code_name_hash(item->kind, item->name) & (catalog->slot_count - 1);
    while (catalog->slots[slot] != 0)
        slot = (slot + 1) & (catalog->slot_count - 1);
    catalog->slots[slot] = index + 1;
}

static struct catalog *catalog_of(struct catalog_draft *draft)
{
    struct catalog *catalog = mem_zalloc(sizeof *catalog);
    if (catalog == NULL)
        return NULL;
    atomic_init(&catalog->references, 1);
    for (catalog->slot_count = 16; catalog->slot_count < 2 * draft->count; catalog->slot_count *= 2)
        continue;
    catalog->slots = mem_zalloc(catalog->slot_count * sizeof *catalog->slots);
    catalog->items = mem_zalloc((draft->count + 1) * sizeof *catalog->items);
    catalog->packages = mem_zalloc((draft->package_count + 1) * sizeof *catalog->packages);
    if (catalog->slots == NULL || catalog->items == NULL || catalog->packages == NULL) {
        catalog_free(catalog);
        return NULL;
    }
    catalog->bytes = draft->bytes;
    draft->bytes = (struct text){ 0 };
    copy_items(catalog, draft);
    for (uint32_t i = 0; i < catalog->count; i++)
        index_item(catalog, i);
    for (size_t i = 0; i < draft->package_count; i++)
        catalog->packages[i] = name_at(catalog, draft->packages[i]);
    catalog->package_count = (uint32_t)draft->package_count;
    return catalog;
}

/* ---- effects of what is used ---- */

/* If views or triggers are not known, a body that names tables runs on the primary, like a statement that
 * names tables. It is not assumed to leave state in the session. */
static unsigned assumed(const struct catalog *catalog, enum code_kind kind, unsigned effects)
{
    return catalog_knows(catalog, kind) ? effects : (unsigned)CODE_PRIMARY;
}

static unsigned effects_of_use(const struct catalog *catalog, const struct draft_use *use, bool is_written,
                               uint32_t *culprit_r)
{
    uint32_t trigger = CATALOG_NONE;
    struct span schema = name_at(catalog, use->schema), name = name_at(catalog, use->name);
    unsigned effects = catalog_effects_of(catalog, use->kind, schema, name,
                                          is_written && use->kind == CODE_TABLE, culprit_r);
    if (use->kind == CODE_FUNCTION || use->kind == CODE_PROCEDURE)
        return effects | CATALOG_CALLS;
    effects = assumed(catalog, CODE_TABLE, effects);
    if (is_written)
        effects |= assumed(catalog, CODE_TRIGGER,
                           catalog_effects_of(catalog, CODE_TRIGGER, schema, name, false, &trigger));
    if (trigger != CATALOG_NONE) {
        *culprit_r = trigger;
        effects |= CATALOG_CALLS;
    }
    return effects;
}

static bool settle_item(struct catalog *catalog, const struct catalog_draft *draft, uint32_t index)
{
    struct catalog_item *item = &catalog->items[index];
    unsigned effects = item->effects, written = item->written | item->effects;
    for (uint32_t i = item->uses; i < item->uses + item->use_count; i++) {
        const struct draft_use *use = &draft->uses[i];
        uint32_t culprit, other;
        unsigned adds = effects_of_use(catalog, use, use->is_written, &culprit);
        if ((adds & ~effects & ~CATALOG_CALLS) != 0 && item->culprit == CATALOG_NONE && culprit != index)
            item->culprit = culprit;
        effects |= adds;
        written |= adds;
        if (item->kind == CODE_TABLE)
            written |= effects_of_use(catalog, use, true, &other);
    }
    bool is_news = effects != item->effects || written != item->written;
    item->effects = effects;
    item->written = written;
    return is_news;
}

static void sum_up(struct catalog *catalog)
{
    for (uint32_t i = 0; i < catalog->count; i++) {
        const struct catalog_item *item = &catalog->items[i];
        catalog->all[item->kind] |= item->effects;
        if (!code_name_is_plain(item->name))
            catalog->odd[item->kind][code_name_chars(item->name)] |= item->effects & ~CATALOG_CALLS;
    }
}

static void settle(struct catalog *catalog, const struct catalog_draft *draft)
{
    bool is_news = true;
    for (unsigned round = 0; is_news && round < ROUNDS_MAX; round++) {
        is_news = false;
        sum_up(catalog);
        for (uint32_t i = 0; i < catalog->count; i++)
            is_news |= settle_item(catalog, draft, i);
    }
    for (uint32_t i = 0; i < catalog->count && is_news; i++)
        if (catalog->items[i].use_count > 0)
            catalog->items[i].effects |= CODE_UNKNOWN;
    sum_up(catalog);
}

static void note_code_views(struct catalog *catalog)
{
    struct catalog_names *views = &catalog->views;
    for (uint32_t i = 0; i < catalog->count; i++) {
        const struct catalog_item *item = &catalog->items[i];
        if (item->kind != CODE_TABLE || item->effects == 0 || item->name.len == 0)
            continue;
        unsigned bit = catalog_name_bit(item->name);
        views->bits[bit / 64] |= UINT64_C(1) << bit % 64;
        views->has_odd |= !code_name_is_plain(item->name);
        views->count++;
    }
}

static void note_writes(struct catalog *catalog)
{
    for (uint32_t i = 0; i < catalog->count; i++) {
        const struct catalog_item *item = &catalog->items[i];
        bool is_run = item->kind == CODE_TRIGGER || item->kind == CODE_FUNCTION;
        if (is_run && !span_is_nocase(item->schema, "sys"))
            catalog->writes_leave |= (item->effects & CODE_LEAVES) != 0;
    }
}

struct catalog *catalog_draft_finish(struct catalog_draft **take_draft, unsigned kinds, uint64_t mark,
                                     const char **why_r)
{
    struct catalog_draft *draft = *take_draft;
    struct catalog *catalog = NULL;
    *why_r = draft->why;
    if (draft->why == NULL) {
        catalog = catalog_of(draft);
        *why_r = catalog == NULL ? "out of memory" : NULL;
    }
    if (catalog != NULL) {
        catalog->mark = mark;
        catalog->kinds = kinds;
        settle(catalog, draft);
        note_code_views(catalog);
        note_writes(catalog);
    }
    catalog_draft_free(take_draft);
    return catalog;
}
