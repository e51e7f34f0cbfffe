#include "state/variables.h"

#include "base/mem.h"

#define NAME_MAX_BYTES 64 /* both families' identifier length */
#define LITERAL_MAX_BYTES 2048

struct var {
    char *name;    /* owns */
    char *literal; /* owns */
    uint64_t version;
    bool is_for_writes; /* VARS_APPLY_WRITES */
};

/* A row that ends with '*' is for all names with this beginning. */
static const struct {
    const char *name;
    enum vars_manner manner;
} manners[] = {
    { "autocommit", VARS_IGNORE },     /* the status flags tell it: see state/transaction */
    { "last_gtid", VARS_IGNORE },      /* a result, not a setting */
    { "last_insert_id", VARS_IGNORE }, /* see state/insert_id */
    { "identity", VARS_IGNORE },
    { "error_count", VARS_IGNORE },
    { "warning_count", VARS_IGNORE },
    { "in_transaction", VARS_IGNORE },
    { "statement_id", VARS_IGNORE },
    { "character_set_database", VARS_IGNORE }, /* follows the schema */
    { "collation_database", VARS_IGNORE },
    { "auto_increment_*", VARS_APPLY_WRITES },
    { "binlog_*", VARS_APPLY_WRITES },
    { "gtid_domain_id", VARS_APPLY_WRITES },
    { "server_id", VARS_APPLY_WRITES },
    { "gtid_*", VARS_HOLD },
    { "insert_id", VARS_HOLD },
    { "sql_log_bin", VARS_HOLD }, /* on a connection without it, the writes would be replicated */
    { "skip_replication", VARS_HOLD },
    { "pseudo_*", VARS_HOLD },
    { "wait_timeout", VARS_EMULATE },
    { "session_track_*", VARS_PIN }, /* headgate follows the session's state by session tracking */
    { "rand_seed*", VARS_PIN },
    { "profiling*", VARS_PIN },       /* the connection that ran the statements has the profiles */
    { "optimizer_trace*", VARS_PIN }, /* the connection has the traces; on MySQL also after a reset */
    { "timestamp",
      VARS_UNTRACKED }, /* MariaDB 11.8 may report it, with the clock's time, at SET last_insert_id (seen) */
    { "tx_read_only", VARS_APPLY },
};

static bool is_of_row(struct span row, struct span name)
{
    if (row.data[row.len - 1] != '*')
        return span_equal_nocase(row, name);
    return name.len >= row.len - 1 &&
           span_equal_nocase(span_of(name.data, row.len - 1), span_of(row.data, row.len - 1));
}

enum vars_manner vars_manner_of(struct span name)
{
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++)
        if (is_of_row(span_cstr(manners[i].name), name))
            return manners[i].manner;
    return VARS_APPLY;
}

bool vars_is_default(struct span name, struct span literal)
{
    static const struct {
        const char *name;
        const char *values[5]; /* in any case of letters */
    } rows[] = {
        { "sql_log_bin", { "1", "ON", "TRUE", "DEFAULT" } },
        { "skip_replication", { "0", "OFF", "FALSE", "DEFAULT" } },
        { "gtid_next", { "AUTOMATIC", "DEFAULT" } },
        { "gtid_seq_no", { "0", "DEFAULT" } },
        { "insert_id", { "0" } },
        { "autocommit", { "1", "ON", "TRUE", "DEFAULT" } },
        { "pseudo_slave_mode", { "0", "OFF", "FALSE", "DEFAULT" } },
        { "pseudo_replica_mode", { "0", "OFF", "FALSE", "DEFAULT" } },
    };
    struct span value = literal;
    if (value.len >= 2 && value.data[0] == '\'')
        value = span_of(value.data + 1, value.len - 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; span_is_nocase(name, rows[i].name) && rows[i].values[n] != NULL; n++)
            if (span_is_nocase(value, rows[i].values[n]))
                return true;
    return false;
}

const char *vars_used_up(struct span name)
{
    static const char *const names[] = { "insert_id", "gtid_seq_no" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_is_nocase(name, names[i]))
            return names[i];
    return NULL;
}

static bool is_plain_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.';
        if (!is_fine)
            return false;
    }
    return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

static char *copy(struct span span)
{
    char *string = mem_zalloc(span.len + 1);
    if (string != NULL && span.len > 0)
        memcpy(string, span.data, span.len);
    return string;
}

