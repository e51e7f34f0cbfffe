#include "bytes.h"

#include "mysql/handshake.h"

#define CAPS_USUAL (CAP_CLIENT_MYSQL | CAP_PROTOCOL_41 | CAP_SECURE_CONNECTION | CAP_PLUGIN_AUTH | CAP_SSL)
#define CAPS_FULL (CAPS_PER_HOP | CAP_MARIADB_BULK | CAP_MARIADB_EXTENDED_METADATA)

static struct span payload_of(const struct text *packet)
{
    return span_of(packet->data + PACKET_HEADER_BYTES, packet->len - PACKET_HEADER_BYTES);
}

static struct greeting greeting_of(const char *version, uint64_t caps)
{
    struct greeting greeting = { .version = span_cstr(version),
                                 .connection_id = 0x01020304,
                                 .caps = caps,
                                 .collation = 45,
                                 .status = 2,
                                 .plugin = SPAN_LITERAL("mysql_native_password") };
    memcpy(greeting.nonce, "abcdefghijklmnopqrst", NONCE_BYTES);
    return greeting;
}

TEST(greeting_both_ways_and_truncated)
{
    static const uint64_t caps[] = { CAPS_USUAL, CAPS_FULL };
    for (size_t i = 0; i < 2; i++) {
        struct greeting put = greeting_of("5.5.5-10.11.6-MariaDB-log", caps[i]), read;
        struct text out = { 0 };
        greeting_put(&out, &put);
        assert_int_equal(out.data[3], 0);
        struct span payload = payload_of(&out);
        assert_true(greeting_parse(payload, &read));
        assert_span(read.version, "5.5.5-10.11.6-MariaDB-log");
        assert_int_equal(read.connection_id, put.connection_id);
        assert_memory_equal(read.nonce, put.nonce, NONCE_BYTES);
        assert_true(read.caps == put.caps);
        assert_int_equal(read.collation, 45);
        assert_int_equal(read.status, 2);
        assert_span(read.plugin, "mysql_native_password");
        size_t least =
            /* the plugin and the nonce's NUL may be missing */
            payload.len - sizeof "mysql_native_password" - 1;
        for (size_t len = 0; len < payload.len; len++) {
            struct span part = exact_copy(span_of(payload.data, len));
            assert_int_equal(greeting_parse(part, &read), len >= least);
            drop_copy(part);
        }
        text_fini(&out);
    }
}

/* Protocol 10 as the servers' manuals describe it, with and without the extended capabilities and a plugin.
 */
TEST(greeting_byte_for_byte)
{
    static const struct {
        uint64_t caps;
        const char *hex;
    } rows[] = {
        { CAPS_USUAL,
          "49000000 0a 382e302e3100 04030201 6162636465666768 00 018a 2d 0200 0800 15 000000000000"
          " 00000000 696a6b6c6d6e6f7071727374 00 6d7973716c5f6e61746976655f70617373776f726400" },
        { CAP_PROTOCOL_41 | CAP_MARIADB_BULK,
          "33000000 0a 382e302e3100 04030201 6162636465666768 00 0002 2d 0200 0000 00 000000000000"
          " 04000000 696a6b6c6d6e6f7071727374 00" },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct greeting greeting = greeting_of("8.0.1", rows[i].caps);
        struct text out = { 0 };
        greeting_put(&out, &greeting);
        assert_hex(text_span(&out), rows[i].hex);
        text_fini(&out);
    }
}

TEST(greeting_of_another_protocol_is_refused)
{
    struct greeting put = greeting_of("8.4.0", CAPS_USUAL), read;
    struct text out = { 0 };
    greeting_put(&out, &put);
    out.data[PACKET_HEADER_BYTES] = 9;
    assert_false(greeting_parse(payload_of(&out), &read));
    assert_null(read.version.data);
    text_fini(&out);
}

