/* The only file that reads JSON of servers, and the only one of this room that uses jansson. */
#include "access/account_reader.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* ---- queries ---- */

/* HEX: the salt of caching_sha2_password has bytes that are no text. */
#define MYSQL_ROWS                                                                                           \
    "SELECT u.User AS name, u.Host AS host, u.plugin AS plugin, HEX(u.authentication_string) AS hash, "      \
    "COALESCE(HEX(JSON_UNQUOTE(JSON_EXTRACT(u.User_attributes, '$.additional_password'))), '') AS other, "   \
    "u.account_locked AS locked, u.password_expired AS expired, u.ssl_type AS tls, "                         \
    "HEX(u.x509_issuer) AS issuer, HEX(u.x509_subject) AS subject, HEX(u.ssl_cipher) AS cipher, "            \
    "IF(u.Super_priv = 'Y' OR g.PRIV IS NOT NULL, 'Y', 'N') AS above, "                                      \
    "COALESCE((SELECT GROUP_CONCAT(r.DEFAULT_ROLE_USER ORDER BY 1) FROM mysql.default_roles r "              \
    "WHERE r.USER = u.User AND r.HOST = u.Host), '') AS role "                                               \
    "FROM mysql.user u LEFT JOIN mysql.global_grants g "                                                     \
    "ON g.USER = u.User AND g.HOST = u.Host AND g.PRIV = 'CONNECTION_ADMIN'"
#define MARIADB_ROWS "SELECT User AS name, Host AS host, Priv AS priv FROM mysql.global_priv"

#define MARK(LIST, COLUMNS)                                                                                  \
    "SELECT COUNT(*) AS count, COALESCE(BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS('|', " COLUMNS                 \
    "), 256), 15), 16, 10) AS UNSIGNED)), 0) AS hash, @@skip_name_resolve = 0 AS resolves FROM (" LIST       \
    ") AS list"

static const struct {
    const char *rows;
    const char *mark;
    const char *needs;
} queries[] = {
    [FAMILY_UNKNOWN] = { "", "", "" },
    [FAMILY_MARIADB] = { MARIADB_ROWS, MARK(MARIADB_ROWS, "name, host, priv"),
                         "SELECT ON mysql.global_priv" },
    [FAMILY_MYSQL] = { MYSQL_ROWS,
                       MARK(MYSQL_ROWS, "name, host, plugin, hash, other, locked, expired, tls, issuer, "
                                        "subject, cipher, above, role"),
                       "SELECT ON mysql.user, mysql.global_grants and mysql.default_roles" },
};

const char *account_reader_rows_sql(enum server_family family)
{
    return queries[family].rows;
}

const char *account_reader_mark_sql(enum server_family family)
{
    return queries[family].mark;
}

const char *account_reader_needs(enum server_family family)
{
    return queries[family].needs;
}

/* ---- what both families have ---- */

static struct span cell(const struct rows *rows, unsigned row, const char *column)
{
    struct span value = SPAN_LITERAL("");
    (void)rows_value(rows, row, rows_column(rows, column), &value);
    return value;
}

static void add_method(struct account_row *account, struct span plugin, struct span hash)
{
    if (account->method_count < ACCOUNT_METHODS_MAX)
        account->methods[account->method_count++] = (struct account_method){ plugin, hash };
}

/* ---- MySQL ---- */

#define TEXTS_MAX 4096u /* bytes of all texts of an account that come in hexadecimal */

/* Memory for the decoded texts of one account. */
struct decoded {
    uint8_t bytes[TEXTS_MAX];
    size_t used;
    bool is_bad; /* a text was not hexadecimal, or there was no room for it */
};

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct span decode(struct decoded *decoded, struct span hex)
{
    size_t len = hex.len / 2;
    uint8_t *at = decoded->bytes + decoded->used;
    decoded->is_bad |= hex.len % 2 != 0 || len > TEXTS_MAX - decoded->used;
    for (size_t i = 0; !decoded->is_bad && i < len; i++) {
        int high = digit(hex.data[2 * i]), low = digit(hex.data[2 * i + 1]);
        decoded->is_bad = high < 0 || low < 0;
        if (!decoded->is_bad)
            at[i] = (uint8_t)(high << 4 | low);
    }
    if (decoded->is_bad)
        return SPAN_LITERAL("");
    decoded->used += len;
    return span_of(at, len);
}

static enum account_tls read_tls(struct span type)
{
    static const char *const words[] = { [ACCOUNT_TLS_NONE] = "",
                                         [ACCOUNT_TLS_ANY] = "ANY",
                                         [ACCOUNT_TLS_X509] = "X509",
                                         [ACCOUNT_TLS_SPECIFIED] = "SPECIFIED" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_is_nocase(type, words[i]))
            return (enum account_tls)i;
    return ACCOUNT_TLS_SPECIFIED; /* unknown: the strictest */
}

/* False: the row is not as it should be. */
static bool read_mysql(const struct rows *rows, unsigned row, struct decoded *decoded,
                       struct account_row *account_r)
{
    struct span plugin = cell(rows, row, "plugin"), other = cell(rows, row, "other");
    decoded->used = 0;
    decoded->is_bad = false;
    *account_r = (struct account_row){
        .user = cell(rows, row, "name"),
        .host = cell(rows, row, "host"),
        .tls = read_tls(cell(rows, row, "tls")),
        .issuer = decode(decoded, cell(rows, row, "issuer")),
        .subject = decode(decoded, cell(rows, row, "subject")),
        .cipher = decode(decoded, cell(rows, row, "cipher")),
        .default_role = cell(rows, row, "role"),
        .is_locked = span_is(cell(rows, row, "locked"), "Y"),
        .is_expired = span_is(cell(rows, row, "expired"), "Y"),
        .is_above_read_only = span_is(cell(rows, row, "above"), "Y"),
    };
    add_method(account_r, plugin, decode(decoded, cell(rows, row, "hash")));
    if (other.len > 0)
        add_method(account_r, plugin, decode(decoded, other));
    return !decoded->is_bad;
}

