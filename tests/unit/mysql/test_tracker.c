#include "bytes.h"

#include "mysql/caps.h"
#include "mysql/tracker.h"
#include "mysql/wire.h"

#define DE CAP_DEPRECATE_EOF
#define TRACK CAP_SESSION_TRACK

/* Payloads of packets. */
#define OK "00000002000000"
#define OK_MORE "00000008000000"
#define DE_OK "fe000002000000"
#define DE_MORE "fe00000a000000"
#define DE_CURSOR "fe000042000000"
#define EOF_ "fe00000200"
#define EOF_MORE "fe00000a00"
#define EOF_CURSOR "fe00004200"
#define ERR "ff5104233432303030426164"
#define DEF "0364656600000001610161 0c3f000b000000080000000000"
#define ROW "0131"
#define ROW_NULL "fb"
#define BINARY_ROW "000001000000"
#define INFILE "fb2f746d702f78"

/* ---- a log of the tracker's verdicts ---- */

static const char *const kind_names[] = { "ok", "err", "eof", "infile", "prepared" };

/* The tracker's parameters for one reply. */
struct follow {
    enum reply_shape shape;
    uint64_t caps;
    bool has_cursor;
    uint32_t whole_max;
    bool hands_out_eofs;
    uint16_t columns_told;
};

static void log_packet(struct text *log, const struct tracker_info *info)
{
    assert_true(text_appendf(log, "%s#%u(%zu) s%x w%u a%llu i%llu t%zu e%u id%u c%u p%u%s%s\n",
                             kind_names[info->kind], info->seq, info->len, info->status, info->warnings,
                             (unsigned long long)info->affected, (unsigned long long)info->insert_id,
                             info->session.len, info->error, info->stmt_id, info->columns, info->params,
                             info->is_cut ? " cut" : "", info->is_last ? " last" : ""));
}

static void flush_pass(struct text *log, size_t *passed)
{
    if (*passed > 0)
        assert_true(text_appendf(log, "pass %zu\n", *passed));
    *passed = 0;
}

/* Feeds a reply to a tracker. `step` 0: as a whole. Otherwise `step` bytes at a time, after a first piece of
 * `first` bytes. The log gets the number of passed bytes and the events between them. */
static void follow_run(const struct follow *how, struct span data, size_t first, size_t step,
                       struct text *log)
{
    struct tracker tracker;
    size_t at = 0, passed = 0;
    size_t there = step == 0 ? data.len : first;
    tracker_begin(&tracker, how->shape, how->caps, how->has_cursor, how->whole_max);
    tracker.hands_out_eofs = how->hands_out_eofs;
    tracker.columns_told = how->columns_told;
    for (;;) {
        struct tracker_info info;
        size_t pass = 99;
        struct span seen = exact_copy(span_of(data.data + at, there - at));
        enum tracker_verdict verdict = tracker_feed(&tracker, seen, &pass, &info);
        assert_true(pass <= seen.len);
        at += pass;
        passed += pass;
        if (verdict == TRACKER_PACKET) {
            assert_true(pass + info.len <= seen.len);
            assert_ptr_equal(info.payload.data, seen.data + pass + PACKET_HEADER_BYTES);
            at += info.len;
            flush_pass(log, &passed);
            log_packet(log, &info);
        }
        drop_copy(seen);
        if (verdict == TRACKER_DONE || verdict == TRACKER_BAD) {
            flush_pass(log, &passed);
            assert_true(text_append_cstr(log, verdict == TRACKER_DONE ? "done" : "bad"));
            break;
        }
        if (verdict == TRACKER_PACKET && info.is_last)
            break;
        if (verdict == TRACKER_MORE) {
            if (there == data.len) {
                flush_pass(log, &passed);
                assert_true(text_append_cstr(log, "more"));
                break;
            }
            there = data.len - there < step ? data.len : there + step;
        }
    }
    assert_true(text_appendf(log, " rows=%llu left=%zu", (unsigned long long)tracker.rows, data.len - at));
}

