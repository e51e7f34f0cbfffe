/* Result sets that headgate sends, packet for packet. */
#include "bytes.h"

#include "mysql/caps.h"
#include "mysql/resultset.h"

/* Definitions, in the extended form with a 00 more; rows. */
#define COLUMN(name, extended, rest) "03646566 00 00 00 01" name " 00 " extended "0c " rest " 0000|"
#define COLUMNS(extended)                                                                                    \
    "04|" COLUMN("61", extended, "2100 1e000000 fd 0000 00")                                                 \
        COLUMN("62", extended, "3f00 14000000 08 8080 00")                                                   \
            COLUMN("63", extended, "3f00 15000000 08 8100 00")                                               \
                COLUMN("64", extended, "3f00 16000000 05 8080 1f")
#define ROWS "02 7879 0131 0132 03312e35|fb 00 0130 fb|"

static const struct {
    uint64_t caps;
    const char *packets;
} rows[] = {
    { 0, COLUMNS("") "fe 0700 0200|" ROWS "fe 0700 0200" },
    { CAP_DEPRECATE_EOF, COLUMNS("") ROWS "fe 00 00 0200 0700" },
    { CAP_DEPRECATE_EOF | CAP_MARIADB_EXTENDED_METADATA, COLUMNS("00 ") ROWS "fe 00 00 0200 0700" },
};

TEST(every_type_in_every_form)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text out = { 0 }, want = { 0 };
        struct resultset set;
        resultset_begin(&set, &out, 3, rows[i].caps, STATUS_AUTOCOMMIT, 4);
        set.warnings = 7;
        resultset_column(&set, "a", RESULTSET_TEXT, 10);
        resultset_column(&set, "b", RESULTSET_INTEGER, 20);
        resultset_column(&set, "c", RESULTSET_COUNT, 21);
        resultset_column(&set, "d", RESULTSET_REAL, 22);
        resultset_body(&set);
        resultset_value(&set, SPAN_LITERAL("xy"));
        resultset_value(&set, SPAN_LITERAL("1"));
        resultset_value(&set, SPAN_LITERAL("2"));
        resultset_value(&set, SPAN_LITERAL("1.5"));
        resultset_null(&set);
        resultset_value(&set, SPAN_NONE);
        resultset_value(&set, SPAN_LITERAL("0"));
        resultset_null(&set);
        resultset_end(&set);
        (void)append_packets(&want, rows[i].packets, 3, NULL);
        assert_int_equal(out.len, want.len);
        assert_memory_equal(out.data, want.data, want.len);
        text_fini(&out);
        text_fini(&want);
    }
}

RUN_TESTS(NULL, NULL)