static struct var *find(const struct vars *vars, struct span name)
{
    for (size_t i = 0; i < vars->count; i++)
        if (span_equal_nocase(span_cstr(vars->items[i].name), name))
            return &vars->items[i];
    return NULL;
}

static struct var *add(struct vars *vars, struct span name)
{
    if (vars->count == VARS_MAX)
        return NULL;
    if (vars->count == vars->cap) {
        size_t cap = vars->cap == 0 ? 8 : vars->cap * 2;
        struct var *items = mem_realloc(vars->items, cap * sizeof *items);
        if (items == NULL)
            return NULL;
        vars->items = items;
        vars->cap = cap;
    }
    struct var var = { .name = copy(name), .is_for_writes = vars_manner_of(name) == VARS_APPLY_WRITES };
    if (var.name == NULL)
        return NULL;
    vars->items[vars->count] = var;
    return &vars->items[vars->count++];
}

static bool is_on(struct span literal)
{
    static const char *const values[] = { "1", "ON", "TRUE", "'ON'", "'1'", "'TRUE'" };
    return span_is_among(literal, values, sizeof values / sizeof *values);
}

/* Variables that decide where statements go. */
static void note_switch(struct vars *vars, struct span name, struct span literal)
{
    if (span_is_nocase(name, "transaction_read_only") || span_is_nocase(name, "tx_read_only"))
        vars->is_read_only = is_on(literal); /* both families have, or had, both names */
    else if (span_is_nocase(name, "sql_auto_is_null"))
        vars->is_auto_is_null = is_on(literal);
}

bool vars_set(struct vars *vars, struct span name, struct span literal)
{
    if (!is_plain_name(name) || literal.len == 0 || literal.len > LITERAL_MAX_BYTES)
        return false;
    struct var *var = find(vars, name);
    if (var == NULL)
        var = add(vars, name);
    char *value = var != NULL ? copy(literal) : NULL;
    if (value == NULL)
        return false;
    mem_free(var->literal);
    var->literal = value;
    var->version = ++vars->version;
    vars->has_for_writes |= var->is_for_writes;
    note_switch(vars, name, literal);
    return true;
}

static bool is_number(struct span value)
{
    size_t digits = 0, dots = 0, at = value.len > 0 && value.data[0] == '-' ? 1 : 0;
    for (; at < value.len; at++) {
        if (value.data[at] == '.')
            dots++;
        else if (value.data[at] >= '0' && value.data[at] <= '9')
            digits++;
        else
            return false;
    }
    return digits > 0 && dots <= 1;
}

bool vars_literal(struct span name, struct span value, struct text *literal)
{
    if (value.len == 0 && span_is_nocase(name, "character_set_results"))
        return text_append_cstr(literal, "NULL");
    if (is_number(value))
        return text_append_span(literal, value);
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7e || value.data[i] == '\'' || value.data[i] == '\\' ||
            value.data[i] == '"')
            return false;
    return text_append_byte(literal, '\'') && text_append_span(literal, value) &&
           text_append_byte(literal, '\'');
}

/* The variable's place in the order of a SET: 0 NAMES or CHARSET, 1 character sets, 2 others. */
static int turn_of(const struct var *var)
{
    struct span name = span_cstr(var->name);
    if (span_equal_nocase(VARS_NAMES, name) || span_equal_nocase(VARS_CHARSET, name))
        return 0;
    return strncasecmp(var->name, "character_set_", 14) == 0 ? 1 : 2;
}

static bool is_set_by_names(const struct var *var)
{
    return turn_of(var) == 1 || strcasecmp(var->name, "collation_connection") == 0;
}

/* The version of NAMES or CHARSET, of which at most one is set; 0: none. */
static uint64_t version_of_names(const struct vars *vars)
{
    uint64_t version = 0;
    for (size_t i = 0; i < vars->count; i++)
        if (vars->items[i].literal != NULL && turn_of(&vars->items[i]) == 0)
            version = vars->items[i].version;
    return version;
}

/* Was the variable set after version `since`, and not set again by the NAMES or CHARSET of version
 * `named`? */
static bool is_due(const struct var *var, uint64_t since, uint64_t named)
{
    bool is_old = var->version <= since || (is_set_by_names(var) && var->version < named);
    return var->literal != NULL && !is_old;
}

