/* No body crashes the reader. Names lie inside the text and together are no longer than it. A block around a
 * body hides none of its effects. The first byte chooses the dialect, the second one the kind and parameters.
 */
#include "stored_code/stored_code.h"

#include "../tokens/dialect.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct span text;
    size_t names;
};

static void check_inside(struct span part, struct span whole)
{
    assert(part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len));
}

static void see(void *owner, const struct code_name *name)
{
    struct seen *seen = owner;
    check_inside(name->schema, seen->text);
    check_inside(name->name, seen->text);
    assert(name->kind == CODE_FUNCTION || name->kind == CODE_PROCEDURE || name->kind == CODE_TABLE);
    assert(!name->is_written || name->kind == CODE_TABLE);
    assert(++seen->names <= seen->text.len);
}

static unsigned read_body(const struct code_text *text, const struct sql_dialect *dialect)
{
    struct seen seen = { .text = text->body };
    char words[400];
    unsigned effects = stored_code_read(text, dialect, see, &seen);
    assert(effects < CODE_ASKS_ID << 1);
    code_effects_words(effects, words, sizeof words);
    assert((effects == 0) == (words[0] == '\0'));
    return effects;
}

static unsigned read_in_block(const struct code_text *text, const struct sql_dialect *dialect)
{
    static const char before[] = "BEGIN ", after[] = "\n; END";
    size_t len = text->body.len;
    uint8_t *copy = malloc(sizeof before + len + sizeof after);
    assert(copy != NULL);
    memcpy(copy, before, sizeof before - 1);
    memcpy(copy + sizeof before - 1, text->body.data, len);
    memcpy(copy + sizeof before - 1 + len, after, sizeof after - 1);
    struct code_text around = *text;
    around.body = span_of(copy, sizeof before - 1 + len + sizeof after - 1);
    unsigned effects = read_body(&around, dialect);
    free(copy);
    return effects;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct span parameters = SPAN_LITERAL("(IN a INT, OUT `b` DECIMAL(10,2), sql_mode TEXT)");
    if (size < 3)
        return 0;
    struct sql_dialect dialect = fuzz_dialect(data[0]);
    dialect.oracle = data[0] & 128;
    struct code_text text = { .kind = (enum code_kind)(data[1] % (CODE_TABLE + 1)),
                              .parameters = (data[1] & 64) != 0 ? parameters : (struct span){ 0 },
                              .body = span_of(data + 2, size - 2) };
    unsigned alone = read_body(&text, &dialect);
    if (text.kind == CODE_TABLE)
        return 0;
    unsigned inside = read_in_block(&text, &dialect);
    assert((inside & CODE_UNKNOWN) != 0 || (alone & ~(unsigned)CODE_UNKNOWN & ~inside) == 0);
    return 0;
}
