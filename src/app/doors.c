#include "app/doors.h"

#include "base/log.h"
#include "base/mem.h"
#include "settings/address.h"
#include "stats/listener_counters.h"

#include <string.h>

#define LISTENER_MODE 0777 /* of unix sockets: accounts and passwords decide about logins */

/* A door, which sessions see, and the data of this file for it. */
struct doorway {
    struct door door;
    struct list_node in_doors;
    struct listener_settings settings; /* owns: the settings of the door */
    struct ledger *ledger;             /* one reference */
};

/* Counters of all doors that listeners of one name have had. */
struct ledger {
    struct limit clients;
    struct door_counters *by_worker; /* owns */
    unsigned references;
};

/* One listener of a plan. */
struct entrance {
    struct doorway *doorway;   /* borrows: in doors->all */
    struct listener *listener; /* owns; also in the plan that is open, until this plan is open */
    char *address;             /* owns: as in the file; a reload finds the listener by it */
    bool is_new;               /* the listener was opened for this plan */
    int64_t max_clients;
};

struct doors_plan {
    const struct door **list; /* owns: the doors of `entrances`, in the same order */
    size_t count;
    struct entrance entrances[];
};

void doors_init(struct doors *doors, struct loop *loop, unsigned worker_count,
                void (*on_accept)(struct listener *, int, const struct addr *),
                void (*on_exhausted)(struct listener *, int))
{
    *doors = (struct doors){
        .loop = loop, .worker_count = worker_count, .on_accept = on_accept, .on_exhausted = on_exhausted
    };
    list_init(&doors->all);
}

/* ---- doors ---- */

/* A new ledger with one reference; NULL: memory is out. */
static struct ledger *make_ledger(const struct doors *doors)
{
    struct ledger *ledger = mem_zalloc(sizeof *ledger);
    if (ledger == NULL)
        return NULL;
    ledger->references = 1;
    ledger->by_worker = door_counters_new(doors->worker_count);
    if (ledger->by_worker != NULL)
        return ledger;
    mem_free(ledger);
    return NULL;
}

static void release_ledger(struct ledger *ledger)
{
    if (ledger == NULL || --ledger->references > 0)
        return;
    door_counters_free(&ledger->by_worker);
    mem_free(ledger);
}

static void free_doorway(struct doors *doors, struct doorway *doorway)
{
    list_unlink(&doors->all, &doorway->in_doors);
    release_ledger(doorway->ledger);
    schema_fini(&listener_section, &doorway->settings);
    mem_free(doorway);
}

static bool is_open(const struct doors_plan *plan, const struct doorway *doorway)
{
    for (size_t i = 0; plan != NULL && i < plan->count; i++)
        if (plan->entrances[i].doorway == doorway)
            return true;
    return false;
}

/* Frees closed doors that have no sessions left. */
static void reap(struct doors *doors)
{
    struct list_node *node = list_first(&doors->all);
    while (node != NULL) {
        struct list_node *next = list_after(&doors->all, node);
        struct doorway *doorway = list_entry(node, struct doorway, in_doors);
        if (!is_open(doors->open, doorway) &&
            atomic_load_explicit(&doorway->door.sessions, memory_order_acquire) == 0)
            free_doorway(doors, doorway);
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
static bool is_same_door(const struct doorway *doorway, const struct listener_settings *settings)
{
    bool is_other = false;
    return print_changes(&listener_section, &doorway->settings, settings, note_difference, &is_other) &&
           !is_other;
}

/* The entrance of this name in the plan that is open, or NULL. */
static const struct entrance *find_entrance(const struct doors *doors, const char *name)
{
    for (size_t i = 0; doors->open != NULL && i < doors->open->count; i++)
        if (strcmp(doors->open->entrances[i].doorway->settings.name, name) == 0)
            return &doors->open->entrances[i];
    return NULL;
}

static unsigned cluster_index(const struct config *config, const char *name)
{
    unsigned i = 0;
    while (strcmp(config->clusters[i].name, name) != 0)
        i++; /* the cluster exists: the configuration was checked */
    return i;
}

/* The latest door of listeners of this name, open or closed; NULL: none. A new door continues its ledger. */
static struct doorway *last_of(struct doors *doors, const char *name)
{
    struct doorway *last = NULL;
    for (struct list_node *node = list_first(&doors->all); node != NULL; node = list_after(&doors->all, node))
        if (strcmp(list_entry(node, struct doorway, in_doors)->settings.name, name) == 0)
            last = list_entry(node, struct doorway, in_doors);
    return last;
}

static struct doorway *make_doorway(struct doors *doors, const struct listener_settings *settings,
                                    unsigned cluster)
{
    struct doorway *former = last_of(doors, settings->name);
    struct doorway *doorway = mem_zalloc(sizeof *doorway);
    if (doorway == NULL)
        return NULL;
    list_link_last(&doors->all, &doorway->in_doors);
    doorway->ledger = former != NULL ? former->ledger : make_ledger(doors);
    if (former != NULL)
        doorway->ledger->references++;
    if (doorway->ledger == NULL || !schema_copy(&listener_section, settings, &doorway->settings)) {
        free_doorway(doors, doorway);
        return NULL;
    }
    doorway->door.settings = &doorway->settings;
    doorway->door.cluster = cluster;
    doorway->door.clients = &doorway->ledger->clients;
    doorway->door.by_worker = doorway->ledger->by_worker;
    return doorway;
}

/* ---- sockets ---- */

static bool is_taken(const struct doors_plan *plan, const struct listener *listener)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->entrances[i].listener == listener)
            return true;
    return false;
}

/* The open socket of this address: the listener's own, or one that no other listener of the plan has taken.
 * NULL: a socket must be opened. A socket of port 0 is not given to another listener, which is to get a port
 * of its own. */