/* Which variables a SET has. */
struct choice {
    uint64_t since, writes_since;        /* set after version `since`; VARS_APPLY_WRITES: `writes_since` */
    bool (*is_wanted)(struct span name); /* NULL: all names */
};

static bool is_chosen(const struct var *var, const struct choice *choice, uint64_t named)
{
    uint64_t since = var->is_for_writes ? choice->writes_since : choice->since;
    return is_due(var, since, named) &&
           (choice->is_wanted == NULL || choice->is_wanted(span_cstr(var->name)));
}

static void say_chosen(const struct vars *vars, const struct choice *choice, const char *glue,
                       struct text *out)
{
    uint64_t named = version_of_names(vars);
    for (int turn = 0; turn <= 2; turn++)
        for (size_t i = 0; i < vars->count; i++) {
            const struct var *var = &vars->items[i];
            if (turn_of(var) != turn || !is_chosen(var, choice, named))
                continue;
            const char *equals = turn_of(var) == 0 ? " " : "=";
            (void)text_appendf(out, "%s%s%s%s", glue, var->name, equals, var->literal);
            glue = ",";
        }
}

void vars_diff(const struct vars *vars, uint64_t since, uint64_t writes_since, struct text *out)
{
    const struct choice choice = { .since = since, .writes_since = writes_since };
    say_chosen(vars, &choice, "SET ", out);
}

void vars_say(const struct vars *vars, bool (*is_wanted)(struct span name), struct text *out)
{
    const struct choice choice = { .writes_since = VARS_NONE, .is_wanted = is_wanted };
    say_chosen(vars, &choice, "", out);
}

bool vars_next(const struct vars *vars, size_t *at, struct span *name_r, struct span *literal_r)
{
    uint64_t named = version_of_names(vars);
    for (; *at < vars->count; (*at)++) {
        const struct var *var = &vars->items[*at];
        if (var->is_for_writes || !is_due(var, 0, named))
            continue;
        *name_r = span_cstr(var->name);
        *literal_r = span_cstr(var->literal);
        (*at)++;
        return true;
    }
    return false;
}

bool vars_after(const struct vars *vars, uint64_t *version, struct span *name_r, struct span *literal_r)
{
    const struct var *found = NULL;
    for (size_t i = 0; i < vars->count; i++) {
        const struct var *var = &vars->items[i];
        if (var->literal != NULL && var->version > *version &&
            (found == NULL || var->version < found->version))
            found = var;
    }
    if (found == NULL)
        return false;
    *version = found->version;
    *name_r = span_cstr(found->name);
    *literal_r = span_cstr(found->literal);
    return true;
}

bool vars_is_newer(struct vars *vars, struct span name, uint64_t since)
{
    const struct var *var = find(vars, name);
    return var != NULL && var->version > since;
}

struct span vars_get(const struct vars *vars, struct span name)
{
    for (size_t i = 0; i < vars->count; i++)
        if (span_equal_nocase(span_cstr(vars->items[i].name), name))
            return vars->items[i].literal != NULL ? span_cstr(vars->items[i].literal) : (struct span){ 0 };
    return (struct span){ 0 };
}

bool vars_has(const struct vars *vars, struct span name)
{
    return vars_get(vars, name).data != NULL;
}

static uint64_t version_of(const struct vars *vars, struct span name)
{
    const struct var *var = find(vars, name);
    return var != NULL && var->literal != NULL ? var->version : 0;
}

bool vars_follows_schema(const struct vars *vars)
{
    uint64_t said = version_of(vars, VARS_CHARSET);
    return said > version_of(vars, SPAN_LITERAL("character_set_connection")) &&
           said > version_of(vars, SPAN_LITERAL("collation_connection"));
}

void vars_unset(struct vars *vars, struct span name)
{
    struct var *var = find(vars, name);
    if (var == NULL)
        return;
    mem_free(var->literal);
    var->literal = NULL;
    var->version = ++vars->version;
}

void vars_clear(struct vars *vars)
{
    for (size_t i = 0; i < vars->count; i++) {
        mem_free(vars->items[i].name);
        mem_free(vars->items[i].literal);
    }
    vars->count = 0;
    vars->has_for_writes = false;
    vars->is_read_only = false;
    vars->is_auto_is_null = false;
    if (vars->version > 0)
        vars->version++;
}

void vars_fini(struct vars *vars)
{
    vars_clear(vars);
    mem_free(vars->items);
    *vars = (struct vars){ 0 };
}
