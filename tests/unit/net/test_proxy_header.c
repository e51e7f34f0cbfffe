#include "../base/unit.h"

#include "net/proxy_header.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V1(literal)                                                                                          \
    {                                                                                                        \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                      \
    }
#define V2(literal) V1(SIGNATURE literal)

/* 192.0.2.7:56324 to 198.51.100.1:6033 */
#define TCP4 "\xC0\0\x02\x07\xC6\x33\x64\x01\xDC\x04\x17\x91"

struct row {
    struct span bytes;
    enum proxy_verdict verdict;
    size_t rest; /* bytes after the header */
    const char *from, *to;
    const char *tls; /* NULL: none */
    bool has_certificate;
    const char *says; /* of PROXY_BAD */
};

static const struct row rows[] = {
    { V1("PROXY TCP4 192.0.2.7 198.51.100.1 56324 6033\r\n"), PROXY_DONE, 0, "192.0.2.7:56324",
      "198.51.100.1:6033", NULL, false, NULL },
    { V1("PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n\x01"), PROXY_DONE, 1, "[2001:db8::7]:0",
      "[2001:db8::1]:65535", NULL, false, NULL },
    { V1("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"), PROXY_DONE, 0, "192.0.2.7:1", "[::1]:2", NULL, false,
      NULL },
    { V1("PROXY UNKNOWN\r\n"), PROXY_DONE, 0, "-", "-", NULL, false, NULL },
    { V1("PROXY UNKNOWN ffff:: x y z and more\r\nabc"), PROXY_DONE, 3, "-", "-", NULL, false, NULL },
    { V1("PROXY TCP4 192.0.2.7 198.51.100.1 56324 06033\r\n"), PROXY_BAD, 0, "", "", NULL, false,
      "neither TCP4" },
    { V1("PROXY TCP4 192.0.2.7 198.51.100.1 56324 65536\r\n"), PROXY_BAD, 0, "", "", NULL, false,
      "neither TCP4" },
    { V1("PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n"), PROXY_BAD, 0, "", "", NULL, false, "neither TCP4" },
    { V1("PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n"), PROXY_BAD, 0, "", "", NULL, false, "neither TCP4" },
    { V1("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n"), PROXY_BAD, 0, "", "", NULL, false, "neither TCP4" },
    { V1("PROXY TCP4 ::1 ::1 1 2\r\n"), PROXY_BAD, 0, "", "", NULL, false, "neither TCP4" },
    { V1("PROXY TCP6 192.0.2.7 192.0.2.7 1 2\r\n"), PROXY_BAD, 0, "", "", NULL, false, "neither TCP4" },
    { V1("PROXY UDP4 192.0.2.7 192.0.2.7 1 2\r\n"), PROXY_BAD, 0, "", "", NULL, false, "neither TCP4" },
    { V1("PROXY \r\n"), PROXY_BAD, 0, "", "", NULL, false, "neither TCP4" },
    { V1("PROXY \n"), PROXY_BAD, 0, "", "", NULL, false, "without an end of line" },
    { V1("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n"), PROXY_BAD, 0, "", "", NULL, false,
      "without an end of line" },
    { V1("PROXY TCP4 1.2.3.4 1.2.3.4 1 2       1         2         3         4         5         6"
         "         7         8\r\n"),
      PROXY_BAD, 0, "", "", NULL, false, "without an end of line" },
    { V1("proxy TCP4"), PROXY_NONE, 0, "", "", NULL, false, NULL },
    { V1("\x4f\x00\x00\x01"), PROXY_NONE, 0, "", "", NULL, false, NULL },
    { V1("\r\n\r\r"), PROXY_NONE, 0, "", "", NULL, false, NULL },
    { V2("\x21\x11\0\x0C" TCP4), PROXY_DONE, 0, "192.0.2.7:56324", "198.51.100.1:6033", NULL, false, NULL },
    { V2("\x21\x11\0\x0C" TCP4 "\0\x17\x91"), PROXY_DONE, 3, "192.0.2.7:56324", "198.51.100.1:6033", NULL,
      false, NULL },
    { V2("\x21\x21\0\x24 \x01\r\xB8\0\0\0\0\0\0\0\0\0\0\0\x07 "
         "\x01\r\xB8\0\0\0\0\0\0\0\0\0\0\0\x01\xDC\x04\x17\x91"),
      PROXY_DONE, 0, "[2001:db8::7]:56324", "[2001:db8::1]:6033", NULL, false, NULL },
    { V2("\x20\0\0\0"), PROXY_DONE, 0, "-", "-", NULL, false, NULL },
    { V2("\x20\x11\0\x0C" TCP4), PROXY_DONE, 0, "-", "-", NULL, false, NULL },
    { V2("\x20\xFF\0\x02\x20\xFF"), PROXY_DONE, 0, "-", "-", NULL, false, NULL }, /* ignored: it is LOCAL */
    { V2("\x21\0\0\0"), PROXY_DONE, 0, "-", "-", NULL, false, NULL },
    { V2("\x21\x12\0\x0C" TCP4), PROXY_BAD, 0, "", "", NULL, false, "family 0x12 and 12 bytes" },
    { V2("\x21\x11\0\x0B\xC0\0\x02\x07\xC6\x33\x64\x01\xDC\x04\x17"), PROXY_BAD, 0, "", "", NULL, false,
      "family 0x11 and 11 bytes" },
    { V2("\x21\x21\0\x0C" TCP4), PROXY_BAD, 0, "", "", NULL, false, "family 0x21 and 12 bytes" },
    { V2("\x21\x31\0\x0C" TCP4), PROXY_BAD, 0, "", "", NULL, false, "family 0x31 and 12 bytes" },
    { V2("\x22\x11\0\x0C" TCP4), PROXY_BAD, 0, "", "", NULL, false, "version and command 0x22" },
    { V2("\x11\x11\0\x0C" TCP4), PROXY_BAD, 0, "", "", NULL, false, "version and command 0x11" },
    { V2("\x21\x11\x0F\xF1"), PROXY_BAD, 0, "", "", NULL, false, "header of 4097 bytes; at most 4096" },
    /* TLVs: a NOOP of 4 bytes */
    { V2("\x21\x11\0\x13" TCP4 "\x04\0\x04\0\0\0\0"), PROXY_DONE, 0, "192.0.2.7:56324", "198.51.100.1:6033",
      NULL, false, NULL },
    { V2("\x21\x11\0\x12" TCP4 "\x04\0\x04\0\0\0"), PROXY_BAD, 0, "", "", NULL, false, "cut off" },
    { V2("\x21\x11\0\x0E" TCP4 "\x04\0"), PROXY_BAD, 0, "", "", NULL, false, "cut off" },
    /* TLS, no certificate */
    { V2("\x21\x11\0\x1E" TCP4 "\x20\0\x0F\x01\0\0\0\0\x21\0\x07TLSv1.3"), PROXY_DONE, 0, "192.0.2.7:56324",
      "198.51.100.1:6033", "TLSv1.3", false, NULL },
    /* a certificate on this connection, verified; the version has an unprintable byte */
    { V2("\x21\x11\0\x1E" TCP4 "\x20\0\x0F\x03\0\0\0\0\x21\0\x07TLSv\t.3"), PROXY_DONE, 0, "192.0.2.7:56324",
      "198.51.100.1:6033", "", true, NULL },
    /* a certificate that was not verified */
    { V2("\x21\x11\0\x14" TCP4 "\x20\0\x05\x03\0\0\0\x01"), PROXY_DONE, 0, "192.0.2.7:56324",
      "198.51.100.1:6033", "", false, NULL },
    /* flags of a certificate without TLS mean nothing */
    { V2("\x21\x11\0\x1E" TCP4 "\x20\0\x0F\x06\0\0\0\0\x21\0\x07TLSv1.3"), PROXY_DONE, 0, "192.0.2.7:56324",
      "198.51.100.1:6033", NULL, false, NULL },
    { V2("\x21\x11\0\x13" TCP4 "\x20\0\x04\x01\0\0\0"), PROXY_BAD, 0, "", "", NULL, false, "cut off" },
    { V2("\x21\x11\0\x1E" TCP4 "\x20\0\x0F\x01\0\0\0\0\x21\0\x08TLSv1.3"), PROXY_BAD, 0, "", "", NULL, false,
      "cut off" },
    { V2("\x21\x11\0\x13" TCP4 "\x03\0\x04\0\0\0\0"), PROXY_BAD, 0, "", "", NULL, false, "wrong checksum" },
    /* computed with the table of RFC 3720's appendix, which gives E3069283 for "123456789" */
    { V2("\x21\x11\0\x13" TCP4 "\x03\0\x04\xCF\x98\x38\x7F"), PROXY_DONE, 0, "192.0.2.7:56324",
      "198.51.100.1:6033", NULL, false, NULL },
    { V2("\x21\x11\0\x12" TCP4 "\x03\0\x03\0\0\0"), PROXY_BAD, 0, "", "", NULL, false, "cut off" },
};

