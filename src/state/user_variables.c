#include "state/user_variables.h"

#include "base/mem.h"
#include <string.h>

#define NAME_MAX_BYTES 64 /* both families' limit */

struct uservar {
    char *name;    /* owns */
    char *literal; /* owns: SQL behind "=" in a SET; NULL: no value was ever assigned, or it is unknown */
    uint64_t version;
    bool is_unknown;
};

/* ---- names ---- */

/* Can the name be compared and written again safely? Rules for the equality of letters outside ASCII differ
 * between server versions. Other ASCII characters need no escape within backticks. */
static bool is_plain_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < ' ' || name.data[i] > '~' || name.data[i] == '`' || name.data[i] == '\\' ||
            name.data[i] == '\'' || name.data[i] == '"')
            return false;
    return name.len > 0 && name.len <= NAME_MAX_BYTES && name.data[name.len - 1] != ' ';
}

bool user_variables_name(struct span token, struct span *name_r)
{
    if (token.len < 2 || token.data[0] != '@' || token.data[1] == '@')
        return false;
    struct span name = span_of(token.data + 1, token.len - 1);
    bool is_quoted = name.data[0] == '`' || name.data[0] == '\'' || name.data[0] == '"';
    if (is_quoted)
        name = name.len >= 2 ? span_of(name.data + 1, name.len - 2) : (struct span){ 0 };
    *name_r = name;
    return is_plain_name(name);
}

/* ---- the table ---- */

static struct uservar *find(const struct uservars *vars, struct span name)
{
    for (size_t i = 0; i < vars->count; i++)
        if (span_equal_nocase(span_cstr(vars->items[i].name), name))
            return &vars->items[i];
    return NULL;
}

static char *copy(struct span span)
{
    char *string = mem_zalloc(span.len + 1);
    if (string != NULL && span.len > 0)
        memcpy(string, span.data, span.len);
    return string;
}

static bool has_room(struct uservars *vars)
{
    if (vars->count < vars->cap)
        return true;
    size_t cap = vars->cap == 0 ? 8 : vars->cap * 2;
    struct uservar *items = vars->count < USERVARS_MAX ? mem_realloc(vars->items, cap * sizeof *items) : NULL;
    if (items == NULL)
        return false;
    vars->items = items;
    vars->cap = cap;
    return true;
}

/* NULL, with has_odd set: no memory, too many variables, or a name that cannot be written again. */
static struct uservar *find_or_add(struct uservars *vars, struct span name)
{
    struct uservar *var = find(vars, name);
    if (var != NULL)
        return var;
    struct uservar added = { .name = is_plain_name(name) && has_room(vars) ? copy(name) : NULL };
    if (added.name == NULL) {
        vars->has_odd = true;
        return NULL;
    }
    vars->items[vars->count] = added;
    return &vars->items[vars->count++];
}

static void drop_literal(struct uservars *vars, struct uservar *var)
{
    if (var->literal != NULL)
        vars->bytes -= strlen(var->literal);
    mem_free(var->literal);
    var->literal = NULL;
}

static void set_unknown(struct uservars *vars, struct uservar *var, bool is_unknown)
{
    vars->unknown += is_unknown;
    vars->unknown -= var->is_unknown;
    var->is_unknown = is_unknown;
}

static void forget(struct uservars *vars, struct uservar *var)
{
    drop_literal(vars, var);
    set_unknown(vars, var, true);
    var->version = ++vars->version;
}

/* The value is known from now on. False: it could not be kept, and is unknown. */
static bool keep(struct uservars *vars, struct uservar *var, struct span literal)
{
    drop_literal(vars, var);
    char *kept = vars->bytes + literal.len <= USERVARS_BYTES_MAX ? copy(literal) : NULL;
    if (kept == NULL) {
        forget(vars, var);
        return false;
    }
    var->literal = kept;
    vars->bytes += strlen(kept);
    set_unknown(vars, var, false);
    var->version = ++vars->version;
    return true;
}