static const struct {
    const char *version;
    uint64_t caps;
    enum server_family family;
    struct server_version parts;
} versions[] = {
    { "5.5.5-10.11.8-MariaDB-1:10.11.8+maria~deb12", CAPS_FULL, FAMILY_MARIADB, { 10, 11, 8 } },
    { "11.4.2-MariaDB", CAPS_USUAL, FAMILY_MARIADB, { 11, 4, 2 } },
    { "11.4.2-something", CAPS_FULL, FAMILY_MARIADB, { 11, 4, 2 } },
    { "8.0.36", CAPS_USUAL, FAMILY_MYSQL, { 8, 0, 36 } },
    { "5.5.5-log", CAPS_USUAL, FAMILY_MYSQL, { 5, 5, 5 } },
    { "26.7.0", CAPS_USUAL, FAMILY_MYSQL, { 26, 7, 0 } },
    { "8.0.mysql_aurora.3.05.2", CAPS_USUAL, FAMILY_MYSQL, { 8, 0, 0 } },
    { "8.4", CAPS_USUAL, FAMILY_MYSQL, { 8, 4, 0 } },
    { "8-4.1", CAPS_USUAL, FAMILY_MYSQL, { 8, 0, 0 } },
    { "1000005.2.99999", CAPS_USUAL, FAMILY_MYSQL, { 100000, 2, 99999 } },
    { "5.5.5-", CAPS_USUAL, FAMILY_MYSQL, { 5, 5, 5 } },
    { "5.5.5-1", CAPS_USUAL, FAMILY_MYSQL, { 1, 0, 0 } },
    { "MARIADB", CAPS_USUAL, FAMILY_MARIADB, { 0, 0, 0 } },
    { "ariadb", CAPS_USUAL, FAMILY_MYSQL, { 0, 0, 0 } },
    { "source", CAPS_USUAL, FAMILY_MYSQL, { 0, 0, 0 } },
    { "", CAPS_USUAL, FAMILY_UNKNOWN, { 0, 0, 0 } },
};

TEST(versions_and_families)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct greeting greeting = greeting_of(versions[i].version, versions[i].caps);
        struct span version = greeting.version = exact_copy(greeting.version);
        struct server_version parts = greeting_version(version);
        assert_int_equal(greeting_family(&greeting), versions[i].family);
        assert_int_equal(parts.major, versions[i].parts.major);
        assert_int_equal(parts.minor, versions[i].parts.minor);
        assert_int_equal(parts.patch, versions[i].parts.patch);
        drop_copy(version);
    }
}

static struct handshake_response response_of(uint64_t caps)
{
    return (struct handshake_response){ .caps = caps,
                                        .max_packet = 1 << 24,
                                        .collation = 45,
                                        .user = SPAN_LITERAL("app"),
                                        .auth = SPAN_LITERAL("12345678901234567890"),
                                        .schema = SPAN_LITERAL("shop"),
                                        .plugin = SPAN_LITERAL("mysql_native_password"),
                                        .attributes = SPAN_LITERAL("\3_os\5Linux") };
}

TEST(response_both_ways_with_every_set_of_bits)
{
    static const uint64_t bits[] = { CAP_CLIENT_MYSQL, CAP_CONNECT_WITH_DB, CAP_PLUGIN_AUTH,
                                     CAP_CONNECT_ATTRS, CAP_PLUGIN_AUTH_LENENC };
    for (unsigned set = 0; set < 32; set++) {
        uint64_t caps = CAP_PROTOCOL_41 | CAP_SECURE_CONNECTION;
        for (unsigned i = 0; i < 5; i++)
            caps |= (set >> i & 1) != 0 ? bits[i] : 0;
        if ((caps & CAP_CLIENT_MYSQL) == 0)
            caps |= CAP_MARIADB_BULK;
        struct handshake_response put = response_of(caps), read;
        struct text out = { 0 };
        handshake_put(&out, 1, &put);
        struct span payload = exact_copy(payload_of(&out));
        assert_int_equal(handshake_parse(payload, CAPS_FULL, &read), HANDSHAKE_RESPONSE);
        assert_true(read.caps == caps);
        assert_int_equal(read.max_packet, put.max_packet);
        assert_int_equal(read.collation, 45);
        assert_span(read.user, "app");
        assert_span(read.auth, "12345678901234567890");
        assert_span(read.schema, (caps & CAP_CONNECT_WITH_DB) != 0 ? "shop" : "");
        assert_span(read.plugin, (caps & CAP_PLUGIN_AUTH) != 0 ? "mysql_native_password" : "");
        assert_true(span_equal(read.attributes,
                               (caps & CAP_CONNECT_ATTRS) != 0 ? put.attributes : (struct span){ 0 }));
        drop_copy(payload);
        text_fini(&out);
    }
}

