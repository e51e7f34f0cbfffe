#include "app/listeners.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "settings/address.h"
#include "stats/listener_counters.h"

#include <string.h>

#define CERTIFICATES_US (UINT64_C(24) * 3600 * 1000000) /* a line a day for each certificate that ends */
#define ACCEPTOR_MODE 0777 /* of unix sockets: accounts and passwords decide about logins */

/* A listener as its sessions see it, and the data of this file for it. */
struct listener_entry {
    struct listener listener;
    struct list_node in_all;
    struct listener_settings settings; /* owns: the settings of the listener */
    struct listener_totals *totals;    /* one reference */
    struct tls_server *tls;            /* one reference; NULL: TLS is off */
};

/* Counters of all listeners that have had one name. */
struct listener_totals {
    struct limit clients;
    struct listener_counters *by_worker; /* owns */
    unsigned references;
};

/* One listener of a plan. */
struct planned_listener {
    struct listener_entry *entry; /* borrows: in listeners->all */
    struct acceptor *acceptor;    /* owns; also in the plan that is open, until this plan is open */
    char *address;                /* owns: as in the file; a reload finds the listener by it */
    bool is_new;                  /* the acceptor was opened for this plan */
    int64_t max_clients;
};

struct listeners_plan {
    const struct listener **list; /* owns: the listeners of `planned`, in the same order */
    size_t count;
    struct planned_listener planned[];
};

static void on_certificates(struct loop_background *timer);

void listeners_init(struct listeners *listeners, struct loop *loop, unsigned worker_count,
                    const struct tls_certificate *self_made,
                    void (*on_accept)(struct acceptor *, int, const struct addr *),
                    void (*on_exhausted)(struct acceptor *, int))
{
    *listeners = (struct listeners){ .loop = loop,
                                     .worker_count = worker_count,
                                     .self_made = self_made,
                                     .on_accept = on_accept,
                                     .on_exhausted = on_exhausted };
    list_init(&listeners->all);
    loop_background_init(&listeners->certificates, on_certificates);
}

/* ---- listeners ---- */

/* Totals with one reference; NULL: memory is out. */
static struct listener_totals *make_totals(const struct listeners *listeners)
{
    struct listener_totals *totals = mem_zalloc(sizeof *totals);
    if (totals == NULL)
        return NULL;
    totals->references = 1;
    totals->by_worker = listener_counters_new(listeners->worker_count);
    if (totals->by_worker != NULL)
        return totals;
    mem_free(totals);
    return NULL;
}

static void release_totals(struct listener_totals *totals)
{
    if (totals == NULL || --totals->references > 0)
        return;
    listener_counters_free(&totals->by_worker);
    mem_free(totals);
}

static void free_entry(struct listeners *listeners, struct listener_entry *entry)
{
    list_unlink(&listeners->all, &entry->in_all);
    release_totals(entry->totals);
    networks_fini(&entry->listener.proxies);
    tls_server_unref(&entry->tls);
    schema_fini(&listener_section, &entry->settings);
    mem_free(entry);
}

static bool is_open(const struct listeners_plan *plan, const struct listener_entry *entry)
{
    for (size_t i = 0; plan != NULL && i < plan->count; i++)
        if (plan->planned[i].entry == entry)
            return true;
    return false;
}

/* Frees closed listeners that have no sessions left. */
static void reap(struct listeners *listeners)
{
    struct list_node *node = list_first(&listeners->all);
    while (node != NULL) {
        struct list_node *next = list_after(&listeners->all, node);
        struct listener_entry *entry = list_entry(node, struct listener_entry, in_all);
        if (!is_open(listeners->open, entry) &&
            atomic_load_explicit(&entry->listener.sessions, memory_order_acquire) == 0)
            free_entry(listeners, entry);
        node = next;
    }
}

static void note_difference(void *context, const struct print_change *change)
{
    bool *is_other = context;
    *is_other |= change->effect != EFFECT_NOW;
}

/* True: no setting has changed that sessions use. Settings with effect "now", such as the address and the
 * number of clients, do not concern sessions. */
static bool is_unchanged(const struct listener_entry *entry, const struct listener_settings *settings)
{
    bool is_other = false;
    return print_changes(&listener_section, &entry->settings, settings, note_difference, &is_other) &&
           !is_other;
}

/* The listener of this name in the plan that is open, or NULL. */
static const struct planned_listener *find_planned(const struct listeners *listeners, const char *name)
{
    for (size_t i = 0; listeners->open != NULL && i < listeners->open->count; i++)
        if (strcmp(listeners->open->planned[i].entry->settings.name, name) == 0)
            return &listeners->open->planned[i];
    return NULL;
}

static unsigned cluster_index(const struct config *config, const char *name)
{
    unsigned i = 0;
    while (strcmp(config->clusters[i].name, name) != 0)
        i++; /* the cluster exists: the configuration was checked */
    return i;
}

