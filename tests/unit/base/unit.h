/* unit: shared by the unit tests of all layers: cmocka, random numbers with a seed, copies of exactly the
 * right size. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/str.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))
#define PAGE_BYTES ((size_t)65536) /* the largest page size of any supported processor */

/* TEST(name) { … } is a test; the tests of a file run in their order. TEST_WITH: with functions before and
 * after it, or NULL. The file ends with RUN_TESTS(before all, after all). */
#define TEST_WITH(name, before, after)                                                                       \
    static void name(void **state);                                                                          \
    __attribute__((constructor)) static void add_##name(void)                                                \
    {                                                                                                        \
        if (unit_test_count == COUNT_OF(unit_tests))                                                         \
            abort();                                                                                         \
        unit_tests[unit_test_count++] = (struct CMUnitTest){ #name, name, before, after, NULL };             \
    }                                                                                                        \
    static void name(__attribute__((unused)) void **state)
#define TEST(name) TEST_WITH(name, NULL, NULL)
/* A test of a thing of that type, which the body has as a pointer, between open(thing) and close(thing). */
#define TEST_OF(type, thing, open, close, name)                                                              \
    static void name##_of(type *thing);                                                                      \
    TEST(name)                                                                                               \
    {                                                                                                        \
        static type it; /* aligned for counters; under ASan the stack is not */                              \
        open(&it);                                                                                           \
        name##_of(&it);                                                                                      \
        close(&it);                                                                                          \
        memset(&it, 0xDD, sizeof it); /* what only a forgotten pointer leads to is a leak */                 \
    }                                                                                                        \
    static void name##_of(type *thing)
#define RUN_TESTS(before, after)                                                                             \
    int main(void)                                                                                           \
    {                                                                                                        \
        return run_unit_tests(before, after);                                                                \
    }

static struct CMUnitTest unit_tests[64];
static size_t unit_test_count;

/* Returns how many tests failed. */
static inline int run_unit_tests(CMFixtureFunction before, CMFixtureFunction after)
{
    return _cmocka_run_group_tests("tests", unit_tests, unit_test_count, before, after);
}

/* A small generator: a failure can be repeated with its seed. */
static inline uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static inline bool chance(uint64_t *seed, unsigned one_in)
{
    return next_random(seed) % one_in == 0;
}

/* An assertion whose message names the failing row. */
#define assert_row(condition, ...)                                                                           \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error(__VA_ARGS__);                                                                        \
            print_error(": not so: %s\n", #condition);                                                       \
            fail();                                                                                          \
        }                                                                                                    \
    } while (0)

/* Memory in front of a page without access. Copies of one page are kept and reused: tests make millions of
 * copies. */
static uint8_t *kept_pages[8];
static size_t kept_count;

static inline uint8_t *guarded_memory(size_t room)
{
    if (room == PAGE_BYTES && kept_count > 0)
        return kept_pages[--kept_count];
    uint8_t *memory =
        mmap(NULL, room + PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + room, PAGE_BYTES, PROT_NONE), 0);
    return memory;
}

static inline size_t guarded_room(size_t len)
{
    return (len / PAGE_BYTES + 1) * PAGE_BYTES;
}

/* Returns a private copy that ends where a page without access begins: a read past its end kills the test. */
static inline struct span exact_copy(struct span span)
{
    size_t room = guarded_room(span.len);
    uint8_t *copy = guarded_memory(room) + room - span.len;
    if (span.len > 0)
        memcpy(copy, span.data, span.len);
    return span_of(copy, span.len);
}

/* Overwrites and releases the copy: a test that still uses its bytes fails. Without data nothing happens. */
static inline void drop_copy(struct span copy)
{
    size_t room = guarded_room(copy.len);
    if (copy.data == NULL)
        return;
    uint8_t *memory = (uint8_t *)((uintptr_t)copy.data + copy.len - room);
    memset(memory + room - copy.len, 0xDD, copy.len);
    if (room == PAGE_BYTES && kept_count < COUNT_OF(kept_pages))
        kept_pages[kept_count++] = memory;
    else
        assert_int_equal(munmap(memory, room + PAGE_BYTES), 0);
}

static inline void assert_span(struct span span, const char *string)
{
    if (!span_is(span, string)) {
        print_error("\"%.*s\" is not \"%s\"\n", (int)span.len,
                    span.data != NULL ? (const char *)span.data : "", string);
        fail();
    }
}
