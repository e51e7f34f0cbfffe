#include "unit.h"

#include "base/mem.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int inside, most_inside, calls;
static atomic_long second; /* kernel id of the second thread, once it is about to call mem_trim; 0: not yet */

/* 'S': the thread sleeps, which here means that it waits for a lock. */
static char state_of(long thread)
{
    char path[64], line[256], state = '?';
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/stat", thread);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    if (fgets(line, sizeof line, file) != NULL && strrchr(line, ')') != NULL)
        state = strrchr(line, ')')[2];
    assert_int_equal(fclose(file), 0);
    return state;
}

/* Instead of the C library's. The first call ends when the second one has begun, or has to wait. */
int malloc_trim(size_t pad)
{
    int now = atomic_fetch_add(&inside, 1) + 1;
    if (now > atomic_load(&most_inside))
        atomic_store(&most_inside, now);
    if (atomic_fetch_add(&calls, 1) == 0)
        while (atomic_load(&calls) == 1 &&
               (atomic_load(&second) == 0 || state_of(atomic_load(&second)) != 'S'))
            (void)sched_yield();
    atomic_fetch_sub(&inside, 1);
    return pad == 0;
}

static void *trim_first(void *nothing)
{
    mem_trim();
    return nothing;
}

static void *trim_second(void *nothing)
{
    while (atomic_load(&inside) == 0)
        (void)sched_yield();
    atomic_store(&second, syscall(SYS_gettid));
    mem_trim();
    return nothing;
}

TEST(one_thread_at_a_time_trims)
{
    pthread_t threads[2];
    assert_int_equal(pthread_create(&threads[0], NULL, trim_first, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, trim_second, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&calls), 2);
    assert_int_equal(atomic_load(&most_inside), 1);
}

RUN_TESTS(NULL, NULL)