void user_variables_assign(struct uservars *vars, struct span name, struct span literal)
{
    bool is_new = find(vars, name) == NULL;
    struct uservar *var = find_or_add(vars, name);
    if (var == NULL)
        return;
    if (span_is_nocase(literal, "NULL") && !(is_new && !vars->has_others))
        forget(vars, var); /* its NULL has the type of the value before */
    else
        (void)keep(vars, var, literal);
}

void user_variables_mention(struct uservars *vars, struct span name)
{
    if (vars->has_others && find(vars, name) == NULL)
        user_variables_forget(vars, name);
    else
        (void)find_or_add(vars, name);
}

void user_variables_forget(struct uservars *vars, struct span name)
{
    struct uservar *var = find_or_add(vars, name);
    if (var != NULL)
        forget(vars, var);
}

void user_variables_forget_all(struct uservars *vars)
{
    for (size_t i = 0; i < vars->count; i++)
        forget(vars, &vars->items[i]);
}

/* Literals that were learnt begin with the name of their character set, and need not be forgotten. */
void user_variables_forget_strings(struct uservars *vars)
{
    for (size_t i = 0; i < vars->count; i++)
        if (vars->items[i].literal != NULL && vars->items[i].literal[0] == '\'')
            forget(vars, &vars->items[i]);
}

void user_variables_merge(struct uservars *vars, const struct uservars *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct uservar *var = &from->items[i];
        if (var->literal != NULL)
            user_variables_assign(vars, span_cstr(var->name), span_cstr(var->literal));
        else
            user_variables_forget(vars, span_cstr(var->name));
    }
    vars->has_odd |= from->has_odd;
}

bool user_variables_are_known(const struct uservars *vars)
{
    return vars->unknown == 0 && !vars->has_others && !vars->has_odd;
}

bool user_variables_has(const struct uservars *vars, struct span name)
{
    const struct uservar *var = find(vars, name);
    return var != NULL && var->literal != NULL;
}

struct span user_variables_literal(const struct uservars *vars, struct span name)
{
    const struct uservar *var = find(vars, name);
    bool is_known = var != NULL && var->literal != NULL && !var->is_unknown;
    return is_known ? span_cstr(var->literal) : (struct span){ 0 };
}

bool user_variables_has_since(const struct uservars *vars, uint64_t since)
{
    for (size_t i = 0; i < vars->count; i++)
        if (vars->items[i].literal != NULL && vars->items[i].version > since)
            return true;
    return false;
}

void user_variables_say(const struct uservars *vars, uint64_t since, struct text *out)
{
    const char *glue = "SET ";
    for (size_t i = 0; i < vars->count; i++) {
        const struct uservar *var = &vars->items[i];
        if (var->literal == NULL || var->version <= since)
            continue;
        (void)text_appendf(out, "%s@`%s`=%s", glue, var->name, var->literal);
        glue = ",";
    }
}

/* ---- asking for what is unknown ---- */

#define ASKED_COLUMNS 3u /* for each variable: the value, the value in hex, the collation */
#define ASKED_MAX ((unsigned)ROWS_COLUMNS_MAX / ASKED_COLUMNS) /* variables in one question */

static const struct uservar *next_unknown(const struct uservars *vars, size_t *at)
{
    for (; *at < vars->count; (*at)++)
        if (vars->items[*at].is_unknown)
            return &vars->items[(*at)++];
    return NULL;
}

