#include "bytes.h"

#include "mysql/caps.h"
#include "mysql/reply.h"
#include "mysql/rows.h"

static struct span payload_of(const struct text *packet)
{
    return span_of(packet->data + PACKET_HEADER_BYTES, packet->len - PACKET_HEADER_BYTES);
}

/* A prefix of an OK packet is malformed, or is read as an OK with fewer fields. No read goes beyond its end.
 */
static void assert_truncations_are_safe(struct span payload, uint64_t caps, size_t least)
{
    for (size_t len = 0; len < payload.len; len++) {
        struct span part = exact_copy(span_of(payload.data, len));
        struct reply_ok ok;
        bool parsed = reply_parse_ok(part, caps, &ok);
        if (len < least)
            assert_false(parsed);
        drop_copy(part);
    }
}

TEST(ok_in_its_shortest_form)
{
    struct text out = { 0 };
    struct reply_ok ok = { .status = STATUS_AUTOCOMMIT };
    reply_put_ok(&out, 1, CAP_SESSION_TRACK, &ok, false);
    assert_hex(text_span(&out), "07000001 00 00 00 0200 0000");
    text_clear(&out);
    ok.status = 0x22;
    reply_put_ok(&out, 3, CAP_SESSION_TRACK | CAP_DEPRECATE_EOF, &ok, true);
    assert_hex(text_span(&out), "07000003 fe 00 00 2200 0000");
    text_fini(&out);
}

TEST(ok_with_everything_both_ways)
{
    struct text out = { 0 };
    struct reply_ok ok = { .affected = 300,
                           .insert_id = UINT64_C(1) << 40,
                           .status = 0x4002,
                           .warnings = 7,
                           .info = SPAN_LITERAL("Rows matched: 1"),
                           .session = SPAN_LITERAL("\x02\x01\x31") };
    struct reply_ok read;
    reply_put_ok(&out, 1, CAP_SESSION_TRACK, &ok, false);
    assert_true(reply_parse_ok(payload_of(&out), CAP_SESSION_TRACK, &read));
    assert_true(read.affected == ok.affected && read.insert_id == ok.insert_id);
    assert_int_equal(read.status, 0x4002);
    assert_int_equal(read.warnings, 7);
    assert_span(read.info, "Rows matched: 1");
    assert_hex(read.session, "020131");
    assert_truncations_are_safe(payload_of(&out), CAP_SESSION_TRACK, 17);
    text_fini(&out);
}

TEST(session_state_needs_the_capability_and_the_flag)
{
    struct text out = { 0 };
    struct reply_ok ok = { .status = 0x4002, .session = SPAN_LITERAL("\x02\x01\x31") };
    reply_put_ok(&out, 1, 0, &ok, false);
    /* the flag for session tracking is cleared as well */
    assert_hex(text_span(&out), "07000001 00 00 00 0200 0000");
    text_clear(&out);
    ok.status = 0x0002;
    reply_put_ok(&out, 1, CAP_SESSION_TRACK, &ok, false);
    assert_hex(text_span(&out), "07000001 00 00 00 0200 0000");
    text_clear(&out);
    ok.status = 0x4002;
    reply_put_ok(&out, 1, CAP_SESSION_TRACK, &ok, false);
    assert_hex(text_span(&out),
               "0c000001 00 00 00 0240 0000 00 03 020131"); /* with session state the empty info is sent */
    text_fini(&out);
}

/* The packet that MariaDB 10.11.19 sends when the schema's default character set has units of two or four
 * bytes. */
TEST(session_state_behind_the_padding_of_wide_character_sets)
{
    static const struct span packets[] = {
        SPAN_LITERAL("\x00\x00\x00\x02\x40\x00\x00\x00\x00\x0c\x01\x07\x06s_ucs2\x02\x01\x31"),
        SPAN_LITERAL("\x00\x00\x00\x02\x40\x00\x00\x00\x00\x00\x00\x0c\x01\x07\x06s_ut32\x02\x01\x31"),
    };
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        struct reply_ok read;
        assert_true(reply_parse_ok(packets[i], CAP_SESSION_TRACK, &read));
        assert_int_equal(read.info.len, 0);
        assert_int_equal(read.session.len, 12);
        assert_int_equal(read.session.data[0], 1);
        assert_truncations_are_safe(packets[i], CAP_SESSION_TRACK, 7);
    }
    struct reply_ok read; /* the flag alone, and with an empty info */
    assert_true(reply_parse_ok(SPAN_LITERAL("\x00\x00\x00\x02\x40\x00\x00"), CAP_SESSION_TRACK, &read));
    assert_true(reply_parse_ok(SPAN_LITERAL("\x00\x00\x00\x02\x40\x00\x00\x00"), CAP_SESSION_TRACK, &read));
    /* the session state is the first part that is not empty */
    assert_true(reply_parse_ok(SPAN_LITERAL("\x00\x00\x00\x02\x40\x00\x00\x00\x03\x02\x01\x31\x01\x78"),
                               CAP_SESSION_TRACK, &read));
    assert_hex(read.session, "020131");
}