static struct listener *find_listener(const struct doors *doors, const struct doors_plan *plan,
                                      const struct listener_settings *settings)
{
    const struct entrance *own = find_entrance(doors, settings->name);
    if (own != NULL && strcmp(own->address, settings->address) == 0)
        return own->listener;
    for (size_t i = 0; doors->open != NULL && i < doors->open->count; i++) {
        const struct entrance *entrance = &doors->open->entrances[i];
        if (strcmp(entrance->address, settings->address) == 0 && !address_is_any_port(settings->address) &&
            !is_taken(plan, entrance->listener))
            return entrance->listener;
    }
    return NULL;
}

static void free_listener(struct listener *listener)
{
    if (listener != NULL)
        listener_close(listener);
    mem_free(listener);
}

static struct listener *open_listener(struct doors *doors, const struct listener_settings *settings,
                                      struct error *err)
{
    struct addr addr;
    struct listener *listener = mem_zalloc(sizeof *listener);
    if (listener == NULL)
        (void)error_set(err, 0, "out of memory");
    else if (addr_parse_listen(settings->address, &addr, err) &&
             listener_open(listener, doors->loop, &addr, LISTENER_MODE, doors->on_accept, NULL, err)) {
        listener->on_exhausted = doors->on_exhausted;
        return listener;
    }
    mem_free(listener);
    return NULL;
}

/* ---- plans ---- */

static bool plan_doorway(struct doors *doors, struct entrance *entrance, const struct config *config,
                         const struct listener_settings *settings)
{
    const struct entrance *own = find_entrance(doors, settings->name);
    entrance->max_clients = settings->max_clients;
    entrance->doorway = own != NULL && is_same_door(own->doorway, settings)
                            ? own->doorway
                            : make_doorway(doors, settings, cluster_index(config, settings->cluster));
    entrance->address = mem_strdup(settings->address);
    return entrance->doorway != NULL && entrance->address != NULL;
}

static bool plan_entrance(struct doors *doors, struct doors_plan *plan, const struct config *config,
                          const struct listener_settings *settings, struct error *err)
{
    struct entrance *entrance = &plan->entrances[plan->count];
    *entrance = (struct entrance){ 0 };
    entrance->listener = find_listener(doors, plan, settings);
    entrance->is_new = entrance->listener == NULL;
    plan->count++;
    if (!plan_doorway(doors, entrance, config, settings))
        return error_set(err, 0, "listener '%s': out of memory", settings->name);
    plan->list[plan->count - 1] = &entrance->doorway->door;
    if (entrance->is_new)
        entrance->listener = open_listener(doors, settings, err);
    return entrance->listener != NULL || error_wrap(err, "listener '%s'", settings->name);
}

static void free_plan(struct doors_plan **plan)
{
    for (size_t i = 0; *plan != NULL && i < (*plan)->count; i++)
        mem_free((*plan)->entrances[i].address);
    if (*plan != NULL)
        mem_free((*plan)->list);
    mem_free(*plan);
    *plan = NULL;
}

struct doors_plan *doors_plan(struct doors *doors, const struct config *config, struct error *err)
{
    size_t count = config->listener_count;
    struct doors_plan *plan = mem_zalloc(sizeof *plan + count * sizeof plan->entrances[0]);
    if (plan != NULL)
        plan->list = mem_zalloc(count * sizeof(const struct door *));
    if (plan == NULL || plan->list == NULL) {
        mem_free(plan);
        (void)error_set(err, 0, "listeners: out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!plan_entrance(doors, plan, config, &config->listeners[i], err)) {
            doors_abandon(doors, &plan);
            return NULL;
        }
    return plan;
}

void doors_abandon(struct doors *doors, struct doors_plan **plan)
{
    for (size_t i = 0; *plan != NULL && i < (*plan)->count; i++) {
        struct entrance *entrance = &(*plan)->entrances[i];
        if (entrance->is_new)
            free_listener(entrance->listener);
    }
    free_plan(plan);
    reap(doors);
}

static void open_entrance(const struct entrance *entrance)
{
    char text[ADDR_TEXT_MAX];
    struct doorway *doorway = entrance->doorway;
    entrance->listener->owner = &doorway->door;
    limit_set(&doorway->ledger->clients, entrance->max_clients);
    if (entrance->is_new)
        log_info(NULL, "listener '%s' is ready at %s", doorway->settings.name,
                 addr_format(&entrance->listener->addr, text));
}

void doors_open(struct doors *doors, struct doors_plan *take_plan)
{
    struct doors_plan *former = doors->open;
    doors->open = take_plan;
    for (size_t i = 0; former != NULL && i < former->count; i++)
        if (!is_taken(take_plan, former->entrances[i].listener))
            free_listener(former->entrances[i].listener);
    for (size_t i = 0; i < take_plan->count; i++)
        open_entrance(&take_plan->entrances[i]);
    free_plan(&former);
    reap(doors);
}

const struct door *const *doors_list(const struct doors *doors, size_t *count_r)
{
    *count_r = doors->open != NULL ? doors->open->count : 0;
    return doors->open != NULL ? doors->open->list : NULL;
}

void doors_close(struct doors *doors)
{
    for (size_t i = 0; doors->open != NULL && i < doors->open->count; i++)
        listener_close(doors->open->entrances[i].listener);
}

void doors_fini(struct doors *doors)
{
    for (size_t i = 0; doors->open != NULL && i < doors->open->count; i++)
        free_listener(doors->open->entrances[i].listener);
    free_plan(&doors->open);
    while (list_first(&doors->all) != NULL)
        free_doorway(doors, list_entry(list_first(&doors->all), struct doorway, in_doors));
}