/* As a whole, byte by byte, and cut in two at every place: the log is the same. */
static void follow_all_ways(const struct follow *how, struct span data, struct text *log)
{
    struct text other = { 0 };
    follow_run(how, data, 0, 0, log);
    follow_run(how, data, data.len > 0 ? 1 : 0, 1, &other);
    assert_string_equal(text_cstr(log), text_cstr(&other));
    for (size_t cut = 1; cut < data.len; cut++) {
        text_clear(&other);
        follow_run(how, data, cut, data.len, &other);
        assert_string_equal(text_cstr(log), text_cstr(&other));
    }
    text_fini(&other);
}

/* ---- scripted replies ---- */

/* `says` has one word per packet: "-" it passes; ok, err, eof, infile, prepared: it is handed out, with '!'
 * when it is the last one. At the end: "done" after a last packet that passes, "bad", or nothing while more
 * is expected. "|" has no meaning and eases reading. */
static const struct script {
    const char *name;
    enum reply_shape shape;
    uint64_t caps;
    bool has_cursor;
    const char *packets;
    const char *says;
    unsigned rows;
} scripts[] = {
    { "ok_ends_a_reply", REPLY_GENERIC, 0, false, OK, "ok!", 0 },
    { "ok_ends_a_reply_de", REPLY_GENERIC, DE | TRACK, false, OK, "ok!", 0 },
    { "err_ends_a_reply", REPLY_GENERIC, 0, false, ERR, "err!", 0 },
    { "more_results_go_on", REPLY_GENERIC, DE, false, OK_MORE "|" OK_MORE "|" OK, "ok ok ok!", 0 },
    { "err_after_more_results_ends", REPLY_GENERIC, DE, false, OK_MORE "|" ERR, "ok err!", 0 },
    { "result_set", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_ "|" ROW "|" ROW_NULL "|" EOF_,
      "- - - - - eof!", 2 },
    { "result_set_de", REPLY_GENERIC, DE, false, "01|" DEF "|" ROW "|" ROW "|" DE_OK, "- - - - ok!", 2 },
    { "no_rows", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_ "|" EOF_, "- - - eof!", 0 },
    { "no_rows_de", REPLY_GENERIC, DE, false, "01|" DEF "|" DE_OK, "- - ok!", 0 },
    { "real_eof_in_de_mode_ends", REPLY_GENERIC, DE, false, "01|" DEF "|" ROW "|" EOF_, "- - - eof!", 1 },
    { "three_columns", REPLY_GENERIC, DE, false, "03|" DEF "|" DEF "|" DEF "|" ROW "|" DE_OK, "- - - - - ok!",
      1 },
    { "wide_column_count", REPLY_GENERIC, DE, false, "fc0200|" DEF "|" DEF "|" DE_OK, "- - - ok!", 0 },
    { "wider_column_count", REPLY_GENERIC, DE, false, "fd010000|" DEF "|" DE_OK, "- - ok!", 0 },
    { "set_after_set", REPLY_GENERIC, 0, false,
      "01|" DEF "|" EOF_ "|" ROW "|" EOF_MORE "|01|" DEF "|" EOF_ "|" ROW "|" EOF_MORE "|" OK,
      "- - - - eof - - - - eof ok!", 2 },
    { "set_after_set_de", REPLY_GENERIC, DE, false,
      "01|" DEF "|" ROW "|" DE_MORE "|01|" DEF "|" ROW "|" DE_MORE "|" OK, "- - - ok - - - ok ok!", 2 },
    { "err_after_set", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_ "|" EOF_MORE "|" ERR, "- - - eof err!",
      0 },
    { "err_inside_result_ends_reply", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_ "|" ROW "|" ERR,
      "- - - - err!", 1 },
    { "err_inside_result_ends_reply_de", REPLY_GENERIC, DE, false, "01|" DEF "|" ROW "|" ERR, "- - - err!",
      1 },
    { "err_replaces_a_definition", REPLY_GENERIC, 0, false, "02|" DEF "|" ERR, "- - err!", 0 },
    { "err_replaces_the_definitions_eof", REPLY_GENERIC, 0, false, "01|" DEF "|" ERR, "- - err!", 0 },
    { "cursor_ends_after_definitions", REPLY_GENERIC, 0, true, "01|" DEF "|" EOF_CURSOR, "- - eof!", 0 },
    { "cursor_ends_after_definitions_de", REPLY_GENERIC, DE, true, "01|" DEF "|" DE_CURSOR, "- - ok!", 0 },
    { "cursor_asked_but_not_opened", REPLY_GENERIC, 0, true, "01|" DEF "|" EOF_ "|" BINARY_ROW "|" EOF_,
      "- - - - eof!", 1 },
    { "cursor_flag_not_asked_for", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_CURSOR "|" BINARY_ROW "|" EOF_,
      "- - - - eof!", 1 },
    { "infile_then_ok", REPLY_GENERIC, 0, false, INFILE "|" OK, "infile ok!", 0 },
    { "infile_of_one_letter", REPLY_GENERIC, 0, false, "fb61|" OK, "infile ok!", 0 },
    { "infile_then_err", REPLY_GENERIC, DE, false, INFILE "|" ERR, "infile err!", 0 },
    { "infile_of_a_later_statement", REPLY_GENERIC, DE, false, OK_MORE "|" INFILE "|" OK_MORE "|" OK,
      "ok infile ok ok!", 0 },
    { "fe_row_without_de", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_ "|fe0000000001000000 61|" EOF_,
      "- - - - eof!", 1 },
    { "fe_row_of_the_shortest_length", REPLY_GENERIC, 0, false,
      "01|" DEF "|" EOF_ "|fe0000000000000000|" EOF_, "- - - - eof!", 1 },
    { "fe_row_that_is_too_short", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_ "|fe00000000000000",
      "- - - bad", 0 },
    { "reply_still_open", REPLY_GENERIC, DE, false, "01|" DEF "|" ROW, "- - -", 1 },

    { "fetch_rows", REPLY_ROWS, 0, false, BINARY_ROW "|" BINARY_ROW "|fe0000c200", "- - eof!", 2 },
    { "fetch_rows_de", REPLY_ROWS, DE, false, BINARY_ROW "|fe0000c2000000", "- ok!", 1 },
    { "fetch_err", REPLY_ROWS, DE, false, ERR, "err!", 0 },

    { "field_list", REPLY_FIELDS, 0, false, DEF "|" DEF "|" EOF_, "- - eof!", 0 },
    { "field_list_de", REPLY_FIELDS, DE, false, DEF "|" DE_OK, "- ok!", 0 },
    { "field_list_of_nothing", REPLY_FIELDS, 0, false, EOF_, "eof!", 0 },
    { "field_list_err", REPLY_FIELDS, 0, false, ERR, "err!", 0 },

    { "statistics", REPLY_STRING, 0, false, "557074696d653a2031", "- done", 0 },
    { "statistics_empty", REPLY_STRING, 0, false, "", "- done", 0 },
    { "statistics_like_ok", REPLY_STRING, 0, false, "00", "- done", 0 },
    { "statistics_err", REPLY_STRING, 0, false, ERR, "err!", 0 },

    { "set_option_eof", REPLY_EOF, 0, false, EOF_, "eof!", 0 },
    { "set_option_ok_as_eof", REPLY_EOF, DE, false, DE_OK, "ok!", 0 },
    { "set_option_ok", REPLY_EOF, DE, false, OK, "ok!", 0 },
    { "set_option_err", REPLY_EOF, 0, false, ERR, "err!", 0 },
    { "set_option_row", REPLY_EOF, 0, false, ROW, "bad", 0 },

    { "prepare_bare", REPLY_PREPARE, 0, false, "000700000000000000000000", "prepared!", 0 },
    { "prepare_bare_de", REPLY_PREPARE, DE, false, "000700000000000000000000", "prepared!", 0 },
    { "prepare_both", REPLY_PREPARE, 0, false,
      "000700000001000200000000|" DEF "|" DEF "|" EOF_ "|" DEF "|" EOF_, "prepared - - - - eof!", 0 },
    { "prepare_both_de", REPLY_PREPARE, DE, false, "000700000001000200000000|" DEF "|" DEF "|" DEF,
      "prepared - - - done", 0 },
    { "prepare_params_only", REPLY_PREPARE, 0, false, "000700000000000100000000|" DEF "|" EOF_,
      "prepared - eof!", 0 },
    { "prepare_columns_only_de", REPLY_PREPARE, DE, false, "000700000001000000000000|" DEF, "prepared - done",
      0 },
    { "prepare_counts_that_wrapped", REPLY_PREPARE, 0, false,
      "000700000001000000000000|" DEF "|" DEF "|" DEF "|" EOF_, "prepared - - - eof!", 0 },
    { "prepare_err", REPLY_PREPARE, 0, false, ERR, "err!", 0 },
    { "prepare_err_among_definitions", REPLY_PREPARE, DE, false, "000700000002000000000000|" DEF "|" ERR,
      "prepared - err!", 0 },
    { "prepare_err_before_eof", REPLY_PREPARE, 0, false, "000700000002000000000000|" DEF "|" ERR,
      "prepared - err!", 0 },
    { "prepare_short", REPLY_PREPARE, 0, false, "0007000000", "bad", 0 },
    { "prepare_row", REPLY_PREPARE, 0, false, ROW, "bad", 0 },

    { "empty_packet_at_start", REPLY_GENERIC, 0, false, "", "bad", 0 },
    { "empty_packet_as_definition", REPLY_GENERIC, 0, false, "01|", "- bad", 0 },
    { "empty_packet_as_row", REPLY_GENERIC, DE, false, "01|" DEF "|" ROW "|", "- - - bad", 1 },
    { "infile_without_name", REPLY_GENERIC, 0, false, "fb", "bad", 0 },
    { "count_of_zero", REPLY_GENERIC, 0, false, "fc0000", "bad", 0 },
    { "count_with_surplus", REPLY_GENERIC, 0, false, "0101", "bad", 0 },
    { "count_too_short", REPLY_GENERIC, 0, false, "fc01", "bad", 0 },
    { "count_of_eight_bytes", REPLY_GENERIC, 0, false, "fe0100000000000000", "bad", 0 },
    { "eof_where_a_reply_begins", REPLY_GENERIC, 0, false, EOF_, "bad", 0 },
    { "eof_among_definitions", REPLY_GENERIC, 0, false, "02|" DEF "|" EOF_, "- - bad", 0 },
    { "row_instead_of_definitions_eof", REPLY_GENERIC, 0, false, "01|" DEF "|" ROW, "- - bad", 0 },
    { "short_ok", REPLY_GENERIC, 0, false, "0000000200", "bad", 0 },
    { "short_err", REPLY_GENERIC, 0, false, "ff51", "bad", 0 },
    { "short_ok_as_eof", REPLY_GENERIC, DE, false, "01|" DEF "|fe000002", "- - bad", 0 },
    { "odd_eof", REPLY_GENERIC, 0, false, "01|" DEF "|" EOF_ "|fe000002", "- - - bad", 0 },
    { "ok_with_torn_session_state", REPLY_GENERIC, TRACK, false, "0000000240000000 09", "bad", 0 },
    { "nothing_comes_back", REPLY_NONE, 0, false, OK, "bad", 0 },
    { "dialogues_are_not_followed", REPLY_DIALOGUE, 0, false, OK, "bad", 0 },
};

