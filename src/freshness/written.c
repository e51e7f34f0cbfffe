#include "freshness/written.h"

#include "base/mem.h"

struct shared_mark {
    uint64_t source; /* does not change once `count` includes it */
    _Atomic uint64_t reach;
};

struct written_primary {
    struct written_primary *next; /* guarded by the mutex */
    uint64_t tag;
    _Atomic unsigned count; /* of marks that other threads may read */
    struct shared_mark marks[GTID_SOURCES_MAX];
};

void written_init(struct written *written)
{
    *written = (struct written){ .all = NULL };
    (void)pthread_mutex_init(&written->mutex, NULL);
}

void written_fini(struct written *written)
{
    while (written->all != NULL) {
        struct written_primary *primary = written->all;
        written->all = primary->next;
        mem_free(primary);
    }
    (void)pthread_mutex_destroy(&written->mutex);
}

/* Call it after the change that it counts: a thread that reads the new version then reads the change, too. */
static void count_up(struct written *written)
{
    (void)atomic_fetch_add_explicit(&written->version, 1, memory_order_release);
}

void written_note_unknown(struct written *written)
{
    (void)atomic_fetch_add_explicit(&written->unknown, 1, memory_order_relaxed);
    count_up(written);
}

static struct written_primary *present(const struct written *written)
{
    return atomic_load_explicit(&written->primary, memory_order_acquire);
}

/* Begins a new primary. The caller holds the mutex. NULL when memory is out. */
static struct written_primary *begin_anew(struct written *written, uint64_t tag)
{
    struct written_primary *primary = mem_zalloc(sizeof *primary);
    if (primary == NULL)
        return NULL;
    primary->tag = tag;
    primary->next = written->all;
    written->all = primary;
    if (present(written) != NULL) /* only the new primary knows which earlier writes it has */
        (void)atomic_fetch_add_explicit(&written->unknown, 1, memory_order_relaxed);
    atomic_store_explicit(&written->primary, primary, memory_order_release);
    return primary;
}

/* The primary with this tag, begun if needed. NULL: the server is no primary any more, or memory is out. */
static struct written_primary *primary_for(struct written *written, uint64_t tag, bool is_primary)
{
    struct written_primary *primary = present(written);
    if (primary != NULL && primary->tag == tag)
        return primary;
    if (!is_primary)
        return NULL;
    (void)pthread_mutex_lock(&written->mutex);
    primary = present(written);
    if (primary == NULL || primary->tag != tag)
        primary = begin_anew(written, tag);
    (void)pthread_mutex_unlock(&written->mutex);
    return primary;
}

static struct shared_mark *find(struct written_primary *primary, uint64_t source)
{
    unsigned count = atomic_load_explicit(&primary->count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        if (primary->marks[i].source == source)
            return &primary->marks[i];
    return NULL;
}

/* The mark of `source`. NULL: there are too many sources. */
static struct shared_mark *find_or_add(struct written *written, struct written_primary *primary,
                                       uint64_t source)
{
    struct shared_mark *mark = find(primary, source);
    if (mark != NULL)
        return mark;
    (void)pthread_mutex_lock(&written->mutex);
    mark = find(primary, source);
    unsigned count = atomic_load_explicit(&primary->count, memory_order_relaxed);
    if (mark == NULL && count < GTID_SOURCES_MAX) {
        mark = &primary->marks[count];
        mark->source = source;
        atomic_store_explicit(&primary->count, count + 1, memory_order_release);
    }
    (void)pthread_mutex_unlock(&written->mutex);
    return mark;
}

void written_note(struct written *written, uint64_t tag, bool is_primary,
                  const struct gtid_position *position)
{
    struct written_primary *primary = primary_for(written, tag, is_primary);
    bool is_noted = primary != NULL && !position->is_unknown;
    for (unsigned i = 0; is_noted && i < position->count; i++) {
        struct shared_mark *mark = find_or_add(written, primary, position->marks[i].source);
        is_noted = mark != NULL;
        if (mark != NULL) {
            uint64_t before = atomic_load_explicit(&mark->reach, memory_order_relaxed);
            while (before < position->marks[i].reach &&
                   !atomic_compare_exchange_weak_explicit(&mark->reach, &before, position->marks[i].reach,
                                                          memory_order_relaxed, memory_order_relaxed))
                continue;
        }
    }
    if (is_noted && present(written) == primary)
        count_up(written);
    else
        written_note_unknown(written);
}

void written_read(const struct written *written, struct written_state *state_r)
{
    *state_r = (struct written_state){ .version = written_version(written) };
    state_r->unknown = atomic_load_explicit(&written->unknown, memory_order_relaxed);
    struct written_primary *primary = present(written);
    if (primary == NULL)
        return;
    state_r->tag = primary->tag;
    unsigned count = atomic_load_explicit(&primary->count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        gtid_position_raise(&state_r->position, primary->marks[i].source,
                            atomic_load_explicit(&primary->marks[i].reach, memory_order_relaxed));
}