TEST(truncated_responses_are_safe)
{
    struct handshake_response put = response_of(CAPS_FULL), read;
    struct text out = { 0 };
    handshake_put(&out, 1, &put);
    struct span payload = payload_of(&out);
    size_t user_end = SSL_REQUEST_BYTES + sizeof "app";
    for (size_t len = 0; len < payload.len; len++) {
        struct span part = exact_copy(span_of(payload.data, len));
        enum handshake_form form = handshake_parse(part, CAPS_FULL, &read);
        if (len < user_end)
            assert_int_equal(form, HANDSHAKE_MALFORMED);
        drop_copy(part);
    }
    assert_int_equal(handshake_parse(span_of(payload.data, user_end), CAPS_FULL, &read), HANDSHAKE_RESPONSE);
    assert_int_equal(read.auth.len + read.plugin.len + read.schema.len,
                     0); /* fields may be missing at the end */
    text_fini(&out);
}

TEST(ssl_request_is_the_first_32_bytes)
{
    struct handshake_response put = response_of(CAPS_USUAL), read;
    struct text out = { 0 };
    handshake_put_ssl_request(&out, 1, &put);
    assert_int_equal(out.len, PACKET_HEADER_BYTES + SSL_REQUEST_BYTES);
    assert_int_equal(handshake_parse(payload_of(&out), CAPS_USUAL, &read), HANDSHAKE_SSL_REQUEST);
    assert_int_equal(read.collation, 45);
    text_clear(&out);
    handshake_put(&out, 2, &put); /* the full response has the capability bit, too */
    assert_int_equal(handshake_parse(payload_of(&out), CAPS_USUAL, &read), HANDSHAKE_RESPONSE);
    text_fini(&out);
}

TEST(extended_word_needs_bit_0_clear_on_both_sides)
{
    struct handshake_response put = response_of(CAPS_FULL), read;
    struct text out = { 0 };
    handshake_put(&out, 1, &put);
    assert_int_equal(handshake_parse(payload_of(&out), CAPS_USUAL, &read), HANDSHAKE_RESPONSE);
    assert_true(read.caps >> 32 == 0);
    text_fini(&out);
}

TEST(old_protocols_are_told_apart)
{
    struct handshake_response read;
    assert_int_equal(handshake_parse(SPAN_LITERAL("\x05\0\0\0\1app\0"), CAPS_USUAL, &read),
                     HANDSHAKE_TOO_OLD);
    assert_int_equal(handshake_parse(SPAN_LITERAL(""), CAPS_USUAL, &read), HANDSHAKE_MALFORMED);
    assert_true(read.caps == 0);
    assert_int_equal(handshake_parse(SPAN_LITERAL("\x05\x02"), CAPS_USUAL, &read), HANDSHAKE_MALFORMED);
    assert_int_equal(handshake_parse(SPAN_LITERAL("\x05\x01"), CAPS_USUAL, &read), HANDSHAKE_TOO_OLD);
    assert_int_equal(handshake_parse(SPAN_LITERAL("\x05\x02\0\0\1app\0"), CAPS_USUAL, &read),
                     HANDSHAKE_MALFORMED);
}

TEST(the_level_of_zstd_is_the_last_byte)
{
    struct handshake_response put = response_of(CAPS_USUAL | CAP_ZSTD), read;
    struct text out = { 0 };
    put.zstd_level = 7;
    handshake_put(&out, 1, &put);
    assert_int_equal(handshake_parse(payload_of(&out), CAPS_USUAL, &read), HANDSHAKE_RESPONSE);
    assert_int_equal(read.zstd_level, 7);
    struct span cut = payload_of(&out);
    cut.len--;
    assert_int_equal(handshake_parse(cut, CAPS_USUAL, &read), HANDSHAKE_RESPONSE);
    assert_int_equal(read.zstd_level, 0);
    text_clear(&out);
    put.caps = CAPS_USUAL;
    handshake_put(&out, 1, &put);
    assert_int_equal(payload_of(&out).len, cut.len);
    text_fini(&out);
}

TEST(long_proofs_need_a_length_of_their_own)
{
    char proof[300];
    struct handshake_response put = response_of(CAPS_USUAL | CAP_PLUGIN_AUTH_LENENC), read;
    struct text out = { 0 };
    memset(proof, 'p', sizeof proof);
    put.auth = span_of(proof, sizeof proof);
    handshake_put(&out, 1, &put);
    assert_int_equal(handshake_parse(payload_of(&out), CAPS_USUAL, &read), HANDSHAKE_RESPONSE);
    assert_true(span_equal(read.auth, put.auth));
    assert_span(read.plugin, "mysql_native_password");
    text_clear(&out);
    put.auth = SPAN_LITERAL("old"); /* ends at a NUL, when no capability for a length was agreed */
    put.caps = CAP_CLIENT_MYSQL | CAP_PROTOCOL_41;
    handshake_put(&out, 1, &put);
    assert_int_equal(handshake_parse(payload_of(&out), CAPS_USUAL, &read), HANDSHAKE_RESPONSE);
    assert_span(read.auth, "old");
    text_fini(&out);
}