/* Compares "- - eof!" with the log "pass 40\neof#3(9) … last". */
static void assert_says(const struct script *script, const size_t *sizes, size_t count, const char *log)
{
    size_t passed = 0, packet = 0;
    const char *says = script->says;
    char word[32];
    int used;
    while (sscanf(says, "%31s%n", word, &used) == 1) {
        says += used;
        if (strcmp(word, "-") == 0) {
            assert_true(packet < count);
            passed += sizes[packet++];
            continue;
        }
        if (passed > 0) {
            char line[48];
            (void)snprintf(line, sizeof line, "pass %zu\n", passed);
            assert_memory_equal(log, line, strlen(line));
            log += strlen(line);
            passed = 0;
        }
        bool is_last = word[strlen(word) - 1] == '!';
        word[strlen(word) - (is_last ? 1 : 0)] = '\0';
        assert_memory_equal(log, word, strlen(word));
        const char *end = strchr(log, '\n');
        if (end == NULL)
            return; /* the log ends with done or bad */
        assert_int_equal(is_last, memcmp(end - 4, "last", 4) == 0);
        log = end + 1;
        packet++;
    }
    if (passed > 0)
        assert_non_null(strstr(log, "more"));
    else
        assert_true(log[0] == ' ' || memcmp(log, "more", 4) == 0); /* the log has nothing else */
}

