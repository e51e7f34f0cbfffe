#include "admin/show.h"

#include "cluster/cluster.h"
#include "stored_code/catalog.h"
#include "stored_code/stored_code.h"

enum { WORDS_MAX = 400 };

static const struct column columns[] = {
    { "cluster", COLUMN_TEXT, "the cluster's name" },
    { "schema", COLUMN_TEXT, "the schema; null for a loadable function" },
    { "name", COLUMN_TEXT, "the name; for a trigger, the name of its table" },
    { "kind", COLUMN_TEXT, "function, procedure, view or trigger" },
    { "effects", COLUMN_TEXT,
      "effects of running it and all that it calls; \"reads\": it only reads, so that a replica may run it "
      "with read_functions = true" },
    { "through", COLUMN_TEXT,
      "the routine called from it that has an effect which its own body does not have" },
    { "state", COLUMN_TEXT,
      "read; stale: stored code has changed, and counts as unknown until it is read again" },
    { "read_s", COLUMN_INTEGER, "seconds since the primary was asked for its stored code" },
};
const struct columns show_routines_columns = COLUMNS_OF(columns);

static const char *kind_name(enum code_kind kind)
{
    static const char *const names[] = { [CODE_FUNCTION] = "function",
                                         [CODE_PROCEDURE] = "procedure",
                                         [CODE_TRIGGER] = "trigger",
                                         [CODE_BLOCK] = "block",
                                         [CODE_TABLE] = "view" };
    return names[kind];
}

static void put_effects(unsigned effects, char *words)
{
    code_effects_words(effects & ~CATALOG_CALLS, words, WORDS_MAX);
    if (words[0] == '\0')
        (void)span_copy_cstr(SPAN_LITERAL("reads"), words, WORDS_MAX);
}

/* Appends kind and name: "function app.f". */
static void name_entry(const struct catalog_entry *entry, struct text *into)
{
    (void)text_appendf(into, "%s %.*s%s%.*s", kind_name(entry->kind), (int)entry->schema.len,
                       (const char *)entry->schema.data, entry->schema.len > 0 ? "." : "",
                       (int)entry->name.len, (const char *)entry->name.data);
}

/* ---- SHOW ROUTINES ---- */

static void put_entry(struct table *table, const struct cluster *cluster, const struct catalog_entry *entry)
{
    char words[WORDS_MAX];
    struct text through = { 0 };
    put_effects(entry->effects, words);
    if (entry->culprit != SIZE_MAX) {
        struct catalog_entry culprit = catalog_entry_at(cluster->catalog, entry->culprit);
        name_entry(&culprit, &through);
    }
    table_row(table);
    table_text(table, cluster->settings->name);
    if (entry->schema.len > 0)
        table_span(table, entry->schema);
    else
        table_null(table);
    table_span(table, entry->name);
    table_text(table, kind_name(entry->kind));
    table_text(table, words);
    if (through.len > 0)
        table_span(table, text_span(&through));
    else
        table_null(table);
    table_text(table, catalog_is_stale(cluster->catalog) ? "stale" : "read");
    table_int(table, (int64_t)((cluster->env.loop->now_us - cluster->surveyed_us) / 1000000));
    text_fini(&through);
}

void show_routines(struct request *request)
{
    const struct admin *admin = request->admin;
    table_init(&request->table, columns, sizeof columns / sizeof *columns);
    for (size_t c = 0; c < admin->cluster_count; c++) {
        const struct cluster *cluster = &admin->clusters[c];
        if (cluster->catalog == NULL || cluster->survey_error[0] != '\0') {
            /* a row that says why the catalog of the cluster is missing or incomplete */
            table_row(&request->table);
            table_text(&request->table, cluster->settings->name);
            for (int i = 0; i < 5; i++)
                table_null(&request->table);
            table_text(&request->table, cluster->survey_error[0] != '\0'
                                            ? cluster->survey_error
                                            : "its primary has not been asked yet");
            table_null(&request->table);
        }
        for (size_t i = 0; i < catalog_count(cluster->catalog); i++) {
            struct catalog_entry entry = catalog_entry_at(cluster->catalog, i);
            if (request->argument.len > 0 ? span_equal_nocase(request->argument, entry.schema)
                                          : !span_is_nocase(entry.schema, "sys"))
                put_entry(&request->table, cluster, &entry);
        }
    }
    request->on_done(request);
}

/* ---- the stored code of one statement ---- */

struct found {
    const struct sql_dialect *dialect;
    struct text *said;
};

static void say_effects(struct found *found, enum code_kind kind, struct span schema, struct span name,
                        unsigned effects)
{
    const struct catalog *catalog = found->dialect->catalog;
    size_t at = catalog_find(catalog, kind, found->dialect->schema, schema, name);
    struct catalog_entry entry = { .kind = kind, .schema = schema, .name = name, .culprit = SIZE_MAX };
    char words[WORDS_MAX];
    if (at != SIZE_MAX)
        entry = catalog_entry_at(catalog, at);
    put_effects(effects, words);
    (void)text_appendf(found->said, "%s", found->said->len > 0 ? "; " : "");
    name_entry(&entry, found->said);
    (void)text_appendf(found->said, ": %s", words);
    if (entry.culprit == SIZE_MAX)
        return;
    struct catalog_entry culprit = catalog_entry_at(catalog, entry.culprit);
    (void)text_appendf(found->said, ", through ");
    name_entry(&culprit, found->said);
}

/* Adds one name. A table that is neither a view nor has triggers runs no stored code. */
static void say_name(void *owner, const struct code_name *name)
{
    struct found *found = owner;
    const struct sql_dialect *dialect = found->dialect;
    bool is_routine = name->kind != CODE_TABLE;
    unsigned effects =
        catalog_effects(dialect->catalog, name->kind, dialect->schema, name->schema, name->name);
    if (is_routine || (dialect->catalog != NULL && effects != 0))
        say_effects(found, name->kind, name->schema, name->name, effects);
    if (!name->is_written || dialect->catalog == NULL)
        return;
    effects = catalog_effects(dialect->catalog, CODE_TRIGGER, dialect->schema, name->schema, name->name);
    if (effects != 0)
        say_effects(found, CODE_TRIGGER, name->schema, name->name, effects);
}

void show_routines_of(struct span sql, const struct sql_facts *facts, const struct sql_dialect *dialect,
                      struct text *said)
{
    struct found found = { .dialect = dialect, .said = said };
    struct code_text text = { .kind = CODE_BLOCK, .body = sql };
    char words[WORDS_MAX];
    unsigned own = stored_code_read(&text, dialect, say_name, &found);
    bool is_block = facts->kind == SQL_CALL && facts->runs_code && said->len == 0;
    if (!is_block)
        return;
    put_effects(own, words);
    (void)text_appendf(said, "block: %s", words);
}