/* The latest listener of this name, open or closed; NULL: none. A new listener continues its totals. */
static struct listener_entry *last_of(struct listeners *listeners, const char *name)
{
    struct listener_entry *last = NULL;
    for (struct list_node *node = list_first(&listeners->all); node != NULL;
         node = list_after(&listeners->all, node))
        if (strcmp(list_entry(node, struct listener_entry, in_all)->settings.name, name) == 0)
            last = list_entry(node, struct listener_entry, in_all);
    return last;
}

/* Takes the reference to `take_tls`. NULL: memory is out. */
static struct listener_entry *make_entry(struct listeners *listeners,
                                         const struct listener_settings *settings, unsigned cluster,
                                         struct tls_server *take_tls)
{
    struct listener_entry *former = last_of(listeners, settings->name);
    struct listener_entry *entry = mem_zalloc(sizeof *entry);
    if (entry == NULL) {
        tls_server_unref(&take_tls);
        return NULL;
    }
    list_link_last(&listeners->all, &entry->in_all);
    entry->listener.tls = entry->tls = take_tls;
    entry->totals = former != NULL ? former->totals : make_totals(listeners);
    if (former != NULL)
        entry->totals->references++;
    if (entry->totals == NULL || !schema_copy(&listener_section, settings, &entry->settings) ||
        !networks_parse(settings->proxy_protocol_from, &entry->listener.proxies, NULL)) {
        free_entry(listeners, entry);
        return NULL;
    }
    entry->listener.settings = &entry->settings;
    entry->listener.cluster = cluster;
    entry->listener.clients = &entry->totals->clients;
    entry->listener.by_worker = entry->totals->by_worker;
    return entry;
}

/* ---- sockets ---- */

static bool is_taken(const struct listeners_plan *plan, const struct acceptor *acceptor)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->planned[i].acceptor == acceptor)
            return true;
    return false;
}

/* The open socket of this address: the listener's own, or one that no other listener of the plan has taken.
 * NULL: a socket must be opened. A socket of port 0 is not given to another listener, which is to get a port
 * of its own. */
static struct acceptor *find_acceptor(const struct listeners *listeners, const struct listeners_plan *plan,
                                      const struct listener_settings *settings)
{
    const struct planned_listener *own = find_planned(listeners, settings->name);
    if (own != NULL && strcmp(own->address, settings->address) == 0)
        return own->acceptor;
    for (size_t i = 0; listeners->open != NULL && i < listeners->open->count; i++) {
        const struct planned_listener *planned = &listeners->open->planned[i];
        if (strcmp(planned->address, settings->address) == 0 && !address_is_any_port(settings->address) &&
            !is_taken(plan, planned->acceptor))
            return planned->acceptor;
    }
    return NULL;
}

static void free_acceptor(struct acceptor *acceptor)
{
    if (acceptor != NULL)
        acceptor_close(acceptor);
    mem_free(acceptor);
}

static struct acceptor *open_acceptor(struct listeners *listeners, const struct listener_settings *settings,
                                      struct error *err)
{
    struct addr addr;
    struct acceptor *acceptor = mem_zalloc(sizeof *acceptor);
    if (acceptor == NULL)
        (void)error_set(err, 0, "out of memory");
    else if (addr_parse_listen(settings->address, &addr, err) &&
             acceptor_open(acceptor, listeners->loop, &addr, ACCEPTOR_MODE, listeners->on_accept, NULL,
                           err)) {
        acceptor->on_exhausted = listeners->on_exhausted;
        return acceptor;
    }
    mem_free(acceptor);
    return NULL;
}

/* ---- plans ---- */

/* A changed certificate gives a new entry, like a changed setting: connections keep the one that they began
 * with. */
static bool plan_entry(struct listeners *listeners, struct planned_listener *planned,
                       const struct config *config, const struct listener_settings *settings,
                       struct error *err)
{
    const struct planned_listener *own = find_planned(listeners, settings->name);
    struct tls_server *former = own != NULL ? own->entry->tls : NULL, *tls = NULL;
    if (!tls_settings_load(&settings->tls, listeners->self_made, former, &tls, err))
        return error_wrap(err, "listener '%s': tls", settings->name);
    planned->max_clients = settings->max_clients;
    if (own != NULL && tls == former && is_unchanged(own->entry, settings)) {
        planned->entry = own->entry;
        tls_server_unref(&tls);
    } else {
        planned->entry = make_entry(listeners, settings, cluster_index(config, settings->cluster), tls);
    }
    planned->address = mem_strdup(settings->address);
    return (planned->entry != NULL && planned->address != NULL) ||
           error_set(err, 0, "listener '%s': out of memory", settings->name);
}