static void check(const struct row *row, size_t i)
{
    struct proxy_header header;
    struct error err = { 0 };
    char text[ADDR_TEXT_MAX];
    size_t len = 0;
    enum proxy_verdict verdict = proxy_header_read(row->bytes, &header, &len, &err);
    assert_row(verdict == row->verdict, "row %zu: %d %s", i, (int)verdict, err.text);
    if (verdict == PROXY_BAD)
        assert_row(strstr(err.text, row->says) != NULL, "row %zu: %s", i, err.text);
    if (verdict != PROXY_DONE)
        return;
    assert_row(len + row->rest == row->bytes.len, "row %zu: %zu", i, len);
    assert_row(strcmp(addr_format(&header.from, text), row->from) == 0, "row %zu: %s", i, text);
    assert_row(strcmp(addr_format(&header.to, text), row->to) == 0, "row %zu: %s", i, text);
    assert_row(header.is_local == (row->from[0] == '-'), "row %zu", i);
    assert_row(header.has_tls == (row->tls != NULL), "row %zu", i);
    assert_row(strcmp(header.tls_version, row->tls != NULL ? row->tls : "") == 0, "row %zu", i);
    assert_row(header.has_certificate == row->has_certificate, "row %zu", i);
}

TEST(headers_read_whole)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check(&rows[i], i);
}

