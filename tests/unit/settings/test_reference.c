/* The sample file, the reference page and the manual page of one schema, as a whole. */
#include "../base/unit.h"

#include "settings/reference.h"
#include "settings/schema.h"

/* Wider than a line of the sample. */
#define TEN "----------"
#define WIDE TEN TEN TEN TEN TEN TEN TEN TEN TEN "12345678"

static const struct setting_word modes[] = { { .name = "soft", .value = 1 },
                                             { .name = "gone", .is_absent = true },
                                             { .name = "hard", .value = 2 },
                                             { .name = NULL } };
static const struct setting_word levels[] = { { .name = "auto", .value = 0 }, { .name = NULL } };

static const struct setting lamp_rows[] = {
    { .name = "name", .type = SETTING_STRING, .is_required = true, .example = "l1", .doc = "Its name." },
    { .name = "watts", .type = SETTING_INTEGER, .min = 1, .max = 60, .fallback = "40", .doc = "Its power." },
};
static const struct section lamp_section = {
    .name = "lamp", .doc = "A lamp.", SECTION_ROWS(lamp_rows), .is_list = true
};
static const struct setting heat_rows[] = {
    { .name = "level", .type = SETTING_INTEGER, .words = levels, .fallback = "auto", .doc = "From | to." },
    { .name = "lamps", .type = SETTING_LIST, .section = &lamp_section, .doc = "In the oven." },
};
static const struct section heat_section = { .name = "heat", .doc = "The heating.", SECTION_ROWS(heat_rows) };
static const struct setting rows[] = {
    { .name = "path",
      .type = SETTING_STRING,
      .example = "/x",
      .doc = "This sentence has one hundred columns less two, so that the line of its comment is wholly full "
             "and "
             "and these words are on the next line." },
    { .name = "painted", .type = SETTING_BOOL, .fallback = "true", .doc = WIDE "tail" },
    { .name = "offset", .type = SETTING_INTEGER, .fallback = "-5", .doc = "A number." },
    { .name = "mode",
      .type = SETTING_ENUM,
      .words = modes,
      .fallback = "soft",
      .doc = "How.",
      .effect = EFFECT_RESTART },
    { .name = "wait",
      .type = SETTING_DURATION,
      .min = 1000,
      .max = 60000000,
      .may_be_off = true,
      .fallback = "1s",
      .doc = "How long." },
    { .name = "room",
      .type = SETTING_SIZE,
      .min = 1024,
      .max = 1 << 20,
      .fallback = "16KiB",
      .doc = "How much." },
    { .name = "heat", .type = SETTING_GROUP, .section = &heat_section },
    { .name = "lamps",
      .type = SETTING_LIST,
      .section = &lamp_section,
      .is_required = true,
      .more = "{ name = \"l2\"; }\n{ name = \"l3\"; }" },
};
static const struct section root = { .name = "", .doc = "A house.", SECTION_ROWS(rows) };

static const char sample[] =
    "# A house.\n"
    "\n"
    "# This sentence has one hundred columns less two, so that the line of its comment is wholly full and\n"
    "# and these words are on the next line.\n"
    "#path = \"/x\";\n"
    "\n"
    "# ------------------------------------------------------------------------------------------12345678\n"
    "# tail\n"
    "#painted = true;\n"
    "\n"
    "# A number.\n"
    "#offset = -5;\n"
    "\n"
    "# How.\n"
    "#mode = \"soft\";\n"
    "\n"
    "# How long.\n"
    "#wait = \"1s\";\n"
    "\n"
    "# How much.\n"
    "#room = \"16KiB\";\n"
    "\n"
    "# The heating.\n"
    "heat: {\n"
    "    # From | to.\n"
    "    #level = \"auto\";\n"
    "\n"
    "    # In the oven.\n"
    "    #lamps = ( { name = \"l1\"; } );\n"
    "};\n"
    "\n"
    "# A lamp.\n"
    "lamps = (\n"
    "    {\n"
    "        # Its name.\n"
    "        name = \"l1\";\n"
    "\n"
    "        # Its power.\n"
    "        #watts = 40;\n"
    "    },\n"
    "    { name = \"l2\"; },\n"
    "    { name = \"l3\"; }\n"
    ");\n";

