#include "access/limits.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "mysql/reply.h"
#include "net/descriptors.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

#define FILES_PER_CLIENT 3 /* its socket, and connections to the primary and to a replica */

/* ---- one limit ---- */

bool limit_take(struct limit *limit)
{
    int64_t max = atomic_load_explicit(&limit->max, memory_order_relaxed);
    int64_t used = atomic_load_explicit(&limit->used, memory_order_relaxed);
    do {
        if (max > 0 && used >= max) {
            (void)atomic_fetch_add_explicit(&limit->refused, 1, memory_order_relaxed);
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&limit->used, &used, used + 1, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

void limit_give(struct limit *limit)
{
    int64_t before = atomic_fetch_sub_explicit(&limit->used, 1, memory_order_relaxed);
    assert(before > 0);
}

bool limit_move(struct limit **held, struct limit *to)
{
    if (*held != NULL)
        limit_give(*held);
    *held = limit_take(to) ? to : NULL;
    return *held != NULL;
}

/* ---- clients of one address ---- */

struct limits_guest {
    char host[ADDR_PLAIN_MAX];
    int64_t clients;
    UT_hash_handle hh;
};

void limit_set(struct limit *limit, int64_t max)
{
    atomic_store_explicit(&limit->max, max, memory_order_relaxed);
}

/* The row of an address, created if there is none. NULL: out of memory. */
static struct limits_guest *find_guest(struct limits *limits, const char *host)
{
    struct limits_guest *guest;
    HASH_FIND_STR(limits->by_address, host, guest);
    if (guest != NULL)
        return guest;
    guest = mem_zalloc(sizeof *guest);
    if (guest == NULL)
        return NULL;
    (void)span_copy_cstr(span_cstr(host), guest->host, sizeof guest->host);
    HASH_ADD_STR(limits->by_address, host, guest);
    if (hash_has(guest))
        return guest;
    mem_free(guest);
    return NULL;
}

static void drop_if_empty(struct limits *limits, struct limits_guest *guest)
{
    if (guest->clients > 0)
        return;
    HASH_DEL(limits->by_address, guest); /* NOLINT(clang-analyzer-core.NullDereference): uthash's own macro */
    mem_free(guest);
}

bool limits_enter_address(struct limits *limits, const char *host, struct error *err)
{
    int64_t max = atomic_load_explicit(&limits->per_address, memory_order_relaxed);
    if (strcmp(host, ADDR_LOCAL_HOST) == 0)
        return true;
    (void)pthread_mutex_lock(&limits->mutex);
    struct limits_guest *guest = find_guest(limits, host);
    bool has_entered = guest != NULL && (max == 0 || guest->clients < max);
    if (has_entered)
        guest->clients++;
    (void)pthread_mutex_unlock(&limits->mutex);
    if (has_entered)
        return true;
    (void)atomic_fetch_add_explicit(&limits->address_refused, 1, memory_order_relaxed);
    return guest == NULL ? error_set(err, ENOMEM, "headgate: out of memory")
                         : error_set(err, 0, "headgate: limits.max_clients_per_address = %lld is reached",
                                     (long long)max);
}

static void leave_address(struct limits *limits, const char *host)
{
    struct limits_guest *guest;
    if (host == NULL || strcmp(host, ADDR_LOCAL_HOST) == 0)
        return;
    (void)pthread_mutex_lock(&limits->mutex);
    HASH_FIND_STR(limits->by_address, host, guest);
    assert(guest != NULL && guest->clients > 0); /* the row was created when the client entered */
    guest->clients--;
    drop_if_empty(limits, guest);
    (void)pthread_mutex_unlock(&limits->mutex);
}

/* ---- all of them ---- */

void limits_init(struct limits *limits, const struct limit_settings *settings)
{
    *limits = (struct limits){ 0 };
    limits_set(limits, settings);
    (void)pthread_mutex_init(&limits->mutex, NULL);
}

void limits_set(struct limits *limits, const struct limit_settings *settings)
{
    limit_set(&limits->clients, settings->max_clients);
    atomic_store_explicit(&limits->per_address, settings->max_clients_per_address, memory_order_relaxed);
}

void limits_fini(struct limits *limits)
{
    assert(limits->by_address == NULL);
    (void)pthread_mutex_destroy(&limits->mutex);
}

static bool has_file(struct limits *limits, int fd, struct error *err)
{
    if (descriptors_may_use(fd, DESCRIPTORS_CLIENT))
        return true;
    (void)atomic_fetch_add_explicit(&limits->file_refused, 1, memory_order_relaxed);
    return error_set(err, EMFILE, "headgate: its limit of %u open files is reached", descriptors_max());
}

bool limits_enter(struct limits *limits, struct limit *listener, const char *listener_name, const char *host,
                  int fd, struct error *err)
{
    if (!has_file(limits, fd, err))
        return false;
    if (!limit_take(&limits->clients))
        return error_set(err, 0, "headgate: limits.max_clients = %lld is reached",
                         (long long)limits->clients.max);
    if (!limit_take(listener)) {
        limit_give(&limits->clients);
        return error_set(err, 0, "headgate: max_clients = %lld of listener '%s' is reached",
                         (long long)listener->max, listener_name);
    }
    if (host != NULL && !limits_enter_address(limits, host, err)) {
        limit_give(listener);
        limit_give(&limits->clients);
        return false;
    }
    return true;
}

void limits_leave(struct limits *limits, struct limit *listener, const char *host)
{
    leave_address(limits, host);
    limit_give(listener);
    limit_give(&limits->clients);
}

void limits_turn_away(int fd, uint16_t code, const char *why)
{
    uint8_t packet[REPLY_EARLY_ERR_MAX];
    size_t len = reply_store_early_err(packet, code, why);
    /* The buffer of a new socket has room for the packet. If not, the client is gone. */
    (void)send(fd, packet, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void limits_warn_of_files(const struct limit_settings *settings)
{
    uint64_t wanted = (uint64_t)settings->max_clients * FILES_PER_CLIENT;
    if (wanted <= descriptors_max())
        return;
    log_warning(NULL,
                "limits.max_clients = %lld may take %llu open files, %d a client, and %u are allowed (ulimit "
                "-n, LimitNOFILE): clients may be turned away (1040) from %u on",
                (long long)settings->max_clients, (unsigned long long)wanted, FILES_PER_CLIENT,
                descriptors_max(), descriptors_max() / FILES_PER_CLIENT);
}
