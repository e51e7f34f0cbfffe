#include "ctl/completion.h"

const char *completion_at(struct completion *completion, size_t index)
{
    size_t at = 0;
    while (at < completion->words.len && index-- > 0)
        at += strlen(completion->words.data + at) + 1;
    return at < completion->words.len ? completion->words.data + at : NULL;
}

void completion_fini(struct completion *completion)
{
    text_fini(&completion->words);
}

static bool begins(struct span text, struct span start)
{
    return text.len >= start.len && span_equal_nocase(span_of(text.data, start.len), start);
}

void completion_add(struct completion *completion, struct span word, struct span typed)
{
    const char *there;
    if (word.len == 0 || !begins(word, typed))
        return;
    for (size_t i = 0; (there = completion_at(completion, i)) != NULL; i++)
        if (span_is(word, there))
            return;
    size_t len = completion->words.len;
    (void)text_append_span(&completion->words, word);
    if (!text_append_byte(&completion->words, '\0'))
        completion->words.len = len;
}

void completion_commands(struct completion *completion, const struct json_table *help, struct span before,
                         struct span typed)
{
    for (size_t i = 0; i < json_table_rows(help); i++) {
        struct span command = span_cstr(json_table_text(help, i, "command"));
        if (command.len <= before.len || !begins(command, before))
            continue;
        struct span rest = span_of(command.data + before.len, command.len - before.len);
        const uint8_t *blank = memchr(rest.data, ' ', rest.len);
        completion_add(completion, span_of(rest.data, blank == NULL ? rest.len : (size_t)(blank - rest.data)),
                       typed);
    }
}

/* The argument without its brackets: SERVER for <SERVER> or [SERVER]. Of several words the first. */
static struct span bare(struct span argument)
{
    size_t from = 0, len = 0;
    while (from < argument.len && (argument.data[from] < 'A' || argument.data[from] > 'Z'))
        from++;
    while (from + len < argument.len && argument.data[from + len] >= 'A' && argument.data[from + len] <= 'Z')
        len++;
    return span_of(argument.data + from, len);
}

struct span completion_argument(const struct json_table *help, struct span before)
{
    while (before.len > 0 && before.data[before.len - 1] == ' ')
        before.len--;
    for (size_t i = 0; i < json_table_rows(help); i++)
        if (span_equal_nocase(span_cstr(json_table_text(help, i, "command")), before))
            return bare(span_cstr(json_table_text(help, i, "argument")));
    return span_of("", 0);
}
