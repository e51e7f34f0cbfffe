#include "../base/unit.h"

#include "access/account_reader.h"
#include "base/mem.h"

#define CELLS_MAX 64

/* Rows as of a server: `texts` has the names of the columns, then the values. */
static struct rows make_rows(const char *const *texts, uint16_t columns, uint32_t count)
{
    struct rows rows = { .columns = columns, .rows = count, .values = columns * count };
    rows.cells = mem_zalloc(CELLS_MAX * sizeof *rows.cells);
    assert_non_null(rows.cells);
    for (uint32_t i = 0; i < columns * (count + 1); i++) {
        rows.cells[i] = (struct rows_cell){ (uint32_t)rows.bytes.len,
                                            texts[i] != NULL ? (uint32_t)strlen(texts[i]) : UINT32_MAX };
        assert_true(text_append_cstr(&rows.bytes, texts[i] != NULL ? texts[i] : ""));
    }
    return rows;
}

/* The set that one row makes; NULL: the row was left out. */
static struct account_set *read_one(enum server_family family, const char *const *texts, uint16_t columns,
                                    size_t *unread_r)
{
    struct rows rows = make_rows(texts, columns, 1);
    struct account_set *set = account_set_new(family, false);
    assert_true(account_reader_add(&rows, set, unread_r));
    rows_fini(&rows);
    if (set->count == 0)
        account_set_free(&set);
    return set;
}

static struct account_set *read_mariadb(const char *priv, size_t *unread_r)
{
    const char *const texts[] = { "name", "host", "priv", "app", "10.%", priv };
    return read_one(FAMILY_MARIADB, texts, 3, unread_r);
}

static void check_method(const struct account_row *row, unsigned i, const char *plugin, const char *hash)
{
    assert_true(span_is(row->methods[i].plugin, plugin));
    assert_true(span_is(row->methods[i].hash, hash));
}

TEST(mariadb_account_is_read)
{
    size_t unread;
    struct account_set *set =
        read_mariadb("{\"access\":32768,\"version_id\":101119,\"plugin\":\"mysql_native_password\","
                     "\"authentication_string\":\"*AB\",\"password_last_changed\":1700000000,"
                     "\"default_role\":\"r\"}",
                     &unread);
    const struct account_row *row = &set->by_name->row;
    assert_true(span_is(row->user, "app") && span_is(row->host, "10.%") && span_is(row->default_role, "r"));
    assert_int_equal(row->method_count, 1);
    check_method(row, 0, "mysql_native_password", "*AB");
    assert_false(row->is_locked || row->is_expired || row->is_above_read_only);
    assert_int_equal(row->tls, ACCOUNT_TLS_NONE);
    assert_int_equal(unread, 0);
    account_set_free(&set);
}

TEST(mariadb_alternatives_are_read_in_their_order)
{
    size_t unread;
    struct account_set *set =
        read_mariadb("{\"plugin\":\"mysql_native_password\",\"authentication_string\":\"*AB\","
                     "\"auth_or\":[{\"plugin\":\"ed25519\",\"authentication_string\":\"key\"},{},"
                     "{\"plugin\":\"unix_socket\"}]}",
                     &unread);
    const struct account_row *row = &set->by_name->row;
    assert_int_equal(row->method_count, 3);
    check_method(row, 0, "ed25519", "key");
    check_method(row, 1, "mysql_native_password", "*AB");
    check_method(row, 2, "unix_socket", "");
    account_set_free(&set);
}

