#include "ctl/answer.h"

#include <stdio.h>
#include <string.h>

static bool begins(struct span text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.data, word, len) == 0;
}

static bool is_doctor(struct span words)
{
    while (words.len > 0 && (*words.data == ' ' || *words.data == '\t'))
        words = span_of(words.data + 1, words.len - 1);
    return words.len >= 6 && span_equal_nocase(span_of(words.data, 6), SPAN_LITERAL("doctor"));
}

/* Does doctor's report contain an error? As text, each row is a line that begins with its result. In JSON no
 * value can contain the searched bytes, because its quotes are escaped. */
static bool reports_error(const struct text *answer)
{
    return memmem(answer->data, answer->len, "\nerror ", 7) != NULL ||
           memmem(answer->data, answer->len, "{\"result\":\"error\"", 17) != NULL;
}

bool answer_print(const struct text *answer, struct span words)
{
    struct span bytes = text_span(answer);
    bool is_error = begins(bytes, "error:") || begins(bytes, "{\"error\"");
    FILE *out = is_error ? stderr : stdout;
    bool is_written = bytes.len == 0 || fwrite(bytes.data, 1, bytes.len, out) == bytes.len;
    if (bytes.len > 0 && bytes.data[bytes.len - 1] != '\n')
        (void)fputc('\n', out);
    bool is_good = fflush(out) == 0 && is_written && !is_error;
    return is_good && !(is_doctor(words) && bytes.len > 0 && reports_error(answer));
}

bool answer_print_failure(const struct error *err)
{
    (void)fprintf(stderr, "headgatectl: %s\n", err->text);
    return false;
}