/* The query has a LIMIT, because sql_select_limit may be 0. */
void user_variables_ask(const struct uservars *vars, struct text *out)
{
    const struct uservar *var;
    const char *glue = "SELECT ";
    size_t at = 0;
    for (unsigned i = 0; i < ASKED_MAX && (var = next_unknown(vars, &at)) != NULL; i++) {
        (void)text_appendf(out, "%s@`%s`,HEX(@`%s`),COLLATION(@`%s`)", glue, var->name, var->name, var->name);
        glue = ",";
    }
    at = 0;
    glue = " FROM DUAL WHERE ";
    for (unsigned i = 0; i < ASKED_MAX && (var = next_unknown(vars, &at)) != NULL; i++) {
        (void)text_appendf(out, "%sIFNULL(LENGTH(@`%s`),0)", glue, var->name);
        glue = "+";
    }
    if (vars->unknown > 0)
        (void)text_appendf(out, "<=%u LIMIT 1", USERVARS_VALUE_MAX);
}

/* The result for one variable. */
struct found {
    const struct rows_def *def;
    struct span value, hex, collation; /* without data: NULL */
};

static bool is_made_of(struct span text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\0' || strchr(bytes, text.data[i]) == NULL)
            return false;
    return true;
}

/* How to write digits as a literal of this type. `mark`: digits with this character have the type already. */
static const struct form {
    uint8_t type;
    bool is_unsigned;
    const char *before, *after;
    char mark;
} forms[] = {
    { ROWS_TYPE_LONGLONG, false, "", "", '\0' },
    { ROWS_TYPE_LONGLONG, true, "CAST(", " AS UNSIGNED)", '\0' },
    { ROWS_TYPE_DOUBLE, false, "", "e0", 'e' },
    { ROWS_TYPE_NEWDECIMAL, false, "", ".", '.' },
};

static const struct form *form_of(const struct rows_def *def)
{
    bool is_unsigned = def->type == ROWS_TYPE_LONGLONG && (def->flags & ROWS_FLAG_UNSIGNED) != 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].type == def->type && forms[i].is_unsigned == is_unsigned)
            return &forms[i];
    return NULL;
}

/* A NULL has the type of the value before it, so a 0 of that type is assigned first. */
static bool put_number(const struct uservar *var, const struct found *found, struct text *out)
{
    const struct form *form = form_of(found->def);
    bool is_null = found->value.data == NULL;
    struct span digits = is_null ? SPAN_LITERAL("0") : found->value;
    /* Digits in the character set of the session's results may have other bytes than in ASCII. */
    if (!is_made_of(digits, "0123456789+-.e") || digits.len == 0)
        return false;
    bool is_marked = form->mark != '\0' && memchr(digits.data, form->mark, digits.len) != NULL;
    (void)text_appendf(out, "%s%.*s%s", form->before, (int)digits.len, (const char *)digits.data,
                       is_marked ? "" : form->after);
    return !is_null || text_appendf(out, ",@`%s`=NULL", var->name);
}

/* The name of a collation begins with that of its character set. */
static bool put_string(const struct uservar *var, const struct found *found, struct text *out)
{
    struct span collation = found->collation, hex = found->hex;
    const uint8_t *underscore = collation.len > 0 ? memchr(collation.data, '_', collation.len) : NULL;
    bool is_binary = span_is(collation, "binary");
    if (!is_made_of(collation, "abcdefghijklmnopqrstuvwxyz0123456789_") ||
        !is_made_of(hex, "0123456789ABCDEF") || (underscore == NULL && !is_binary))
        return false;
    int charset = is_binary ? (int)collation.len : (int)(underscore - collation.data);
    (void)text_appendf(out, "_%.*s X'%.*s'", charset, (const char *)collation.data, (int)hex.len,
                       (const char *)hex.data);
    if (!is_binary)
        (void)text_appendf(out, " COLLATE %.*s", (int)collation.len, (const char *)collation.data);
    return hex.data != NULL || text_appendf(out, ",@`%s`=NULL", var->name);
}

/* Was no value ever assigned to the variable? Its column definition tells: after `SET @a = NULL` the column
 * is shorter (MariaDB), or has another type (MySQL). */
static bool was_never_set(const struct found *found)
{
    static const uint32_t never_set_bytes = 16777216;
    bool is_described = found->def->length == never_set_bytes || found->def->type == ROWS_TYPE_VAR_STRING;
    return found->hex.data == NULL && span_is(found->collation, "binary") && is_described;
}

