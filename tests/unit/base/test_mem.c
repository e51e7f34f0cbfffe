#include "unit.h"

#include "base/mem.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

TEST(the_nth_allocation_fails_once)
{
    for (long n = 0; n < 5; n++) {
        mem_fail_after(n);
        for (long i = 0; i < 10; i++) {
            void *memory = i % 2 == 0 ? mem_zalloc(8) : mem_realloc(NULL, 8);
            assert_int_equal(memory == NULL, i == n);
            mem_free(memory);
        }
    }
    mem_fail_after(0);
    assert_null(mem_strdup("x"));
    mem_fail_after(-1);
}

TEST(all_fail_until_it_is_switched_off)
{
    mem_fail_all(true);
    for (unsigned i = 0; i < 3; i++)
        assert_null(mem_zalloc(8));
    mem_fail_all(false);
    char *copy = mem_strdup("x");
    assert_non_null(copy);
    mem_free(copy);
}

TEST(fresh_memory_is_zero_and_counted)
{
    unsigned long before = mem_allocations();
    static const uint8_t zeros[300];
    uint8_t *memory = mem_zalloc(sizeof zeros);
    assert_memory_equal(memory, zeros, sizeof zeros);
    char *copy = mem_strdup("word");
    assert_string_equal(copy, "word");
    assert_int_equal(mem_allocations() - before, 2);
    mem_free(memory);
    mem_free_secret(copy, 4);
    mem_free_secret(NULL, 4);
    mem_free(NULL);
}

TEST(strings_are_copied_with_their_nul)
{
    static const char *const strings[] = { "", "a", "word" };
    for (size_t i = 0; i < COUNT_OF(strings); i++) {
        struct span string = exact_copy(span_of(strings[i], strlen(strings[i]) + 1));
        char *copy = mem_strdup((const char *)string.data);
        assert_string_equal(copy, strings[i]);
        mem_free(copy);
        drop_copy(string);
    }
}

TEST(a_failed_realloc_leaves_the_memory)
{
    char *memory = mem_strdup("as it was");
    mem_fail_after(0);
    assert_null(mem_realloc(memory, 100000));
    mem_fail_after(-1);
    assert_string_equal(memory, "as it was");
    mem_free(memory);
}

/* A lent block belongs to one owner only, and the counters are right after every step. */
TEST(slab_agrees_with_its_books)
{
    enum { MAX = 40, SIZE = 24 };
    static const size_t kept_max[] = { 0, 1, 5, 100 };
    uint64_t seed = 31;
    for (size_t k = 0; k < COUNT_OF(kept_max); k++) {
        struct mem_slab slab;
        uint8_t *lent[MAX];
        size_t count = 0, kept = 0;
        mem_slab_init(&slab, SIZE, kept_max[k]);
        for (unsigned step = 0; step < 3000; step++) {
            if (count < MAX && (count == 0 || chance(&seed, 2))) {
                unsigned long before = mem_allocations();
                lent[count] = mem_slab_take(&slab);
                assert_non_null(lent[count]);
                assert_int_equal(mem_allocations() - before, kept == 0 ? 1 : 0);
                kept -= kept > 0;
                memset(lent[count], (int)count, SIZE);
                count++;
            } else {
                size_t i = next_random(&seed) % count;
                for (size_t b = 0; b < SIZE; b++)
                    assert_int_equal(lent[i][b], lent[i][0]);
                mem_slab_give(&slab, lent[i]);
                lent[i] = lent[--count];
                kept += kept < kept_max[k];
            }
            assert_int_equal(slab.lent, count);
            assert_int_equal(slab.kept, kept);
        }
        while (count > 0)
            mem_slab_give(&slab, lent[--count]);
        mem_slab_fini(&slab);
        assert_int_equal(slab.kept, 0);
        assert_null(slab.free);
    }
}

TEST(a_slab_without_memory_lends_nothing)
{
    struct mem_slab slab;
    mem_slab_init(&slab, 64, 4);
    mem_fail_after(0);
    assert_null(mem_slab_take(&slab));
    mem_fail_after(-1);
    assert_int_equal(slab.lent, 0);
    void *block = mem_slab_take(&slab);
    mem_slab_give(&slab, block);
    mem_fail_after(0);
    assert_ptr_equal(mem_slab_take(&slab), block); /* a kept block needs no memory */
    mem_fail_after(-1);
    mem_slab_give(&slab, block);
    mem_slab_fini(&slab);
}

#ifdef __SANITIZE_ADDRESS__
TEST(with_address_sanitizer_a_block_on_the_free_list_must_not_be_used)
{
    struct mem_slab slab;
    mem_slab_init(&slab, 64, 1);
    uint8_t *block = mem_slab_take(&slab);
    mem_slab_give(&slab, block);
    for (size_t i = sizeof(void *); i < 64; i++)
        assert_true(__asan_address_is_poisoned(block + i));
    assert_ptr_equal(mem_slab_take(&slab), block);
    assert_null(__asan_region_is_poisoned(block, 64));
    mem_slab_give(&slab, block);
    mem_slab_fini(&slab);
}
#endif

RUN_TESTS(NULL, NULL)
