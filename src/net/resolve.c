#include "net/resolve.h"

#include "base/mem.h"

#include <ares.h>
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A question to one server fails after 1 + 2 + 4 seconds. */
#define TRY_MS 1000
#define TRIES 3

enum family { V4, V6, FAMILIES };

static const int family_numbers[FAMILIES] = { AF_INET, AF_INET6 };

enum outcome {
    OUTCOME_ANSWERED, /* at least one address */
    OUTCOME_NONE,     /* no such name, or no address of that family */
    OUTCOME_FAILED    /* no usable answer */
};

/* The argument of c-ares' callbacks while a question is open. The name may be forgotten before the answer. */
struct resolve_question {
    struct resolver *resolver; /* borrows */
    struct resolve_name *name; /* borrows; NULL: forgotten */
    struct half {
        struct resolve_question *whole;
        enum family family;
        enum outcome outcome;
    } halves[FAMILIES];
    unsigned waiting_for; /* halves without an answer */
    int64_t ttl_s;        /* the shortest TTL; -1: none was given */
    int status;           /* c-ares' status of a half without addresses */
};

/* ---- times and choice: pure ---- */

uint64_t resolve_after_us(int64_t ttl_s)
{
    if (ttl_s < 0 || ttl_s >= (int64_t)(RESOLVE_MOST_US / 1000000))
        return RESOLVE_MOST_US;
    uint64_t after_us = (uint64_t)ttl_s * 1000000;
    return after_us < RESOLVE_LEAST_US ? RESOLVE_LEAST_US : after_us;
}

uint64_t resolve_retry_us(unsigned failures)
{
    uint64_t after_us = RESOLVE_LEAST_US;
    for (unsigned i = 1; i < failures && after_us < RESOLVE_MOST_US; i++)
        after_us *= 2;
    return after_us < RESOLVE_MOST_US ? after_us : RESOLVE_MOST_US;
}

static bool has_address(const struct resolve_list *list, const struct addr *addr)
{
    for (unsigned i = 0; i < list->count; i++)
        if (addr_equal(&list->hosts[i], addr))
            return true;
    return false;
}