TEST(mariadb_states_are_read)
{
    static const struct {
        const char *priv;
        bool is_locked, is_expired, is_above;
        enum account_tls tls;
    } rows[] = {
        { "{\"account_locked\":true}", true, false, false, ACCOUNT_TLS_NONE },
        { "{\"account_locked\":false}", false, false, false, ACCOUNT_TLS_NONE },
        { "{\"password_last_changed\":0}", false, true, false, ACCOUNT_TLS_NONE },
        { "{\"access\":8589934592,\"version_id\":101100}", false, false, true, ACCOUNT_TLS_NONE },
        { "{\"access\":32768,\"version_id\":100600}", false, false, true, ACCOUNT_TLS_NONE },
        { "{\"access\":32768}", false, false, true, ACCOUNT_TLS_NONE },
        { "{\"ssl_type\":1}", false, false, false, ACCOUNT_TLS_ANY },
        { "{\"ssl_type\":2}", false, false, false, ACCOUNT_TLS_X509 },
        { "{\"ssl_type\":3,\"x509_subject\":\"/CN=x\"}", false, false, false, ACCOUNT_TLS_SPECIFIED },
        { "{\"ssl_type\":9}", false, false, false, ACCOUNT_TLS_SPECIFIED },
        { "{}", false, false, false, ACCOUNT_TLS_NONE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t unread;
        struct account_set *set = read_mariadb(rows[i].priv, &unread);
        const struct account_row *row = &set->by_name->row;
        if (row->is_locked != rows[i].is_locked || row->is_expired != rows[i].is_expired ||
            row->is_above_read_only != rows[i].is_above || row->tls != rows[i].tls)
            fail_msg("%s", rows[i].priv);
        check_method(row, 0, "mysql_native_password", "");
        account_set_free(&set);
    }
}

TEST(mariadb_roles_are_left_out_and_nonsense_is_counted)
{
    size_t unread;
    assert_null(read_mariadb("{\"is_role\":true}", &unread));
    assert_int_equal(unread, 0);
    static const char *const nonsense[] = { "",
                                            "[]",
                                            "{",
                                            "nothing",
                                            NULL,
                                            "{\"plugin\":7}",
                                            "{\"authentication_string\":[]}",
                                            "{\"auth_or\":{}}",
                                            "{\"auth_or\":[7]}",
                                            "{\"plugin\":\"p\",\"auth_or\":[{\"plugin\":null}]}" };
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        assert_null(read_mariadb(nonsense[i], &unread));
        assert_int_equal(unread, 1);
    }
}

/* ---- MySQL ---- */

#define MYSQL_COLUMNS                                                                                        \
    "name", "host", "plugin", "hash", "other", "locked", "expired", "tls", "issuer", "subject", "cipher",    \
        "above", "role"

TEST(mysql_account_is_read)
{
    size_t unread;
    const char *const texts[] = {
        MYSQL_COLUMNS, "app",  "%", "caching_sha2_password", "2441240009", "414243", "N", "N", "", "", "", "",
        "N",           "r1,r2"
    };
    struct account_set *set = read_one(FAMILY_MYSQL, texts, 13, &unread);
    const struct account_row *row = &set->by_name->row;
    assert_int_equal(row->method_count, 2);
    check_method(row, 1, "caching_sha2_password", "ABC");
    assert_true(span_equal(row->methods[0].hash, span_of("$A$\0\t", 5)));
    assert_true(span_is(row->default_role, "r1,r2"));
    assert_false(row->is_locked || row->is_expired || row->is_above_read_only);
    account_set_free(&set);
}

TEST(mysql_states_are_read)
{
    size_t unread;
    const char *const texts[] = { MYSQL_COLUMNS, "app",       "%",    "p",    "",     "",  "Y",
                                  "Y",           "SPECIFIED", "2F43", "2F44", "2F45", "Y", "" };
    struct account_set *set = read_one(FAMILY_MYSQL, texts, 13, &unread);
    const struct account_row *row = &set->by_name->row;
    assert_int_equal(row->method_count, 1);
    assert_true(row->is_locked && row->is_expired && row->is_above_read_only);
    assert_int_equal(row->tls, ACCOUNT_TLS_SPECIFIED);
    assert_true(span_is(row->issuer, "/C") && span_is(row->subject, "/D") && span_is(row->cipher, "/E"));
    account_set_free(&set);
}

TEST(mysql_hash_that_is_not_hexadecimal_is_left_out)
{
    static const char *const hashes[] = { "4", "4G", "G4", "4a" };
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        size_t unread;
        const char *const texts[] = { MYSQL_COLUMNS, "app", "%", "p", hashes[i], "",  "N",
                                      "N",           "",    "",  "",  "",        "N", "" };
        assert_null(read_one(FAMILY_MYSQL, texts, 13, &unread));
        assert_int_equal(unread, 1);
    }
}

TEST(no_memory_is_told)
{
    const char *const texts[] = { "name", "host", "priv", "app", "%", "{}" };
    size_t unread;
    struct rows rows = make_rows(texts, 3, 1);
    struct account_set *set = account_set_new(FAMILY_MARIADB, false);
    mem_fail_after(0);
    assert_false(account_reader_add(&rows, set, &unread));
    mem_fail_after(-1);
    rows_fini(&rows);
    account_set_free(&set);
}

TEST(each_family_has_its_queries)
{
    assert_non_null(strstr(account_reader_rows_sql(FAMILY_MARIADB), "mysql.global_priv"));
    assert_non_null(strstr(account_reader_mark_sql(FAMILY_MYSQL), "mysql.user"));
    assert_non_null(strstr(account_reader_needs(FAMILY_MYSQL), "mysql.global_grants"));
}

RUN_TESTS(NULL, NULL)