TEST(large_collations_become_utf8mb4)
{
    struct handshake_response put = response_of(CAPS_USUAL), read;
    struct text out = { 0 };
    put.collation = 2304;
    handshake_put(&out, 1, &put);
    assert_int_equal(handshake_parse(payload_of(&out), CAPS_USUAL, &read), HANDSHAKE_RESPONSE);
    assert_int_equal(read.collation, 45);
    text_fini(&out);
    assert_int_equal(handshake_collation(255), 255);
    assert_int_equal(handshake_collation(256), 45);
}

TEST(change_user_with_less_and_less)
{
    struct text bytes = { 0 };
    struct handshake_response read;
    append_hex(&bytes, "11 61707000 02 0102 73686f7000 0009 6e617400 04 01610162", '\0');
    struct span payload = text_span(&bytes);
    assert_true(change_user_parse(payload, CAPS_FULL, &read));
    assert_span(read.user, "app");
    assert_hex(read.auth, "0102");
    assert_span(read.schema, "shop");
    assert_int_equal(read.collation, 0x0900);
    assert_span(read.plugin, "nat");
    assert_hex(read.attributes, "01610162");
    for (size_t len = 0; len < payload.len; len++) {
        struct span part = exact_copy(span_of(payload.data, len));
        bool parsed = change_user_parse(part, CAPS_FULL, &read);
        if (len < 5 || len == 6 || len == 7) /* no user, or an incomplete proof */
            assert_false(parsed);
        drop_copy(part);
    }
    assert_true(change_user_parse(span_of(payload.data, 13), CAPS_FULL, &read));
    assert_int_equal(read.collation + read.plugin.len + read.attributes.len, 0);
    assert_true(change_user_parse(span_of(payload.data, 14), CAPS_FULL, &read));
    assert_int_equal(read.collation, 0);
    assert_true(change_user_parse(span_of(payload.data, 15), CAPS_FULL, &read));
    assert_int_equal(read.collation, 0x0900);
    assert_true(change_user_parse(payload, CAPS_FULL & ~CAP_PLUGIN_AUTH & ~CAP_CONNECT_ATTRS, &read));
    assert_int_equal(read.plugin.len + read.attributes.len, 0);
    text_fini(&bytes);
}

TEST(change_user_both_ways)
{
    struct handshake_response put = response_of(CAPS_FULL), read;
    for (int with_schema = 0; with_schema < 2; with_schema++) {
        struct text out = { 0 };
        put.schema = with_schema ? SPAN_LITERAL("shop") : (struct span){ 0 };
        put.collation = 2304; /* a login packet has one byte for the collation */
        change_user_put(&out, &put);
        assert_int_equal(out.data[3], 0);
        assert_true(change_user_parse(payload_of(&out), CAPS_FULL, &read));
        assert_true(span_equal(read.user, put.user) && span_equal(read.auth, put.auth));
        assert_true(span_equal(read.schema, put.schema) && span_equal(read.plugin, put.plugin));
        assert_true(span_equal(read.attributes, put.attributes));
        assert_int_equal(read.collation, 45);
        text_fini(&out);
    }
}

TEST(auth_switch_both_ways)
{
    struct text out = { 0 };
    struct span plugin, data;
    auth_switch_put(&out, 2, "some_plugin", SPAN_LITERAL("nonce\0"));
    assert_true(auth_switch_parse(payload_of(&out), &plugin, &data));
    assert_span(plugin, "some_plugin");
    assert_int_equal(data.len, 6);
    assert_false(auth_switch_parse(SPAN_LITERAL("\xFEno end"), &plugin, &data));
    assert_false(auth_switch_parse(SPAN_LITERAL("\xFE"), &plugin, &data));
    assert_false(auth_switch_parse(SPAN_LITERAL(""), &plugin, &data));
    text_fini(&out);
}

RUN_TESTS(NULL, NULL)