static bool plan_listener(struct listeners *listeners, struct listeners_plan *plan,
                          const struct config *config, const struct listener_settings *settings,
                          struct error *err)
{
    struct planned_listener *planned = &plan->planned[plan->count];
    *planned = (struct planned_listener){ 0 };
    planned->acceptor = find_acceptor(listeners, plan, settings);
    planned->is_new = planned->acceptor == NULL;
    plan->count++;
    if (!plan_entry(listeners, planned, config, settings, err))
        return false;
    plan->list[plan->count - 1] = &planned->entry->listener;
    if (planned->is_new)
        planned->acceptor = open_acceptor(listeners, settings, err);
    return planned->acceptor != NULL || error_wrap(err, "listener '%s'", settings->name);
}

static void free_plan(struct listeners_plan **plan)
{
    for (size_t i = 0; *plan != NULL && i < (*plan)->count; i++)
        mem_free((*plan)->planned[i].address);
    if (*plan != NULL)
        mem_free((*plan)->list);
    mem_free(*plan);
    *plan = NULL;
}

struct listeners_plan *listeners_plan(struct listeners *listeners, const struct config *config,
                                      struct error *err)
{
    size_t count = config->listener_count;
    struct listeners_plan *plan = mem_zalloc(sizeof *plan + count * sizeof plan->planned[0]);
    if (plan != NULL)
        plan->list = mem_zalloc(count * sizeof(const struct listener *));
    if (plan == NULL || plan->list == NULL) {
        mem_free(plan);
        (void)error_set(err, 0, "listeners: out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!plan_listener(listeners, plan, config, &config->listeners[i], err)) {
            listeners_abandon(listeners, &plan);
            return NULL;
        }
    return plan;
}

void listeners_abandon(struct listeners *listeners, struct listeners_plan **plan)
{
    for (size_t i = 0; *plan != NULL && i < (*plan)->count; i++) {
        struct planned_listener *planned = &(*plan)->planned[i];
        if (planned->is_new)
            free_acceptor(planned->acceptor);
    }
    free_plan(plan);
    reap(listeners);
}

/* ---- certificates that end ---- */

static void warn_of_end(const struct listener *listener)
{
    if (listener->tls == NULL || listener->tls->is_self_made)
        return;
    const char *path = listener->settings->tls.certificate;
    int64_t days = tls_server_days_left(listener->tls, (int64_t)(clock_wall_us() / 1000000));
    if (days < 0)
        log_error(NULL, "listener '%s': the certificate %s has ended: clients that verify it refuse it",
                  listener->settings->name, path);
    else if (days < TLS_WARN_DAYS)
        log_warning(NULL, "listener '%s': the certificate %s ends in %lld days", listener->settings->name,
                    path, (long long)days);
}

static void warn_of_ends(struct listeners *listeners)
{
    for (size_t i = 0; listeners->open != NULL && i < listeners->open->count; i++)
        warn_of_end(&listeners->open->planned[i].entry->listener);
    loop_background_start(&listeners->certificates, listeners->loop, CERTIFICATES_US);
}

static void on_certificates(struct loop_background *timer)
{
    warn_of_ends(container_of(timer, struct listeners, certificates));
}

static void open_planned(const struct planned_listener *planned)
{
    char text[ADDR_TEXT_MAX];
    struct listener_entry *entry = planned->entry;
    planned->acceptor->owner = &entry->listener;
    limit_set(&entry->totals->clients, planned->max_clients);
    if (planned->is_new)
        log_info(NULL, "listener '%s' is ready at %s", entry->settings.name,
                 addr_format(&planned->acceptor->addr, text));
}

void listeners_open(struct listeners *listeners, struct listeners_plan *take_plan)
{
    struct listeners_plan *former = listeners->open;
    listeners->open = take_plan;
    for (size_t i = 0; former != NULL && i < former->count; i++)
        if (!is_taken(take_plan, former->planned[i].acceptor))
            free_acceptor(former->planned[i].acceptor);
    for (size_t i = 0; i < take_plan->count; i++)
        open_planned(&take_plan->planned[i]);
    free_plan(&former);
    reap(listeners);
    warn_of_ends(listeners);
}

const struct listener *const *listeners_list(const struct listeners *listeners, size_t *count_r)
{
    *count_r = listeners->open != NULL ? listeners->open->count : 0;
    return listeners->open != NULL ? listeners->open->list : NULL;
}

void listeners_close(struct listeners *listeners)
{
    loop_background_stop(&listeners->certificates);
    for (size_t i = 0; listeners->open != NULL && i < listeners->open->count; i++)
        acceptor_close(listeners->open->planned[i].acceptor);
}

void listeners_fini(struct listeners *listeners)
{
    for (size_t i = 0; listeners->open != NULL && i < listeners->open->count; i++)
        free_acceptor(listeners->open->planned[i].acceptor);
    free_plan(&listeners->open);
    while (list_first(&listeners->all) != NULL)
        free_entry(listeners, list_entry(list_first(&listeners->all), struct listener_entry, in_all));
}
