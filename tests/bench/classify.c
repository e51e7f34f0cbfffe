/* classify: measures how long the classifier needs for one SELECT.
 *
 *   classify BYTES COUNT
 *
 * Reads one SELECT of BYTES bytes COUNT times and prints the CPU time of one read: {"ns": 123.4}.
 *
 * The text resembles what applications send: columns, comparisons, an IN list, ORDER BY, LIMIT. Longer texts
 * have more conditions.
 */
#include "sql/classify.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MIN_BYTES = 100 };

static const char head[] = "SELECT id, name, MAX(price) FROM products WHERE category = 'a42' AND stock > 7";
static const char condition[] =
    " AND NOT (attribute_7 IN (4, 'green') OR `size` * 1.5 >= t.weight + LENGTH(note))";
static const char tail[] = " ORDER BY id LIMIT 10";

/* Appends conditions while they fit, then blanks up to the wanted size. */
static char *make_text(size_t bytes)
{
    char *text = malloc(bytes + sizeof tail);
    if (text == NULL)
        exit(1);
    memset(text, ' ', bytes);
    size_t len = sizeof head - 1, end = bytes - (sizeof tail - 1);
    memcpy(text, head, len);
    for (; len + sizeof condition - 1 <= end; len += sizeof condition - 1)
        memcpy(text + len, condition, sizeof condition - 1);
    memcpy(text + end, tail, sizeof tail - 1);
    return text;
}

static double cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    size_t bytes = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, reads = 0;
    if (bytes < MIN_BYTES || bytes > SQL_TEXT_MAX || count == 0) {
        fprintf(stderr, "usage: classify BYTES COUNT (%d to %u bytes)\n", MIN_BYTES, SQL_TEXT_MAX);
        return 2;
    }
    struct sql_dialect dialect = { .family = SQL_FAMILY_MARIADB, .is_utf8 = true };
    char *text = make_text(bytes);
    double begin = cpu_ns();
    for (unsigned long i = 0; i < count; i++)
        reads += classify(span_of(text, bytes), false, &dialect).is_read;
    printf("{\"ns\": %.1f}\n", (cpu_ns() - begin) / (double)count);
    free(text);
    return reads == count ? 0 : 1; /* if the text does not count as a read, the classifier stopped early */
}