TEST(info_without_session_tracking_in_both_spellings)
{
    struct text bytes = { 0 };
    struct reply_ok ok;
    append_hex(&bytes, "00 00 00 0200 0000 02 6869", '\0');
    assert_true(reply_parse_ok(text_span(&bytes), 0, &ok));
    assert_span(ok.info, "hi");
    text_clear(&bytes);
    append_hex(&bytes, "00 00 00 0200 0000 6869", '\0');
    assert_true(reply_parse_ok(text_span(&bytes), 0, &ok));
    assert_span(ok.info, "hi");
    text_fini(&bytes);
}

TEST(err_with_and_without_sqlstate)
{
    struct reply_err err;
    assert_true(reply_parse_err(SPAN_LITERAL("\xFF\x15\x04#28000Access denied"), &err));
    assert_int_equal(err.code, 1045);
    assert_string_equal(err.sqlstate, "28000");
    assert_span(err.text, "Access denied");
    assert_true(reply_parse_err(SPAN_LITERAL("\xFF\x10\x04Too many connections"), &err));
    assert_int_equal(err.code, 1040);
    assert_string_equal(err.sqlstate, "HY000");
    assert_span(err.text, "Too many connections");
    assert_true(reply_parse_err(SPAN_LITERAL("\xFF\x10\x04"), &err));
    assert_int_equal(err.text.len, 0);
    assert_true(
        reply_parse_err(SPAN_LITERAL("\xFF\x10\x04#280"), &err)); /* too short for an SQLSTATE: it is text */
    assert_span(err.text, "#280");
    assert_true(reply_parse_err(SPAN_LITERAL("\xFF\x10\x04#2800"), &err));
    assert_span(err.text, "#2800");
    assert_true(reply_parse_err(SPAN_LITERAL("\xFF\x10\x04#28000"), &err));
    assert_string_equal(err.sqlstate, "28000");
    assert_int_equal(err.text.len, 0);
    assert_false(reply_parse_err(SPAN_LITERAL("\xFF\x10"), &err));
    assert_false(reply_parse_err(SPAN_LITERAL(""), &err));
}

TEST(err_is_read_for_people)
{
    struct error err = { 0 };
    assert_true(reply_read_err(SPAN_LITERAL("\xFF\x15\x04#28000No\x1b[m\n"), &err));
    assert_int_equal(err.code, 1045);
    assert_string_equal(err.sqlstate, "28000");
    assert_string_equal(err.text, "No?[m?");
    assert_true(reply_read_err(SPAN_LITERAL("\xFF\x15\x04"), &err));
    assert_true(err.text[0] != '\0');
    assert_false(reply_read_err(SPAN_LITERAL("\xFF"), &err));
    assert_true(reply_read_err(SPAN_LITERAL("\xFF\x15\x04"), NULL));
}

TEST(err_takes_its_sqlstate_from_the_table)
{
    struct text out = { 0 };
    reply_put_err(&out, 2, ERR_ACCESS_DENIED, NULL, "no");
    assert_hex(text_span(&out), "0b000002 ff 1504 23 3238303030 6e6f");
    text_clear(&out);
    reply_put_err(&out, 2, 9999, "", "no");
    assert_hex(text_span(&out), "0b000002 ff 0f27 23 4859303030 6e6f");
    text_clear(&out);
    reply_put_err(&out, 2, ERR_ACCESS_DENIED, "42000", "no");
    assert_hex(text_span(&out), "0b000002 ff 1504 23 3432303030 6e6f");
    text_fini(&out);
}

TEST(err_text_is_cut)
{
    char text[700];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct text out = { 0 };
    reply_put_err(&out, 1, ERR_UNKNOWN, NULL, text);
    assert_int_equal(out.len, PACKET_HEADER_BYTES + 9 + 511);
    text_fini(&out);
}

/* Before the server's greeting a client does not expect an SQLSTATE. */
TEST(err_before_the_greeting_has_no_sqlstate)
{
    uint8_t packet[REPLY_EARLY_ERR_MAX];
    char text[700];
    assert_hex(span_of(packet, reply_store_early_err(packet, ERR_CON_COUNT, "no")), "05000000 ff 1004 6e6f");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(reply_store_early_err(packet, ERR_CON_COUNT, text), REPLY_EARLY_ERR_MAX);
}