/* Each row above is a test of its own, in every cut. */
static void follow_script(void **state)
{
    const struct script *script = *state;
    struct follow how = { script->shape, script->caps, script->has_cursor, 16384, false, 0 };
    struct text bytes = { 0 }, log = { 0 };
    size_t sizes[32];
    char rows[32];
    size_t count = append_packets(&bytes, script->packets, 1, sizes);
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_says(script, sizes, count, text_cstr(&log));
    (void)snprintf(rows, sizeof rows, " rows=%u ", script->rows);
    assert_non_null(strstr(text_cstr(&log), rows));
    text_fini(&bytes);
    text_fini(&log);
}

/* Bytes after the end of a reply are not read. */
TEST(bytes_after_the_end_stay)
{
    struct follow how = { .shape = REPLY_GENERIC, .caps = DE, .whole_max = 64 };
    struct text bytes = { 0 }, log = { 0 };
    append_packets(&bytes, OK "|" OK, 1, NULL);
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_string_equal(text_cstr(&log), "ok#1(11) s2 w0 a0 i0 t0 e0 id0 c0 p0 last\n rows=0 left=11");
    text_fini(&bytes);
    text_fini(&log);
}

TEST(every_eof_is_handed_out_where_it_matters)
{
    static const struct {
        bool hands_out_eofs;
        uint16_t columns_told;
        const char *eof;
        unsigned seen;
    } rows[] = { { false, 0, EOF_, 1 },        { true, 0, EOF_, 2 },  { false, 1, EOF_, 1 },
                 { true, 1, EOF_, 2 },         { false, 2, EOF_, 2 }, { false, 0, "fe00000204", 2 },
                 { false, 1, "fe00000204", 2 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct follow how = { .shape = REPLY_GENERIC,
                              .whole_max = 16384,
                              .hands_out_eofs = rows[i].hands_out_eofs,
                              .columns_told = rows[i].columns_told };
        struct text bytes = { 0 }, log = { 0 };
        char reply[200];
        (void)snprintf(reply, sizeof reply, "01|" DEF "|%s|" ROW "|" EOF_, rows[i].eof);
        append_packets(&bytes, reply, 1, NULL);
        follow_all_ways(&how, text_span(&bytes), &log);
        unsigned seen = 0;
        for (const char *at = text_cstr(&log); (at = strstr(at, "eof#")) != NULL; at++)
            seen++;
        assert_int_equal(seen, rows[i].seen);
        assert_non_null(strstr(text_cstr(&log), "last\n rows=1 left=0"));
        text_fini(&bytes);
        text_fini(&log);
    }
}

TEST(after_the_end_data_is_bad_and_silence_is_done)
{
    struct tracker tracker;
    struct tracker_info info;
    size_t pass;
    tracker_begin(&tracker, REPLY_NONE, 0, false, 64);
    assert_int_equal(tracker_feed(&tracker, (struct span){ 0 }, &pass, &info), TRACKER_DONE);
    assert_int_equal(tracker_feed(&tracker, SPAN_LITERAL("x"), &pass, &info), TRACKER_BAD);
    assert_int_equal(pass, 0);
}

TEST(numbers_of_control_packets_are_read)
{
    struct follow how = { REPLY_GENERIC, DE | TRACK, false, 16384, false, 0 };
    struct text bytes = { 0 }, log = { 0 };
    append_packets(&bytes, "00 fc0102 07 0240 0300 00 04 01 02 01 61", 1, NULL);
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_string_equal(text_cstr(&log), "ok#1(19) s4002 w3 a513 i7 t4 e0 id0 c0 p0 last\n rows=0 left=0");
    text_clear(&bytes);
    text_clear(&log);
    how.shape = REPLY_PREPARE;
    append_packets(&bytes, "00 07010000 0300 0200 00 0500", 9, NULL);
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_string_equal(text_cstr(&log), "prepared#9(16) s0 w5 a0 i0 t0 e0 id263 c3 p2\nmore rows=0 left=0");
    text_clear(&bytes);
    text_clear(&log);
    append_packets(&bytes, ERR, 1, NULL);
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_string_equal(text_cstr(&log), "err#1(16) s0 w0 a0 i0 t0 e1105 id0 c0 p0 last\n rows=0 left=0");
    text_fini(&bytes);
    text_fini(&log);
}

/* Appends an OK of `len` payload bytes with that status; the info fills the rest. */
static void append_long_ok(struct text *bytes, size_t len, const char *status)
{
    size_t at = packet_begin(bytes);
    append_hex(bytes, "0000 00", '\0');
    append_hex(bytes, status, '\0');
    append_hex(bytes, "0000", '\0');
    wire_put_u8(bytes, 0xFC);
    wire_put_u16(bytes, (uint16_t)(len - 10));
    wire_put_zeros(bytes, len - 10);
    packet_end(bytes, at, 1);
}

TEST(long_ok_is_cut_and_done_follows)
{
    struct follow how = { REPLY_GENERIC, DE | TRACK, false, 64, false, 0 };
    struct text bytes = { 0 }, log = { 0 };
    append_long_ok(&bytes, 61, "0200");
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_string_equal(text_cstr(&log),
                        "ok#1(31) s2 w0 a0 i0 t0 e0 id0 c0 p0 cut\npass 34\ndone rows=0 left=0");
    text_clear(&bytes);
    text_clear(&log);
    append_long_ok(&bytes, 300, "0a00"); /* with MORE_RESULTS the next result follows */
    append_packets(&bytes, OK, 2, NULL);
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_string_equal(text_cstr(&log), "ok#1(31) sa w0 a0 i0 t0 e0 id0 c0 p0 cut\npass 273\n"
                                         "ok#2(11) s2 w0 a0 i0 t0 e0 id0 c0 p0 last\n rows=0 left=0");
    text_clear(&bytes);
    text_clear(&log);
    append_long_ok(&bytes, 60, "0200"); /* the longest OK that is handed out as a whole */
    follow_all_ways(&how, text_span(&bytes), &log);
    assert_non_null(strstr(text_cstr(&log), "ok#1(64)"));
    text_fini(&bytes);
    text_fini(&log);
}

/* ---- rows of 16 MiB ---- */

static void append_fragment(struct text *bytes, uint8_t first, size_t len, uint8_t seq)
{
    wire_put_u32(bytes, (uint32_t)len | (uint32_t)seq << 24);
    char *place = text_reserve(bytes, len);
    assert_non_null(place);
    memset(place, 0xFE, len);
    bytes->len += len;
    if (len > 0)
        place[0] = (char)first;
}

/* In pieces of a little less than 1 MiB, so that headers are cut, too; then byte by byte around every header.
 */
static void assert_follows_large(const struct follow *how, struct span data, const char *want)
{
    struct text log = { 0 };
    follow_run(how, data, 0, 0, &log);
    assert_string_equal(text_cstr(&log), want);
    for (size_t step = (3u << 20) - 7; step < (3u << 20); step++) {
        text_clear(&log);
        follow_run(how, data, step, step, &log);
        assert_string_equal(text_cstr(&log), want);
    }
    text_fini(&log);
}

TEST(continuation_fragments_are_never_classified)
{
    struct follow how = { REPLY_ROWS, DE, false, 16384, false, 0 };
    struct text bytes = { 0 };
    append_fragment(&bytes, 0x01, PACKET_PAYLOAD_MAX, 1);
    /* looks like an ERR, but it is the rest of the row */
    append_fragment(&bytes, 0xFF, 5, 2);
    append_fragment(&bytes, 0xFE, PACKET_PAYLOAD_MAX, 3); /* a row whose first column is huge */
    append_fragment(&bytes, 0x00, 0, 4);                  /* the empty last fragment of that row */
    append_packets(&bytes, DE_OK, 5, NULL);
    assert_follows_large(&how, text_span(&bytes),
                         "pass 33554451\nok#5(11) s2 w0 a0 i0 t0 e0 id0 c0 p0 last\n rows=2 left=0");
    text_fini(&bytes);
}

TEST(ok_of_several_fragments_is_cut_to_its_very_end)
{
    struct follow how = { REPLY_GENERIC, DE, false, UINT32_MAX, false, 0 };
    struct text bytes = { 0 };
    append_fragment(&bytes, 0x00, PACKET_PAYLOAD_MAX, 1);
    memcpy(bytes.data + 4, "\0\0\0\2\0\0\0", 7);
    append_fragment(&bytes, 0x00, 0, 2);
    append_packets(&bytes, OK, 0, NULL); /* of the next reply */
    assert_follows_large(&how, text_span(&bytes),
                         "ok#1(31) s2 w0 a0 i0 t0 e0 id0 c0 p0 cut\npass 16777192\ndone rows=0 left=11");
    text_fini(&bytes);
}

TEST(definition_of_several_fragments_counts_once)
{
    struct follow how = { REPLY_PREPARE, DE, false, 64, false, 0 };
    struct text bytes = { 0 };
    append_packets(&bytes, "000700000001000000000000", 1, NULL);
    append_fragment(&bytes, 0x03, PACKET_PAYLOAD_MAX, 2);
    append_fragment(&bytes, 0xFE, 1, 3);
    assert_follows_large(&how, text_span(&bytes),
                         "prepared#1(16) s0 w0 a0 i0 t0 e0 id7 c1 p0\npass 16777224\ndone rows=0 left=0");
    text_fini(&bytes);
}

/* ---- invalid replies ---- */

/* Packets that resemble those of replies, in any order: the verdict is the same in every cut. */
TEST(garbage_is_judged_alike_in_every_cut)
{
    static const char *const pool[] = { OK,       OK_MORE,    DE_OK, DE_MORE,    EOF_,
                                        EOF_MORE, EOF_CURSOR, ERR,   DEF,        ROW,
                                        "01",     "02",       "",    BINARY_ROW, INFILE,
                                        "ff",     "fe",       "00",  "fb",       "000700000001000200000000" };
    uint64_t seed = 7;
    for (unsigned round = 0; round < 3000; round++) {
        struct follow how = { (enum reply_shape)(next_random(&seed) % 8),
                              (next_random(&seed) % 2 ? DE : 0) | (next_random(&seed) % 2 ? TRACK : 0),
                              next_random(&seed) % 2 == 0,
                              64,
                              false,
                              0 };
        struct text bytes = { 0 }, log = { 0 };
        for (unsigned i = next_random(&seed) % 8; i < 8; i++)
            append_packets(&bytes, pool[next_random(&seed) % (sizeof pool / sizeof pool[0])], (uint8_t)i,
                           NULL);
        if (bytes.len > 0 && next_random(&seed) % 4 == 0)
            bytes.len -= next_random(&seed) % bytes.len;
        follow_all_ways(&how, text_span(&bytes), &log);
        text_fini(&bytes);
        text_fini(&log);
    }
}

#define SCRIPTS (sizeof scripts / sizeof scripts[0])

static int run_scripts(void)
{
    static struct CMUnitTest tests[SCRIPTS];
    for (size_t i = 0; i < SCRIPTS; i++)
        tests[i] = (struct CMUnitTest){ .name = scripts[i].name,
                                        .test_func = follow_script,
                                        .initial_state = (void *)(uintptr_t)&scripts[i] };
    return cmocka_run_group_tests_name("scripts", tests, NULL, NULL);
}

int main(void)
{
    int failed = run_scripts();
    return failed + run_unit_tests(NULL, NULL);
}
