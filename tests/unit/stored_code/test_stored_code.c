/* Every row of stored_code.tsv. */
#include "../base/unit.h"
#include "../tokens/tokens_test.h"

#include "stored_code/stored_code.h"

#define FIELDS 6

static const char *const kinds[] = { "function", "procedure", "trigger", "block", "view" };

static const char *const effects[] = { "writes",         "transaction",  "primary",     "reads_variables",
                                       "sets_variables", "sets_session", "takes_locks", "temporary_tables",
                                       "dynamic",        "insert_id",    "sequence",    "schema",
                                       "unknown",        "asks_id" };

static enum code_kind kind_named(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], name) == 0)
            return (enum code_kind)i;
    fail_msg("no kind: %s", name);
    return CODE_TABLE;
}

static unsigned effects_named(char *names)
{
    unsigned bits = 0;
    for (char *save, *name = strtok_r(names, "+", &save); name != NULL; name = strtok_r(NULL, "+", &save)) {
        size_t i = 0;
        while (i < sizeof effects / sizeof *effects && strcmp(effects[i], name) != 0)
            i++;
        assert_true(i < sizeof effects / sizeof *effects || strcmp(name, "-") == 0);
        bits |= strcmp(name, "-") == 0 ? 0 : 1u << i;
    }
    return bits;
}

struct told {
    char names[400];
    size_t len;
};

static void tell(void *owner, const struct code_name *name)
{
    struct told *told = owner;
    const char *sign = name->kind == CODE_FUNCTION    ? "f"
                       : name->kind == CODE_PROCEDURE ? "p"
                       : name->is_written             ? "w"
                                                      : "t";
    told->len += (size_t)snprintf(told->names + told->len, sizeof told->names - told->len, "%s%s:%.*s%s%.*s",
                                  told->len > 0 ? " " : "", sign, (int)name->schema.len,
                                  (const char *)name->schema.data, name->schema.len > 0 ? "." : "",
                                  (int)name->name.len, (const char *)name->name.data);
    assert_true(told->len < sizeof told->names);
}

static void check(char *const fields[FIELDS], const char *dialect_name, int line)
{
    struct sql_dialect dialect = dialect_named(dialect_name);
    struct span parameters = exact_copy(span_cstr(fields[1]));
    struct span body = exact_copy(span_cstr(fields[2]));
    struct code_text text = { .kind = kind_named(fields[0]), .parameters = parameters, .body = body };
    struct told told = { .names = "" };
    char wanted[200], words[400], wanted_words[400];
    snprintf(wanted, sizeof wanted, "%s", fields[3]);
    dialect.is_utf8 = true;
    unsigned found = stored_code_read(&text, &dialect, tell, &told);
    unsigned bits = effects_named(wanted);
    code_effects_words(found, words, sizeof words);
    code_effects_words(bits, wanted_words, sizeof wanted_words);
    assert_row(found == bits, "line %d, %s: %s: found \"%s\", wanted \"%s\"", line, dialect_name, fields[2],
               words, wanted_words);
    /* When the effects are unknown, the names are unknown as well. */
    bool are_known = (found & CODE_UNKNOWN) != 0 || strcmp(told.len > 0 ? told.names : "-", fields[4]) == 0;
    assert_row(are_known, "line %d, %s: %s: %s", line, dialect_name, fields[2], told.names);
    drop_copy(parameters);
    drop_copy(body);
}

TEST(what_bodies_do_is_read)
{
    static const char *const any[] = { "mariadb", "mysql", "unknown" };
    FILE *file = fopen("unit/stored_code/stored_code.tsv", "r");
    char text[2000];
    int line = 0, rows = 0;
    assert_non_null(file);
    while (fgets(text, sizeof text, file) != NULL) {
        char *fields[FIELDS], *rest = text;
        line++;
        text[strcspn(text, "\n")] = '\0';
        if (text[0] == '#' || text[0] == '\0')
            continue;
        for (size_t i = 0; i < FIELDS; i++)
            fields[i] = strsep(&rest, "\t");
        assert_row(fields[4] != NULL && rest == NULL, "line %d has not five fields or six", line);
        for (size_t i = 0; fields[5] == NULL && i < sizeof any / sizeof *any; i++)
            check(fields, any[i], line);
        if (fields[5] != NULL)
            check(fields, fields[5], line);
        rows++;
    }
    fclose(file);
    assert_true(rows > 100);
    code_effects_words(0, text, sizeof text);
    assert_string_equal(text, "");
    code_effects_words(CODE_UNKNOWN | CODE_WRITES | CODE_SEQUENCE, text, sizeof text);
    assert_string_equal(text, "not known, writes, uses sequences");
    struct span room = exact_copy(SPAN_LITERAL("fourteen bytes"));
    code_effects_words(CODE_UNKNOWN | CODE_WRITES | CODE_SEQUENCE, (char *)(uintptr_t)room.data, room.len);
    assert_string_equal((const char *)room.data, "not known, wr");
    drop_copy(room);
}

TEST(deep_nesting_is_not_known)
{
    static const struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB };
    for (int depth = 10; depth <= 10000; depth *= 10) {
        size_t len = 0;
        char *body = malloc((size_t)depth * 12 + 20);
        assert_non_null(body);
        for (int i = 0; i < depth; i++)
            len += (size_t)sprintf(body + len, "BEGIN ");
        for (int i = 0; i < depth; i++)
            len += (size_t)sprintf(body + len, "END; ");
        struct code_text text = { .kind = CODE_PROCEDURE, .body = span_of(body, len) };
        unsigned found = stored_code_read(&text, &dialect, NULL, NULL);
        assert_int_equal(found, depth <= 10 ? 0 : CODE_UNKNOWN);
        free(body);
    }
}

TEST(schemas_of_the_server_are_known_by_name)
{
    static const char *const system[] = { "mysql", "sys", "INFORMATION_SCHEMA", "performance_schema" };
    static const char *const others[] = { "", "m", "sysx", "shop" };
    for (size_t i = 0; i < COUNT_OF(system); i++) {
        assert_row(code_name_is_system(span_cstr(system[i])), "%s", system[i]);
        assert_row(!code_name_is_system(span_cstr(others[i])), "%s", others[i]);
    }
}

RUN_TESTS(NULL, NULL)