TEST(eof_both_ways)
{
    struct text out = { 0 };
    uint16_t status, warnings;
    reply_put_eof(&out, 5, 0x0002, 0x0103);
    assert_hex(text_span(&out), "05000005 fe 0301 0200");
    assert_true(reply_parse_eof(payload_of(&out), &status, &warnings));
    assert_int_equal(status, 2);
    assert_int_equal(warnings, 0x103);
    assert_false(reply_parse_eof(SPAN_LITERAL("\xFE\0\0\0"), &status, &warnings));
    assert_false(reply_parse_eof(SPAN_LITERAL("\xFE\0\0\0\0\0"), &status, &warnings));
    text_fini(&out);
}

TEST(one_row_in_both_spellings)
{
    static const char definition[] = "03646566 00 00 00 0161 00 0c 2100 06000000 fd 0000 00 0000";
    struct text out = { 0 }, want = { 0 };
    reply_put_row(&out, 1, CAP_DEPRECATE_EOF, "a", SPAN_LITERAL("xy"), 0x0002);
    (void)append_packets(&want, "01", 1, NULL);
    (void)append_packets(&want, definition, 2, NULL);
    (void)append_packets(&want, "02 7879 | fe 00 00 0200 0000", 3, NULL);
    assert_int_equal(out.len, want.len);
    assert_memory_equal(out.data, want.data, want.len);
    text_clear(&out);
    text_clear(&want);
    reply_put_row(&out, 7, 0, "a", SPAN_LITERAL(""), 0x0003);
    (void)append_packets(&want, "01", 7, NULL);
    (void)append_packets(&want, "03646566 00 00 00 0161 00 0c 2100 00000000 fd 0000 00 0000", 8, NULL);
    (void)append_packets(&want, "fe 0000 0300 | 00 | fe 0000 0300", 9, NULL);
    assert_int_equal(out.len, want.len);
    assert_memory_equal(out.data, want.data, want.len);
    text_fini(&out);
    text_fini(&want);
}

/* headgate's own reader of result sets reads the rows back. */
TEST(a_row_is_read_back)
{
    static const uint64_t caps[] = { 0, CAP_DEPRECATE_EOF, CAP_DEPRECATE_EOF | CAP_SESSION_TRACK };
    for (size_t i = 0; i < sizeof caps / sizeof *caps; i++) {
        struct text out = { 0 };
        struct rows rows = { 0 };
        struct error err = { 0 };
        struct packet_header header;
        struct span value;
        enum rows_verdict verdict = ROWS_MORE;
        reply_put_row(&out, 1, caps[i], "token", SPAN_LITERAL("mariadb:0-1"), 0x0002);
        rows_begin(&rows, caps[i]);
        struct span rest = text_span(&out);
        while (verdict == ROWS_MORE && packet_peek(rest, &header)) {
            verdict = rows_feed(&rows, span_of(rest.data + PACKET_HEADER_BYTES, header.len), &err);
            size_t len = PACKET_HEADER_BYTES + header.len;
            rest = span_of(rest.data + len, rest.len - len);
        }
        assert_int_equal(verdict, ROWS_DONE);
        assert_int_equal(rest.len, 0);
        assert_true(rows_value(&rows, 0, rows_column(&rows, "token"), &value));
        assert_span(value, "mariadb:0-1");
        rows_fini(&rows);
        text_fini(&out);
    }
}

TEST(only_what_answers_no_command_is_a_farewell)
{
    assert_true(reply_is_farewell(ERR_CLIENT_IDLE, 0) && reply_is_farewell(ERR_CONNECTION_KILLED, 0));
    for (unsigned seq = 1; seq < 256; seq++)
        assert_false(reply_is_farewell(ERR_CLIENT_IDLE, (uint8_t)seq));
    assert_false(reply_is_farewell(ERR_SERVER_SHUTDOWN, 1) || reply_is_farewell(ERR_CONNECTION_KILLED, 1));
    assert_false(reply_is_farewell(ERR_CON_COUNT, 0));
}

TEST(only_what_is_not_about_the_one_who_logs_in_is_an_interruption)
{
    assert_true(reply_is_interruption(ERR_SERVER_SHUTDOWN) && reply_is_interruption(ERR_READ_ERROR));
    assert_false(reply_is_interruption(ERR_ACCESS_DENIED) || reply_is_interruption(ERR_HANDSHAKE) ||
                 reply_is_interruption(ERR_CON_COUNT) || reply_is_interruption(0));
}

RUN_TESTS(NULL, NULL)
