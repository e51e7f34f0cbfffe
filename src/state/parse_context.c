#include "state/parse_context.h"

static bool is_charset(struct span name)
{
    static const char *const names[] = { "names", "charset", "character_set_client",
                                         "character_set_connection", "collation_connection" };
    return span_is_among(name, names, sizeof names / sizeof *names);
}

static bool is_of_wording(struct span name)
{
    return span_is_nocase(name, "sql_mode") || is_charset(name);
}

uint8_t parse_context_collation(const struct slot *slot)
{
    bool has_defaults = slot->is_reset && slot->upstream->family == FAMILY_MYSQL;
    return has_defaults ? WORDING_DEFAULTS : slot->upstream->key.collation;
}

void parse_context_take(const struct vars *vars, struct text *out)
{
    vars_say(vars, is_of_wording, out);
}

static bool has_charset(const struct vars *vars)
{
    struct span name, literal;
    for (size_t at = 0; vars_next(vars, &at, &name, &literal);)
        if (is_charset(name))
            return true;
    return false;
}

/* Ids of the default collations of character sets as compiled into servers, independent of the
 * configuration. */
#define DEFAULT_COLLATIONS                                                                                   \
    "1,3,4,6,7,8,9,10,11,12,13,16,18,19,22,24,25,26,28,30,32,33,35,36,37,38,39,40,41,45,51,54,56,57,59,60,"  \
    "63,"                                                                                                    \
    "92,95,97"
#define ROW_OF_COLLATION " FROM information_schema.COLLATIONS WHERE ID=%u)"
/* From MariaDB 11.2 on a login with a default collation gets the one of character_set_collations (seen). */
#define COLLATION_AT_LOGIN                                                                                   \
    "/*M!110200 IF(ID IN (" DEFAULT_COLLATIONS "),IFNULL(NULLIF(REGEXP_SUBSTR("                              \
    "@@global.character_set_collations,CONCAT('(?<=',CHARACTER_SET_NAME,'=)[^,]*')),''),COLLATION_NAME),*/"  \
    "COLLATION_NAME/*M!110200 )*/"

/* Appends the assignments that set the character sets of a login with `collation`. MySQL takes the
 * collation's number. MariaDB takes numbers of default collations only, so the names are read from a
 * table. */
static void say_login(uint8_t collation, enum server_family family, struct text *out)
{
    unsigned id = collation;
    if (collation == WORDING_DEFAULTS)
        (void)text_append_cstr(out, "character_set_client=DEFAULT,collation_connection=DEFAULT");
    else if (family == FAMILY_MYSQL)
        (void)text_appendf(out, "character_set_client=%u,collation_connection=%u", id, id);
    else
        (void)text_appendf(out,
                           "character_set_client=(SELECT CHARACTER_SET_NAME" ROW_OF_COLLATION
                           ",collation_connection=(SELECT " COLLATION_AT_LOGIN ROW_OF_COLLATION,
                           id, id);
}

/* If the server does not know the collation, the handshake has not set it either: the default is in force. */
void parse_context_say_client(uint8_t collation, enum server_family family, struct text *out)
{
    if (collation == WORDING_DEFAULTS)
        (void)text_append_cstr(out, "SET character_set_client=DEFAULT");
    else if (family == FAMILY_MYSQL)
        (void)text_appendf(out, "SET character_set_client=%u", collation);
    else
        (void)text_appendf(out,
                           "SET character_set_client=IFNULL((SELECT CHARACTER_SET_NAME" ROW_OF_COLLATION
                           ",@@global.character_set_client)",
                           (unsigned)collation);
}

bool parse_context_reads_tables(const struct vars *vars, enum server_family family)
{
    return has_charset(vars) && family != FAMILY_MYSQL;
}

void parse_context_say(struct span wording, const struct vars *vars, uint8_t collation,
                       enum server_family family, struct text *out)
{
    const char *glue = "SET ";
    if (vars_has(vars, SPAN_LITERAL("sql_mode"))) {
        (void)text_append_cstr(out, "SET sql_mode=DEFAULT");
        glue = ",";
    }
    if (has_charset(vars)) {
        (void)text_append_cstr(out, glue);
        say_login(collation, family, out);
        glue = ",";
    }
    if (wording.len > 0) {
        (void)text_append_cstr(out, glue);
        (void)text_append_span(out, wording);
    }
}
