#include "proxy/wording.h"

enum part { PART_NAMES, PART_CHARSET, PART_COLLATION, PART_MODE, PART_COUNT };

/* In the order in which they must be said: each sets some of those below. */
static const struct {
    const char *name;
    enum part part;
} rows[] = {
    { "names", PART_NAMES },
    { "charset", PART_NAMES },
    { "character_set_client", PART_CHARSET },
    { "character_set_connection", PART_CHARSET },
    { "collation_connection", PART_COLLATION },
    { "sql_mode", PART_MODE },
};

static enum part part_of(struct span name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (span_is_nocase(name, rows[i].name))
            return rows[i].part;
    return PART_COUNT;
}

void wording_take(const struct vars *vars, struct text *out)
{
    const char *glue = "";
    struct span name, literal;
    for (int part = 0; part < PART_COUNT; part++)
        for (size_t at = 0; vars_next(vars, &at, &name, &literal);) {
            if (part_of(name) != (enum part)part)
                continue;
            (void)text_append_cstr(out, glue);
            (void)text_append_span(out, name);
            (void)text_append_cstr(out, part == PART_NAMES ? " " : "=");
            (void)text_append_span(out, literal);
            glue = ",";
        }
}

static bool has_part(const struct vars *vars, enum part least, enum part most)
{
    struct span name, literal;
    for (size_t at = 0; vars_next(vars, &at, &name, &literal);)
        if (part_of(name) >= least && part_of(name) <= most)
            return true;
    return false;
}

/* The character sets' default collations as they are compiled into servers, whatever is configured. */
#define DEFAULT_COLLATIONS                                                                                   \
    "1,3,4,6,7,8,9,10,11,12,13,16,18,19,22,24,25,26,28,30,32,33,35,36,37,38,39,40,41,45,51,54,56,57,59,60,"  \
    "63,"                                                                                                    \
    "92,95,97"
#define ROW_OF_COLLATION " FROM information_schema.COLLATIONS WHERE ID=%u)"
/* From 11.2 on such a one stands for another one at login (seen). */
#define COLLATION_AT_LOGIN                                                                                   \
    "/*M!110200 IF(ID IN (" DEFAULT_COLLATIONS "),IFNULL(NULLIF(REGEXP_SUBSTR("                              \
    "@@global.character_set_collations,CONCAT('(?<=',CHARACTER_SET_NAME,'=)[^,]*')),''),COLLATION_NAME),*/"  \
    "COLLATION_NAME/*M!110200 )*/"

/* By number, as the handshake said it; but MariaDB knows character sets by those of default collations only.
 */
static void say_login(uint8_t collation, enum server_family family, struct text *out)
{
    unsigned id = collation;
    if (family == FAMILY_MYSQL)
        (void)text_appendf(out, "character_set_client=%u,collation_connection=%u", id, id);
    else
        (void)text_appendf(out,
                           "character_set_client=(SELECT CHARACTER_SET_NAME" ROW_OF_COLLATION
                           ",collation_connection=(SELECT " COLLATION_AT_LOGIN ROW_OF_COLLATION,
                           id, id);
}

void wording_say(struct span wording, const struct vars *vars, uint8_t collation, enum server_family family,
                 struct text *out)
{
    bool has_mode = has_part(vars, PART_MODE, PART_MODE);
    bool has_charsets = has_part(vars, PART_NAMES, PART_COLLATION);
    const char *glue = "SET ";
    if (has_mode) {
        (void)text_appendf(out, "%ssql_mode=DEFAULT", glue);
        glue = ",";
    }
    if (has_charsets) {
        (void)text_append_cstr(out, glue);
        say_login(collation, family, out);
        glue = ",";
    }
    if (wording.len > 0) {
        (void)text_append_cstr(out, glue);
        (void)text_append_span(out, wording);
    }
}
