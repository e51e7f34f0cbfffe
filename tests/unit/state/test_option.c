/* COM_SET_OPTION: its command, and the connections that get it. */
#include "../base/unit.h"

#include "mysql/command.h"
#include "state/option.h"

TEST(each_connection_gets_the_last_option_once)
{
    static const char arguments[2][2] = { { 1, 0 }, { 0, 0 } }; /* 0: several statements are allowed */
    for (int is_multi = 0; is_multi < 2; is_multi++) {
        struct facets facets = { 0 };
        struct slot first = { 0 }, second = { 0 };
        struct replay_command command = { .shape = REPLY_GENERIC, .byte = COM_QUERY };
        const struct replay replay = { .facets = &facets, .slot = &second, .task = SYNC_OPTION };
        assert_int_equal(facet_option.lacks(&replay), SYNC_NOTHING);
        assert_int_equal(facet_option.left(&facets, &first), LEFT_KNOWN);
        option_note_done(&facets, is_multi != 0, &first);
        assert_true(first.option_version == 1 && facets.option.version == 1);
        assert_int_equal(facets.set, facet_bit(FACET_OPTION));
        assert_int_equal(facet_option.lacks(&replay), SYNC_OPTION);
        facet_option.say(&replay, &command);
        assert_true(command.byte == COM_SET_OPTION && command.shape == REPLY_EOF);
        assert_int_equal(command.argument.len, 2);
        assert_memory_equal(command.argument.data, arguments[is_multi], 2);
        text_fini(&command.argument);
        facet_option.note(&replay);
        assert_int_equal(facet_option.lacks(&replay), SYNC_NOTHING);
        assert_int_equal(facet_option.left(&facets, &first), LEFT_LASTING);
        option_note_login(&facets);
        assert_int_equal(facet_option.left(&facets, &first), LEFT_KNOWN);
    }
}

RUN_TESTS(NULL, NULL)
