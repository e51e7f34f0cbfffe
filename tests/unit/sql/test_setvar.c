/* The changes of variables that a statement makes, written as `scope name=value`. Marks after the scope:
 *
 *   +  constant      ~  a form that servers track     "  a string     !  for the next transaction only
 *   <…>  what SET TRANSACTION sets
 */
#include <stdio.h>

#include "../tokens/tokens_test.h"

#include "sql/setvar.h"

static const char *const scope_names[] = { "session", "global",      "user", "names",
                                           "charset", "transaction", "role", "other" };

static void render(const struct setvar_change *change, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s%s%s%s%s", scope_names[change->scope],
                                   change->is_constant ? "+" : "", change->is_tracked_form ? "~" : "",
                                   change->is_string ? "\"" : "", change->is_next ? "!" : "");
    if (change->sets_isolation || change->sets_access || change->is_read_only)
        used +=
            (size_t)snprintf(text + used, size - used, "<%s%s%s>", change->sets_isolation ? "isolation" : "",
                             change->sets_access ? " access" : "", change->is_read_only ? " ro" : "");
    if (change->name.len > 0)
        used += (size_t)snprintf(text + used, size - used, " %.*s", (int)change->name.len,
                                 (const char *)change->name.data);
    if (change->value.len > 0)
        used += (size_t)snprintf(text + used, size - used, "=%.*s", (int)change->value.len,
                                 (const char *)change->value.data);
    if (change->collation.len > 0)
        snprintf(text + used, size - used, "/%.*s", (int)change->collation.len,
                 (const char *)change->collation.data);
}

static void walk(const char *sql, const char *dialect_name, char *text, size_t size)
{
    struct sql_dialect dialect = dialect_named(dialect_name);
    struct span copy = exact_copy(span_cstr(sql));
    struct setvar_walk walk;
    struct setvar_change change;
    *text = '\0';
    setvar_begin(&walk, copy, &dialect);
    while (setvar_next(&walk, &change)) {
        if (*text != '\0')
            strcat(text, ", ");
        render(&change, text + strlen(text), size - strlen(text));
    }
    if (walk.is_malformed)
        strcat(text, " malformed");
    assert_false(setvar_next(&walk, &change));
    drop_copy(copy);
}