static const char page[] =
    "# Configuration reference\n"
    "\n"
    "Written from the tables by `config_write_reference`; change the rows, not this page.\n"
    "\n"
    "## Top level\n"
    "\n"
    "A house.\n"
    "\n"
    "| key | value | default | takes effect | |\n"
    "|---|---|---|---|---|\n"
    "| `path` | string |  | now | This sentence has one hundred columns less two, so that the line of its "
    "comment is wholly full and and these words are on the next line. |\n"
    "| `painted` | true or false | true | now | "
    "------------------------------------------------------------------------------------------12345678tail "
    "|\n"
    "| `offset` | number | -5 | now | A number. |\n"
    "| `mode` | \"soft\", \"hard\" | soft | restart | How. |\n"
    "| `wait` | \"1ms\" to \"1m\", \"off\" | 1s | now | How long. |\n"
    "| `room` | \"1KiB\" to \"1MiB\" | 16KiB | now | How much. |\n"
    "\n"
    "## heat\n"
    "\n"
    "The heating.\n"
    "\n"
    "| key | value | default | takes effect | |\n"
    "|---|---|---|---|---|\n"
    "| `level` | number, \"auto\" | auto | now | From \\| to. |\n"
    "\n"
    "## heat.lamps[]\n"
    "\n"
    "A lamp.\n"
    "\n"
    "| key | value | default | takes effect | |\n"
    "|---|---|---|---|---|\n"
    "| `name` | string | required | now | Its name. |\n"
    "| `watts` | 1 to 60 | 40 | now | Its power. |\n"
    "\n"
    "## lamps[]\n"
    "\n"
    "A lamp.\n"
    "\n"
    "| key | value | default | takes effect | |\n"
    "|---|---|---|---|---|\n"
    "| `name` | string | required | now | Its name. |\n"
    "| `watts` | 1 to 60 | 40 | now | Its power. |\n"
    "\n";

static const char manual[] =
    ".SS \"Top level\"\n"
    "Outside of all groups.\n"
    ".TP\n"
    ".B \"path\"\n"
    "This sentence has one hundred columns less two, so that the line\n"
    "of its comment is wholly full and and these words are on the next\n"
    "line.\n"
    ".br\n"
    "string; a change takes effect: now.\n"
    ".TP\n"
    ".B \"painted\"\n"
    "\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-"
    "\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-"
    "\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-\\-12345678tail\n"
    ".br\n"
    "true or false; default true; a change takes effect: now.\n"
    ".TP\n"
    ".B \"offset\"\n"
    "A number.\n"
    ".br\n"
    "number; default \\-5; a change takes effect: now.\n"
    ".TP\n"
    ".B \"mode\"\n"
    "How.\n"
    ".br\n"
    "\\(dqsoft\\(dq, \\(dqhard\\(dq; default soft; a change takes effect:\n"
    "restart.\n"
    ".TP\n"
    ".B \"wait\"\n"
    "How long.\n"
    ".br\n"
    "\\(dq1ms\\(dq to \\(dq1m\\(dq, \\(dqoff\\(dq; default 1s; a change takes\n"
    "effect: now.\n"
    ".TP\n"
    ".B \"room\"\n"
    "How much.\n"
    ".br\n"
    "\\(dq1KiB\\(dq to \\(dq1MiB\\(dq; default 16KiB; a change takes\n"
    "effect: now.\n"
    ".SS \"heat\"\n"
    "The heating.\n"
    ".TP\n"
    ".B \"level\"\n"
    "From | to.\n"
    ".br\n"
    "number, \\(dqauto\\(dq; default auto; a change takes effect: now.\n"
    ".SS \"heat.lamps[]\"\n"
    "A lamp.\n"
    ".TP\n"
    ".B \"name\"\n"
    "Its name.\n"
    ".br\n"
    "string; required; a change takes effect: now.\n"
    ".TP\n"
    ".B \"watts\"\n"
    "Its power.\n"
    ".br\n"
    "1 to 60; default 40; a change takes effect: now.\n"
    ".SS \"lamps[]\"\n"
    "A lamp.\n"
    ".TP\n"
    ".B \"name\"\n"
    "Its name.\n"
    ".br\n"
    "string; required; a change takes effect: now.\n"
    ".TP\n"
    ".B \"watts\"\n"
    "Its power.\n"
    ".br\n"
    "1 to 60; default 40; a change takes effect: now.\n";

TEST(rows_are_printed_in_three_forms)
{
    static const struct {
        void (*print)(const struct section *root, struct text *out);
        const char *want;
    } forms[] = { { reference_sample, sample }, { reference_page, page }, { reference_manual, manual } };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct text out = { 0 };
        forms[i].print(&root, &out);
        assert_string_equal(text_cstr(&out), forms[i].want);
        text_fini(&out);
    }
}

RUN_TESTS(NULL, NULL)
