/* Sizes with their units, read and written. */
#include "../base/unit.h"

#include "settings/size.h"

TEST(sizes_are_exact)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = { { "0", 0 },
                 { "512B", 512 },
                 { "16KiB", 16384 },
                 { "1MiB", 1 << 20 },
                 { "3GiB", 3ULL << 30 },
                 { "17179869183GiB", 17179869183ULL << 30 },
                 { "1025KiB", 1025 << 10 },
                 { "1023B", 1023 },
                 { "9B", 9 } };
    static const char *const bad[] = { "",
                                       "16",
                                       "KiB",
                                       "16kib",
                                       "1KB",
                                       "1.5MiB",
                                       "-1B",
                                       "17179869184GiB",
                                       "16 KiB",
                                       "16KiBs",
                                       "99999999999999999999B" };
    char buffer[32];
    uint64_t bytes;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct span exact = exact_copy(span_cstr(good[i].text));
        assert_true(size_parse(exact, &bytes));
        drop_copy(exact);
        assert_int_equal(bytes, good[i].bytes);
        assert_string_equal(size_format(bytes, buffer, sizeof buffer), good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(size_parse(span_cstr(bad[i]), &bytes));
    assert_true(size_parse(SPAN_LITERAL("0GiB"), &bytes) && bytes == 0);
    assert_true(size_parse(SPAN_LITERAL("18446744073709551615B"), &bytes) && bytes == UINT64_MAX);
    assert_string_equal(size_format(1536, buffer, sizeof buffer), "1536B");
}

RUN_TESTS(NULL, NULL)