static const struct {
    const char *sql;
    const char *changes;
} rows[] = {
    { "SET a = 1", "session+~ a=1" },
    { "set a:=1;", "session+~ a=1" },
    { "SET SESSION a = 1, LOCAL b = 2", "session+~ a=1, session+~ b=2" },
    { "SET @@a = 1", "session+ a=1" },
    { "SET @@session.a = 1, @@local . b = 2", "session+~ a=1, session+~ b=2" },
    { "SET @@global.a = 1, @@persist.b = 2, @@persist_only.c = 3", "global+ a=1, global+ b=2, global+ c=3" },
    { "SET GLOBAL a = 1, b = 2, @@c = 3, SESSION d = 4, e = 5",
      "global+ a=1, global+ b=2, session+ c=3, session+~ d=4, session+~ e=5" },
    { "SET PERSIST a = 1", "global+ a=1" },
    { "SET `a` = 1, @@`b` = 2", "session+~ `a`=1, session+ `b`=2" },
    { "SET GLOBAL hot.key_buffer_size = 1", "global+ hot.key_buffer_size=1" },
    { "SET @@hot.key_buffer_size = 1", "session+ hot.key_buffer_size=1" },
    { "SET a = ON, b = utf8mb4, c = DEFAULT, d = NULL",
      "session+~ a=ON, session+~ b=utf8mb4, session+~ c=DEFAULT, session+~ d=NULL" },
    { "SET a = 'x', b = \"y\", c = ''", "session+~\" a=x, session+~\" b=y, session+~\" c" },
    { "SET a = -1, b = +5, c = 1.5, d = 1e3, e = 0x1F",
      "session+~ a=-1, session+~ b=+5, session+~ c=1.5, session+~ d=1e3, session+~ e=0x1F" },
    { "SET a = - 1, b = --1", "session~ a, session~ b" },
    { "SET a = 'it''s', b = 'a\\n', c = '\xC3\xA9', d = 'a' 'b', e = _utf8'x', f = N'x', g = x'1F'",
      "session~ a, session~ b, session~ c, session~ d, session~ e, session~ f, session~ g" },
    { "SET a = b + 1, c = @@d, e = @f, g = h(1, 2), i = (1, 2), j = ?",
      "session~ a, session~ c, session~ e, session~ g, session~ i, session~ j" },
    { "SET a = (SELECT concat(b, ','), c FROM t), d = 1", "session~ a, session+~ d=1" },
    { "SET a = CURRENT_TIMESTAMP, b = current_user, c = `d`", "session~ a, session~ b, session~ c" },
    { "SET @a = 1, @b := 'x', @`c d` = TRUE, @'e' = NULL",
      "user+ a=1, user+\" b=x, user+ `c d`=TRUE, user+ 'e'=NULL" },
    { "SET @a = b, @c = @d, @e = ON, @f = NOW()", "user a, user c, user e, user f" },
    { "SET NAMES utf8mb4", "names+=utf8mb4" },
    { "SET NAMES 'utf8' COLLATE 'utf8_bin'", "names+\"=utf8/utf8_bin" },
    { "SET NAMES utf8 COLLATE utf8_bin, @a = 1", "names+=utf8/utf8_bin, user+ a=1" },
    { "SET NAMES DEFAULT", "names+=DEFAULT" },
    { "SET NAMES binary", "names+=binary" },
    { "SET NAMES", "other" },
    { "SET NAMES @a", "other" },
    { "SET NAMES utf8 COLLATE", "other" },
    { "SET CHARACTER SET 'utf8'", "charset+\"=utf8" },
    { "SET CHARSET utf8, a = 1", "charset+=utf8, session+~ a=1" },
    { "SET CHAR SET DEFAULT", "charset+=DEFAULT" },
    { "SET TRANSACTION READ ONLY", "transaction+~!< access ro>=READ ONLY" },
    { "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED , READ ONLY ;",
      "transaction+~<isolation access ro>=ISOLATION LEVEL READ COMMITTED , READ ONLY" },
    { "SET LOCAL TRANSACTION READ WRITE", "transaction+~< access>=READ WRITE" },
    { "SET GLOBAL TRANSACTION READ WRITE", "global+~< access>=READ WRITE" },
    { "SET SESSION TRANSACTION READ\n/**/ONLY", "transaction+~< access ro>=READ\n/**/ONLY" },
    { "SET SESSION TRANSACTION read -- x\n write, isolation level read uncommitted",
      "transaction+~<isolation access>=read -- x\n write, isolation level read uncommitted" },
    { "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
      "transaction+~<isolation>=ISOLATION LEVEL SERIALIZABLE" },
    { "SET TRANSACTION ONLY", "transaction+~!=ONLY" },
    { "SET TRANSACTION", "other" },
    { "SET TRANSACTION @a", "other" },
    { "SET ROLE r", "role+=r" },
    { "SET ROLE 'r'", "role+\"=r" },
    { "SET ROLE `r`", "role+=`r`" },
    { "SET ROLE NONE", "role+=NONE" },
    { "SET ROLE 'NONE'", "role+\"=NONE" },
    { "SET ROLE DEFAULT", "role+=DEFAULT" },
    { "SET ROLE all;", "role+=all" },
    { "SET ROLE /* x */ `a b`", "role+=`a b`" },
    { "SET ROLE `\xC3\xA4`", "role" },
    { "SET ROLE \xC3\xA4", "role" },
    { "SET ROLE 'a\\'b'", "role" },
    { "SET ROLE 5", "role" },
    { "SET ROLE -5", "role" },
    { "SET ROLE @a", "role" },
    { "SET ROLE ?", "role" },
    { "SET ROLE r@h", "role" },
    { "SET ROLE CURRENT_USER", "role" },
    { "SET ROLE", "role" },
    { "SET ROLE a, b", "role" },
    { "SET ROLE -# r", "role" },
    { "SET ROLE ALL EXCEPT a", "role" },
    { "SET DEFAULT ROLE r TO u", "global" },
    { "SET PASSWORD = 'x'", "other" },
    { "SET PASSWORD FOR u@h = PASSWORD('x')", "other" },
    { "SET STATEMENT a = 1, b = 2 FOR SELECT 1", "other" },
    { "SET RESOURCE GROUP g", "other" },
    { "SET a", "other" },
    { "SET a =", "other" },
    { "SET a = , b = 1", "other, session+~ b=1" },
    { "SET 5 = 1", "other" },
    { "SET SESSION @a = 1", "other" },
    { "SET @@session = 1", "session+ session=1" },
    { "SET names = 1, global = 2", "session+~ names=1, session+~ global=2" },
    { "SET a = 1,", "session+~ a=1, other" },
    { "SET", " malformed" },
    { "SELECT 1", " malformed" },
    { "SET a = 1; SET b = 2", "session+~ a=1 malformed" },
    { "SET a = 1) , b = 2", "session~ a, session+~ b=2" },
    { "SET a = 'x", "session~ a malformed" },
    { "SET /*! GLOBAL */ a = 1", "global+ a=1" },
    { "SET /*!90000 GLOBAL */ a = 1", "global+ a=1 malformed" },
    { "/*!40101 SET NAMES utf8 */;", "names+=utf8" },
    { "SET a = /* x */ 1 -- y\n, b = 2 # z", "session+~ a=1, session+~ b=2" },
};

TEST(changes_are_listed)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[1024];
        walk(rows[i].sql, "unknown", text, sizeof text);
        if (strcmp(text, rows[i].changes) != 0)
            fail_msg("%s\n  expected %s\n  got      %s", rows[i].sql, rows[i].changes, text);
    }
}

TEST(every_truncation_ends)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t len = 0; len <= strlen(rows[i].sql); len++) {
            char part[256], text[1024];
            snprintf(part, sizeof part, "%.*s", (int)len, rows[i].sql);
            walk(part, "ansi+mysql", text, sizeof text);
        }
}

TEST(quotes_follow_sql_mode)
{
    char text[256];
    walk("SET a = 'x\\', b = 1", "nobackslash", text, sizeof text);
    assert_string_equal(text, "session~ a, session+~ b=1");
    walk("SET a = \"x\"", "ansi", text, sizeof text);
    assert_string_equal(text, "session~ a");
}

RUN_TESTS(NULL, NULL)