/* Only the bytes of the header are looked at, and no earlier verdict than at the last byte that matters. */
TEST(every_beginning_of_a_header_asks_for_more)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        for (size_t cut = 0; row->verdict == PROXY_DONE && cut < row->bytes.len - row->rest; cut++) {
            struct proxy_header header;
            size_t len = 0;
            enum proxy_verdict verdict =
                proxy_header_read(span_of(row->bytes.data, cut), &header, &len, NULL);
            assert_row(verdict == PROXY_MORE, "row %zu cut at %zu: %d", i, cut, (int)verdict);
        }
    }
}

TEST(what_is_written_reads_back)
{
    static const struct {
        const char *from, *to;
        const char *v1;
        bool is_local;
    } ends[] = {
        { "192.0.2.7:56324", "198.51.100.1:6033", "PROXY TCP4 192.0.2.7 198.51.100.1 56324 6033\r\n", false },
        { "[2001:db8::7]:1", "[2001:db8::1]:2", "PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", false },
        { "192.0.2.7:1", "[2001:db8::1]:2", "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 1 2\r\n", false },
        { "/a", "198.51.100.1:6033", "PROXY UNKNOWN\r\n", true },
        { "198.51.100.1:6033", "/a", "PROXY UNKNOWN\r\n", true },
    };
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        for (int version = PROXY_V1; version <= PROXY_V2; version++) {
            struct text out = { 0 };
            struct addr from, to;
            struct proxy_header header;
            size_t len = 0;
            assert_true(addr_parse(ends[i].from, &from, NULL) && addr_parse(ends[i].to, &to, NULL));
            const struct proxy_ends known = proxy_ends_of(&from, &to);
            assert_int_equal(known.is_known, !ends[i].is_local);
            proxy_header_append((enum proxy_version)version, &known, &out);
            if (version == PROXY_V1)
                assert_string_equal(text_cstr(&out), ends[i].v1);
            assert_int_equal(proxy_header_read(text_span(&out), &header, &len, NULL), PROXY_DONE);
            assert_int_equal(len, out.len);
            assert_int_equal(header.is_local, ends[i].is_local);
            assert_true(header.is_local || (addr_equal(&header.from, &from) && addr_equal(&header.to, &to)));
            text_fini(&out);
        }
}

TEST(clients_of_this_machine)
{
    static const struct {
        const char *from;
        bool is_local;
    } clients[] = {
        { "127.0.0.1:1", true },  { "127.255.0.9:1", true }, { "[::1]:1", true },
        { "/run/x", true },       { "126.0.0.1:1", false },  { "[::2]:1", false },
        { "192.0.2.7:1", false }, { "[7f00::1]:1", false },
    };
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        struct addr from, to;
        assert_true(addr_parse(clients[i].from, &from, NULL) && addr_parse("192.0.2.1:1", &to, NULL));
        const struct proxy_ends ends = proxy_ends_of(&from, &to);
        assert_row(proxy_ends_are_local(&ends) == clients[i].is_local, "%s", clients[i].from);
    }
}

RUN_TESTS(NULL, NULL)
