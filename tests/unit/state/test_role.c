/* SET ROLE: which roles can be said again on another connection, and what the session has after it. */
#include "../base/unit.h"

#include "state/facet.h"
#include "state/role.h"

static const struct {
    const char *name;
    bool is_string, is_constant;
    const char *said; /* "": it cannot be said again */
} reads[] = {
    { "r", false, true, "r" }, { "clerk", true, true, "'clerk'" }, { "clerk", false, false, "" },
    { "", false, true, "" },   { "caf\xc3\xa9", false, true, "" },
};

TEST(role_of_neutral_characters_can_be_said_again)
{
    for (size_t i = 0; i < COUNT_OF(reads); i++) {
        struct pending_set changes = { 0 };
        const struct setvar_change change = { .value = span_cstr(reads[i].name),
                                              .is_string = reads[i].is_string,
                                              .is_constant = reads[i].is_constant };
        role_read(&changes, &change, change.value);
        assert_true(changes.sets_role);
        assert_span(text_span(&changes.role), reads[i].said);
        assert_row(changes.needs_pin == (reads[i].said[0] == '\0'), "row %zu", i);
        assert_row(changes.has_others == !reads[i].is_constant, "row %zu", i);
        text_fini(&changes.role);
    }
}

TEST(each_connection_gets_the_last_role_once)
{
    struct facets facets = { 0 };
    struct slot first = { 0 }, second = { 0 };
    struct pending_set changes = { 0 };
    struct replay_command command = { 0 };
    const struct job job = { .pending_set = &changes };
    const struct replay replay = { .facets = &facets, .job = &job, .slot = &second, .task = SYNC_ROLE };
    assert_true(facet_role.commit(&facets, &job, &first, 1)); /* another SET */
    assert_true(facets.role.version == 0 && facets.set == 0 && !facets.role.is_unsayable);
    assert_int_equal(facet_role.lacks(&replay), SYNC_NOTHING);
    assert_int_equal(facet_role.left(&facets, &first), LEFT_KNOWN);
    changes.sets_role = true;
    for (uint64_t version = 1; version <= 2; version++) {
        text_clear(&changes.role);
        assert_true(text_append_cstr(&changes.role, version == 1 ? "clerk" : "ALL"));
        assert_true(facet_role.commit(&facets, &job, &first, 1));
        assert_true(facets.role.version == version && first.role_version == version);
        assert_int_equal(facets.set, facet_bit(FACET_ROLE));
        assert_int_equal(facet_role.lacks(&replay), SYNC_ROLE);
        text_clear(&command.argument);
        facet_role.say(&replay, &command);
        assert_span(text_span(&command.argument), version == 1 ? "SET ROLE clerk" : "SET ROLE ALL");
        facet_role.note(&replay);
        assert_int_equal(facet_role.lacks(&replay), SYNC_NOTHING);
    }
    assert_int_equal(facet_role.left(&facets, &(struct slot){ 0 }), LEFT_LASTING);
    text_clear(&changes.role); /* a role that cannot be said again: the session keeps its connection */
    assert_false(facet_role.commit(&facets, &job, &first, 1));
    assert_true(facets.role.is_unsayable && facets.role.version == 2);
    role_note_login(&facets);
    assert_true(facets.role.version == 0 && facets.role.said.len == 0 && !facets.role.is_unsayable);
    assert_int_equal(facet_role.left(&facets, &first), LEFT_LASTING);
    assert_int_equal(facet_role.left(&facets, &(struct slot){ 0 }), LEFT_KNOWN);
    text_fini(&changes.role);
    text_fini(&command.argument);
    text_fini(&facets.role.said);
}

RUN_TESTS(NULL, NULL)