/* Sends nothing: the kernel only looks up a route. */
static bool has_route(const struct addr *addr)
{
    int fd = socket(addr->u.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_routed = fd >= 0 && connect(fd, &addr->u.any, addr->len) == 0;
    if (fd >= 0)
        (void)close(fd);
    return is_routed;
}

/* The new present address, or NULL when there was never an answer. */
static const struct addr *choose(const struct resolve_name *name)
{
    const struct addr *first = NULL;
    for (int family = 0; family < FAMILIES; family++)
        if (has_address(&name->lists[family], &name->addr))
            return &name->addr;
    for (int family = 0; family < FAMILIES; family++) {
        const struct resolve_list *list = &name->lists[family];
        for (unsigned i = 0; i < list->count; i++) {
            if (has_route(&list->hosts[i]))
                return &list->hosts[i];
            first = first != NULL ? first : &list->hosts[i];
        }
    }
    return first;
}

/* ---- answers ---- */

static void ask(struct resolve_name *name);

static void on_timer(struct loop_timer *timer)
{
    ask(container_of(timer, struct resolve_name, timer));
}

/* Sets `addr` and `error` and calls on_news if one of them changed. Callers must call it last: on_news may
 * forget the name. */
static void settle(struct resolve_name *name, const char *error)
{
    const struct addr was = name->addr;
    const struct addr *now = choose(name);
    bool has_news = strcmp(name->error, error) != 0 || (now != NULL && !addr_equal(&was, now));
    if (now != NULL && now != &name->addr)
        name->addr = *now;
    (void)snprintf(name->error, sizeof name->error, "%s", error);
    if (has_news)
        name->on_news(name, &was);
}

static bool is_answered(const struct resolve_question *question)
{
    for (int family = 0; family < FAMILIES; family++)
        if (question->halves[family].outcome == OUTCOME_ANSWERED)
            return true;
    return false;
}

/* Both halves are answered or have failed. Frees the question. */
static void conclude(struct resolve_question *question)
{
    struct resolve_name *name = question->name;
    bool has_answer = is_answered(question);
    const char *why = ares_strerror(question->status);
    uint64_t after_us = resolve_after_us(question->ttl_s);
    question->resolver->questions--;
    question->resolver->is_doubtful |= !has_answer;
    mem_free(question);
    if (name == NULL)
        return;
    name->open = NULL;
    name->failures = has_answer ? 0 : name->failures + (name->failures < UINT16_MAX);
    loop_timer_start(&name->timer, name->resolver->loop,
                     has_answer ? after_us : resolve_retry_us(name->failures));
    settle(name, has_answer ? "" : why);
}

static void note_ttl(struct resolve_question *question, const struct ares_addrinfo *info)
{
    const struct ares_addrinfo_node *node;
    const struct ares_addrinfo_cname *alias;
    int64_t *least = &question->ttl_s;
    for (node = info->nodes; node != NULL; node = node->ai_next)
        *least = *least < 0 || node->ai_ttl < *least ? node->ai_ttl : *least;
    for (alias = info->cnames; alias != NULL; alias = alias->next)
        *least = *least < 0 || alias->ttl < *least ? alias->ttl : *least;
}

/* Copies the addresses of one family. False: the answer has none. */
static bool copy_addresses(const struct resolve_name *name, enum family family,
                           const struct ares_addrinfo *info)
{
    struct resolve_list *list = &name->lists[family];
    list->count = 0;
    for (const struct ares_addrinfo_node *node = info->nodes; node != NULL; node = node->ai_next) {
        if (node->ai_family != family_numbers[family] || list->count == RESOLVE_HOSTS_MAX)
            continue;
        struct addr *addr = &list->hosts[list->count++];
        *addr = (struct addr){ .len = (socklen_t)node->ai_addrlen };
        memcpy(&addr->u.storage, node->ai_addr, addr->len);
        if (family == V4)
            addr->u.v4.sin_port = htons(name->host.port);
        else
            addr->u.v6.sin6_port = htons(name->host.port);
    }
    return list->count > 0;
}

static void on_half(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    struct half *half = arg;
    struct resolve_question *question = half->whole;
    struct resolve_name *name = question->name;
    (void)timeouts;
    half->outcome = status == ARES_SUCCESS                               ? OUTCOME_ANSWERED
                    : status == ARES_ENODATA || status == ARES_ENOTFOUND ? OUTCOME_NONE
                                                                         : OUTCOME_FAILED;
    if (half->outcome == OUTCOME_ANSWERED && name != NULL && copy_addresses(name, half->family, info))
        note_ttl(question, info);
    else if (half->outcome == OUTCOME_ANSWERED)
        half->outcome = OUTCOME_NONE;
    if (half->outcome != OUTCOME_ANSWERED && question->status != ARES_ENOTFOUND)
        question->status = status != ARES_SUCCESS ? status : ARES_ENODATA; /* "no such name" is kept: it is
                                                                            * the most useful status */
    if (info != NULL)
        ares_freeaddrinfo(info);
    if (--question->waiting_for == 0) {
        if (name != NULL && is_answered(question)) {
            /* Empties the list of a family whose answer had no address. Called only if the other family has
             * addresses. A failed half leaves its list unchanged. */
            for (int family = 0; family < FAMILIES; family++)
                if (question->halves[family].outcome == OUTCOME_NONE)
                    question->name->lists[family].count = 0;
        }
        conclude(question);
    } else if (half->outcome == OUTCOME_ANSWERED && name != NULL && name->addr.len == 0) {
        settle(name, ""); /* use one family's address now rather than wait until the other question has
                           * failed */
    }
}

/* /etc/hosts: answers at once, for both families. */
static void on_hosts(void *arg, int status, int timeouts, struct ares_addrinfo *info)
{
    struct resolve_question *question = arg;
    (void)timeouts;
    for (int family = 0; status == ARES_SUCCESS && family < FAMILIES; family++)
        question->halves[family].outcome =
            copy_addresses(question->name, (enum family)family, info) ? OUTCOME_ANSWERED : OUTCOME_NONE;
    if (info != NULL)
        ares_freeaddrinfo(info);
}

/* ---- questions ---- */

static void arm(struct resolver *resolver);
static ares_channel open_channel(struct resolver *resolver, const char *lookups, struct error *err);

/* Creates the channel again: /etc/resolv.conf may have changed since, which may be the cause of the
 * failures. */
static void renew(struct resolver *resolver)
{
    ares_channel fresh = open_channel(resolver, "b", NULL);
    resolver->is_doubtful = false;
    if (fresh == NULL)
        return; /* keep the old channel */
    ares_destroy(resolver->dns);
    resolver->dns = fresh;
}

static void ask_servers(struct resolve_question *question)
{
    struct resolver *resolver = question->resolver;
    char host[ADDR_HOST_MAX]; /* a copy: the callback of the first half may forget the name */
    memcpy(host, question->name->host.name, sizeof host);
    if (resolver->is_doubtful && resolver->questions == 0)
        renew(resolver);
    resolver->questions++;
    question->waiting_for = FAMILIES;
    for (int family = 0; family < FAMILIES; family++) {
        const struct ares_addrinfo_hints hints = { .ai_family = family_numbers[family],
                                                   .ai_socktype = SOCK_STREAM,
                                                   .ai_flags = ARES_AI_NOSORT };
        ares_getaddrinfo(resolver->dns, host, NULL, &hints, on_half, &question->halves[family]);
    }
    arm(resolver);
}

/* The question could not be asked: memory is out. */
static void fail_to_ask(struct resolve_name *name)
{
    loop_timer_start(&name->timer, name->resolver->loop, RESOLVE_LEAST_US);
    settle(name, "out of memory");
}

static void ask(struct resolve_name *name)
{
    const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
                                               .ai_socktype = SOCK_STREAM,
                                               .ai_flags = ARES_AI_NOSORT };
    struct resolve_question *question = mem_zalloc(sizeof *question);
    if (question == NULL) {
        fail_to_ask(name);
        return;
    }
    *question = (struct resolve_question){ .resolver = name->resolver, .name = name, .ttl_s = -1 };
    for (int family = 0; family < FAMILIES; family++)
        question->halves[family] =
            (struct half){ .whole = question, .family = (enum family)family, .outcome = OUTCOME_FAILED };
    name->open = question;
    ares_getaddrinfo(name->resolver->hosts, name->host.name, NULL, &hints, on_hosts, question);
    if (!is_answered(question)) {
        ask_servers(question);
        return;
    }
    name->resolver->questions++;
    conclude(question);
}

