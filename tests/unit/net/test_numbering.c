#include "../base/unit.h"

#include "net/numbering.h"

/* A packet of two bytes. */
#define PACKET(number) "\2\0\0" number "ab"

static void check(const char *sent, size_t sent_len, const char *received, const char *expected, size_t len)
{
    for (size_t step = 1; step <= len; step++) {
        struct numbering numbering = { .last = 77 };
        uint8_t bytes[64];
        assert_true(len <= sizeof bytes);
        memcpy(bytes, received, len);
        for (size_t at = 0; at < sent_len; at += step)
            numbering_note(&numbering, (const uint8_t *)sent + at,
                           sent_len - at < step ? sent_len - at : step);
        for (size_t at = 0; at < len; at += step)
            numbering_correct(&numbering, bytes + at, len - at < step ? len - at : step);
        assert_memory_equal(bytes, expected, len);
    }
}

#define CHECK(sent, received, expected) check(sent, sizeof sent - 1, received, expected, sizeof expected - 1)

TEST(packets_of_an_answer_follow_the_commands)
{
    CHECK(PACKET("\0"), PACKET("\3") PACKET("\4") PACKET("\x9"), PACKET("\1") PACKET("\2") PACKET("\3"));
    CHECK(PACKET("\0") PACKET("\0"), PACKET("\2"), PACKET("\1"));
    CHECK(PACKET("\2") PACKET("\3") "\0\0\0\4", PACKET("\2"), PACKET("\5"));
    CHECK("\0\0\0\xfe", PACKET("\1") "\0\0\0\2" PACKET("\3"), PACKET("\xff") "\0\0\0\0" PACKET("\1"));
}

TEST(a_servers_last_word_keeps_its_number)
{
    CHECK(PACKET("\0"), PACKET("\0"), PACKET("\0"));
    CHECK("\0\0\0\xff", PACKET("\3") PACKET("\0"), PACKET("\0") PACKET("\1"));
}

RUN_TESTS(NULL, NULL)
