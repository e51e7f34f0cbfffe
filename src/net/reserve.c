#include "net/reserve.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <ev.h>
#include <malloc.h>
#include <pthread.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>

/* Header of a table in the area; the table's memory follows. Freed tables leave gaps until all tables are
 * freed. A table grows by doubling, so it leaves gaps no larger than its own size. */
struct block {
    alignas(max_align_t) size_t size_bytes;
};

static struct {
    pthread_mutex_t mutex; /* guards the other fields; tables grow rarely */
    char *area;
    size_t size_bytes;
    size_t used; /* the area is handed out up to here */
    size_t lent; /* bytes of tables that are in the area now */
} reserve = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static bool is_inside(const void *table)
{
    const char *at = table;
    return reserve.area != NULL && at >= reserve.area && at < reserve.area + reserve.size_bytes;
}

static struct block *block_of(void *table)
{
    return (struct block *)table - 1;
}

static void *take(size_t size_bytes)
{
    size_t rounded = (size_bytes + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (rounded + sizeof(struct block) > reserve.size_bytes - reserve.used)
        return NULL;
    struct block *block = (struct block *)(void *)(reserve.area + reserve.used);
    block->size_bytes = rounded;
    reserve.used += rounded + sizeof *block;
    reserve.lent += rounded;
    return block + 1;
}

static void give(void *table)
{
    if (!is_inside(table)) {
        mem_free(table);
        return;
    }
    reserve.lent -= block_of(table)->size_bytes;
    if (reserve.lent == 0)
        reserve.used = 0;
}

/* Memory of the system, or of the area if the system refuses. */
static void *find_place(size_t size_bytes)
{
    void *place = mem_realloc(NULL, size_bytes);
    return place != NULL ? place : take(size_bytes);
}

static void *move(void *table, size_t size_bytes)
{
    size_t before = is_inside(table) ? block_of(table)->size_bytes : malloc_usable_size(table);
    void *place = find_place(size_bytes);
    if (place == NULL)
        return NULL;
    memcpy(place, table, before < size_bytes ? before : size_bytes);
    give(table);
    return place;
}

static void *change(void *table, size_t size_bytes)
{
    if (table == NULL)
        return find_place(size_bytes);
    void *place = is_inside(table) ? NULL : mem_realloc(table, size_bytes);
    return place != NULL ? place : move(table, size_bytes);
}

/* The allocator that libev calls: like realloc; size 0 frees. */
static void *serve(void *table, long size_bytes)
{
    void *place = NULL;
    (void)pthread_mutex_lock(&reserve.mutex);
    size_t before = reserve.lent;
    if (size_bytes > 0)
        place = change(table, (size_t)size_bytes);
    else
        give(table);
    bool is_new = before == 0 && reserve.lent > 0;
    (void)pthread_mutex_unlock(&reserve.mutex);
    if (is_new)
        log_warning(NULL, "memory is out: tables of the event loops grow into what was set aside for them");
    return place;
}

/* Replaces the area by a larger one. The caller holds the mutex. */
static bool grow(size_t size_bytes, struct error *err)
{
    if (reserve.lent > 0)
        return error_set(err, 0, "it is in use");
    void *area = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return error_errno(err, errno, "mapping %zu bytes", size_bytes);
    if (reserve.area != NULL)
        (void)munmap(reserve.area, reserve.size_bytes);
    reserve.area = area;
    reserve.size_bytes = size_bytes;
    reserve.used = 0;
    return true;
}

bool reserve_for(size_t clients, struct error *err)
{
    size_t size_bytes = RESERVE_LEAST_BYTES + clients * RESERVE_PER_CLIENT_BYTES;
    ev_set_allocator(serve);
    (void)pthread_mutex_lock(&reserve.mutex);
    bool is_there = reserve.size_bytes >= size_bytes || grow(size_bytes, err);
    (void)pthread_mutex_unlock(&reserve.mutex);
    return is_there ? true : error_wrap(err, "setting memory aside for the event loops");
}

size_t reserve_in_use(void)
{
    (void)pthread_mutex_lock(&reserve.mutex);
    size_t lent = reserve.lent;
    (void)pthread_mutex_unlock(&reserve.mutex);
    return lent;
}