bool resolve_name_init(struct resolve_name *name, struct resolver *resolver, const char *text,
                       void (*on_news)(struct resolve_name *, const struct addr *), void *owner,
                       struct error *err)
{
    *name = (struct resolve_name){ .on_news = on_news, .owner = owner };
    loop_timer_init(&name->timer, on_timer);
    if (!addr_parse_host(text, &name->addr, &name->host, err))
        return false;
    if (name->host.name[0] == '\0')
        return true;
    assert(resolver != NULL);
    name->resolver = resolver;
    name->lists = mem_zalloc(FAMILIES * sizeof *name->lists);
    return name->lists != NULL || error_set(err, 0, "address '%s': out of memory", text);
}

void resolve_start(struct resolve_name *name)
{
    if (name->resolver != NULL)
        ask(name);
}

void resolve_forget(struct resolve_name *name)
{
    if (name->resolver != NULL) /* otherwise the loop may be gone already */
        loop_timer_stop(&name->timer);
    if (name->open != NULL)
        name->open->name = NULL;
    name->open = NULL;
    mem_free(name->lists);
    name->lists = NULL;
    name->resolver = NULL;
}

/* ---- c-ares on the loop ---- */

struct watcher {
    ev_io ev;
    struct list_node in_resolver;
    struct resolver *resolver; /* borrows */
};

static void on_ready(struct ev_loop *ev, ev_io *watcher, int events)
{
    struct resolver *resolver = ((struct watcher *)(void *)watcher)->resolver;
    int fd = watcher->fd; /* a copy: the first call may free the watcher */
    (void)ev;
    ares_process_fd(resolver->dns, events & EV_READ ? fd : ARES_SOCKET_BAD,
                    events & EV_WRITE ? fd : ARES_SOCKET_BAD);
    arm(resolver);
}

static struct watcher *find_watcher(struct resolver *resolver, int fd)
{
    struct list_node *node = list_first(&resolver->watchers);
    for (; node != NULL; node = list_after(&resolver->watchers, node)) {
        struct watcher *watcher = list_entry(node, struct watcher, in_resolver);
        if (watcher->ev.fd == fd)
            return watcher;
    }
    return NULL;
}