static bool put_literal(const struct uservar *var, const struct found *found, struct text *out)
{
    if (form_of(found->def) != NULL)
        return put_number(var, found, out);
    switch (found->def->type) {
    case ROWS_TYPE_MEDIUM_BLOB:
    case ROWS_TYPE_LONG_BLOB:
    case ROWS_TYPE_BLOB:
    case ROWS_TYPE_VAR_STRING:
    case ROWS_TYPE_STRING:
        return put_string(var, found, out);
    default: /* MariaDB's geometry */
        return false;
    }
}

static bool learn(struct uservars *vars, struct uservar *var, const struct found *found)
{
    struct text literal = { 0 };
    bool is_known = true;
    if (was_never_set(found))
        set_unknown(vars, var, false);
    else
        is_known =
            put_literal(var, found, &literal) && !literal.is_oom && keep(vars, var, text_span(&literal));
    text_fini(&literal);
    return is_known;
}

void user_variables_learn(struct uservars *vars, const struct rows *answer)
{
    size_t at = 0;
    bool is_learnt = answer->rows == 1 && answer->defs != NULL;
    for (int column = 0; is_learnt && column + (int)ASKED_COLUMNS <= answer->columns; column += 3) {
        const struct uservar *next = next_unknown(vars, &at);
        struct found found = { .def = &answer->defs[column] };
        if (next == NULL)
            break;
        (void)rows_value(answer, 0, column, &found.value);
        (void)rows_value(answer, 0, column + 1, &found.hex);
        (void)rows_value(answer, 0, column + 2, &found.collation);
        is_learnt = learn(vars, &vars->items[next - vars->items], &found);
    }
    if (!is_learnt)
        vars->stuck_version = ++vars->version;
}

bool user_variables_may_ask(const struct uservars *vars)
{
    bool is_stuck = vars->has_odd || vars->is_unlisted || vars->stuck_version == vars->version;
    return !user_variables_are_known(vars) && !is_stuck;
}

/* ---- all names ---- */

#define LISTED_MAX "1000" /* names; rows_feed() takes more, and sessions do not have so many */

/* If the performance schema of MySQL does not instrument the thread, it lists no names: then the first row is
 * NULL. */
const char *user_variables_list_query(bool is_mysql)
{
    return is_mysql ? "SELECT IF(PS_CURRENT_THREAD_ID() IS NULL,NULL,'') UNION ALL SELECT VARIABLE_NAME FROM "
                      "performance_schema.user_variables_by_thread WHERE THREAD_ID=PS_CURRENT_THREAD_ID() "
                      "LIMIT " LISTED_MAX
                    : "SELECT '' UNION ALL SELECT VARIABLE_NAME FROM information_schema.USER_VARIABLES "
                      "LIMIT " LISTED_MAX;
}

void user_variables_note_list(struct uservars *vars, const struct rows *answer)
{
    struct span name;
    if (!rows_value(answer, 0, 0, &name)) {
        vars->is_unlisted = true;
        return;
    }
    vars->has_others = false;
    for (unsigned row = 1; row < answer->rows; row++)
        if (rows_value(answer, row, 0, &name) && find(vars, name) == NULL)
            user_variables_forget(vars, name);
}

/* ---- the end ---- */

void user_variables_clear(struct uservars *vars)
{
    for (size_t i = 0; i < vars->count; i++) {
        mem_free(vars->items[i].name);
        mem_free(vars->items[i].literal);
    }
    vars->count = vars->unknown = vars->bytes = 0;
    vars->has_others = vars->has_odd = vars->is_unlisted = false;
    vars->stuck_version = 0;
    if (vars->version > 0)
        vars->version++;
}

void user_variables_fini(struct uservars *vars)
{
    user_variables_clear(vars);
    mem_free(vars->items);
    *vars = (struct uservars){ 0 };
}