/* ---- MariaDB ---- */

#define ACCESS_SUPER (UINT64_C(1) << 15)
#define ACCESS_READ_ONLY_ADMIN (UINT64_C(1) << 33)
#define VERSION_READ_ONLY_ADMIN 101100 /* from here on SUPER does not include it */

static struct span text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? span_of(json_string_value(value), json_string_length(value))
                                 : SPAN_LITERAL("");
}

static uint64_t number_of(const json_t *object, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(object, name));
    return number > 0 ? (uint64_t)number : 0;
}

/* Missing, or of this kind. Something else must not be taken for an account without a password. */
static bool is_absent_or(const json_t *object, const char *name, json_type type)
{
    const json_t *value = json_object_get(object, name);
    return value == NULL || json_typeof(value) == type;
}

/* False: it is not as it should be. */
static bool add_mariadb_method(struct account_row *account, const json_t *object)
{
    if (!json_is_object(object) || !is_absent_or(object, "plugin", JSON_STRING) ||
        !is_absent_or(object, "authentication_string", JSON_STRING))
        return false;
    struct span plugin = text_of(object, "plugin");
    add_method(account, plugin.len > 0 ? plugin : SPAN_LITERAL(AUTH_NATIVE),
               text_of(object, "authentication_string"));
    return true;
}

/* The alternatives, of which one without a plugin stands for the document itself. */
static bool add_mariadb_methods(struct account_row *account, const json_t *object)
{
    const json_t *alternatives = json_object_get(object, "auth_or");
    size_t count = json_array_size(alternatives);
    for (size_t i = 0; i < count; i++) {
        const json_t *alternative = json_array_get(alternatives, i);
        bool is_itself = json_is_object(alternative) && json_object_size(alternative) == 0;
        if (!add_mariadb_method(account, is_itself ? object : alternative))
            return false;
    }
    return is_absent_or(object, "auth_or", JSON_ARRAY) && (count > 0 || add_mariadb_method(account, object));
}

/* PASSWORD EXPIRE sets the time of the last change to 0. */
static bool is_expired(const json_t *object)
{
    const json_t *changed = json_object_get(object, "password_last_changed");
    return json_is_integer(changed) && json_integer_value(changed) == 0;
}

static bool is_above_read_only(const json_t *object)
{
    uint64_t access = number_of(object, "access");
    bool has_own = number_of(object, "version_id") >= VERSION_READ_ONLY_ADMIN;
    return (access & (has_own ? ACCESS_READ_ONLY_ADMIN : ACCESS_SUPER)) != 0;
}

/* False: the document is not as it should be. */
static bool read_mariadb(const struct rows *rows, unsigned row, const json_t *object,
                         struct account_row *account_r)
{
    uint64_t tls = number_of(object, "ssl_type");
    *account_r = (struct account_row){
        .user = cell(rows, row, "name"),
        .host = cell(rows, row, "host"),
        .tls = tls <= ACCOUNT_TLS_SPECIFIED ? (enum account_tls)tls : ACCOUNT_TLS_SPECIFIED,
        .issuer = text_of(object, "x509_issuer"),
        .subject = text_of(object, "x509_subject"),
        .cipher = text_of(object, "ssl_cipher"),
        .default_role = text_of(object, "default_role"),
        .is_locked = json_is_true(json_object_get(object, "account_locked")),
        .is_expired = is_expired(object),
        .is_above_read_only = is_above_read_only(object),
    };
    return add_mariadb_methods(account_r, object);
}

/* ---- all rows ---- */

enum verdict { ADDED, UNREAD, NO_MEMORY };

static enum verdict add_mysql(const struct rows *rows, unsigned row, struct account_set *set)
{
    struct decoded decoded;
    struct account_row account;
    if (!read_mysql(rows, row, &decoded, &account))
        return UNREAD;
    return account_set_add(set, &account) ? ADDED : NO_MEMORY;
}

static enum verdict add_mariadb(const struct rows *rows, unsigned row, struct account_set *set)
{
    struct span priv = cell(rows, row, "priv");
    json_t *object = json_loadb((const char *)priv.data, priv.len, JSON_ALLOW_NUL, NULL);
    enum verdict verdict = json_is_object(object) ? ADDED : UNREAD;
    struct account_row account;
    if (verdict == ADDED && !json_is_true(json_object_get(object, "is_role"))) {
        bool is_good = read_mariadb(rows, row, object, &account);
        verdict = !is_good ? UNREAD : account_set_add(set, &account) ? ADDED : NO_MEMORY;
    }
    json_decref(object);
    return verdict;
}

bool account_reader_add(const struct rows *rows, struct account_set *set, size_t *unread_r)
{
    *unread_r = 0;
    for (unsigned row = 0; row < rows->rows; row++) {
        enum verdict verdict =
            set->family == FAMILY_MYSQL ? add_mysql(rows, row, set) : add_mariadb(rows, row, set);
        if (verdict == NO_MEMORY)
            return false;
        *unread_r += verdict == UNREAD;
    }
    return true;
}