static void drop_watcher(struct watcher *watcher)
{
    ev_io_stop(watcher->resolver->loop->ev, &watcher->ev);
    list_unlink(&watcher->resolver->watchers, &watcher->in_resolver);
    mem_free(watcher);
}

/* NULL when memory is out: the question then ends by its timeout. */
static struct watcher *new_watcher(struct resolver *resolver, int fd)
{
    struct watcher *watcher = mem_zalloc(sizeof *watcher);
    if (watcher == NULL)
        return NULL;
    watcher->resolver = resolver;
    ev_io_init(&watcher->ev, on_ready, fd, 0);
    list_link_last(&resolver->watchers, &watcher->in_resolver);
    return watcher;
}

/* c-ares reports the events that it waits for on a socket. No events: c-ares is about to close the socket. */
static void on_socket_state(void *owner, ares_socket_t fd, int readable, int writable)
{
    struct resolver *resolver = owner;
    struct watcher *watcher = find_watcher(resolver, fd);
    int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
    if (events == 0) {
        if (watcher != NULL)
            drop_watcher(watcher);
        return;
    }
    watcher = watcher != NULL ? watcher : new_watcher(resolver, fd);
    if (watcher == NULL)
        return;
    ev_io_stop(resolver->loop->ev, &watcher->ev);
    ev_io_set(&watcher->ev, fd, events);
    ev_io_start(resolver->loop->ev, &watcher->ev);
}

static void on_deadline(struct loop_timer *timer)
{
    struct resolver *resolver = container_of(timer, struct resolver, timer);
    ares_process_fd(resolver->dns, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(resolver);
}

/* Starts the timer for c-ares' next deadline. Called after every call that may change the deadline. */
static void arm(struct resolver *resolver)
{
    struct timeval wait;
    if (ares_timeout(resolver->dns, NULL, &wait) == NULL)
        loop_timer_stop(&resolver->timer);
    else
        loop_timer_start(&resolver->timer, resolver->loop,
                         (uint64_t)wait.tv_sec * 1000000 + (uint64_t)wait.tv_usec);
}

/* `lookups` in c-ares' notation: "f" is /etc/hosts, "b" are the name servers. */
static ares_channel open_channel(struct resolver *resolver, const char *lookups, struct error *err)
{
    char own[2] = { lookups[0], '\0' };
    struct ares_options options = { .timeout = TRY_MS,
                                    .tries = TRIES,
                                    .sock_state_cb = on_socket_state,
                                    .sock_state_cb_data = resolver,
                                    .lookups = own };
    ares_channel channel = NULL;
    int status = ares_init_options(
        &channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS);
    if (status == ARES_SUCCESS && resolver->server != NULL) {
        status = ares_set_servers_ports_csv(channel, resolver->server);
        if (status != ARES_SUCCESS)
            ares_destroy(channel);
    }
    if (status == ARES_SUCCESS)
        return channel;
    (void)error_set(err, 0, "preparing to resolve names: %s", ares_strerror(status));
    return NULL;
}

bool resolve_init(struct resolver *resolver, struct loop *loop, const char *server, struct error *err)
{
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    *resolver = (struct resolver){ .loop = loop, .server = server };
    list_init(&resolver->watchers);
    loop_timer_init(&resolver->timer, on_deadline);
    if (status != ARES_SUCCESS) {
        resolver->loop = NULL;
        return error_set(err, 0, "preparing to resolve names: %s", ares_strerror(status));
    }
    resolver->hosts = open_channel(resolver, "f", err);
    resolver->dns = resolver->hosts != NULL ? open_channel(resolver, "b", err) : NULL;
    if (resolver->dns != NULL)
        return true;
    resolve_fini(resolver);
    return false;
}

void resolve_fini(struct resolver *resolver)
{
    struct list_node *node;
    if (resolver->loop == NULL)
        return;
    if (resolver->dns != NULL)
        ares_destroy(resolver->dns);
    if (resolver->hosts != NULL)
        ares_destroy(resolver->hosts);
    while ((node = list_first(&resolver->watchers)) != NULL)
        drop_watcher(list_entry(node, struct watcher, in_resolver));
    loop_timer_stop(&resolver->timer);
    ares_library_cleanup();
    *resolver = (struct resolver){ 0 };
}
