#include "access/directory.h"

#include "base/mem.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Numbers of these accounts (user.account) have this bit; those of configured accounts do not reach it. */
#define FROM_SERVERS (UINT64_C(1) << 63)

struct directory_entry {
    struct user user;
    struct directory *directory; /* borrows */
    unsigned holders;            /* guarded by the directory's mutex */
    bool is_listed;              /* an account of the set in force points to it; guarded by mutex */
};

void directory_init(struct directory *directory)
{
    (void)pthread_mutex_init(&directory->mutex, NULL);
}

static void free_entry(struct directory_entry *entry)
{
    mem_free(entry->user.name);
    tls_requirement_fini(&entry->user.requirement);
    mem_free(entry->user.host);
    mem_free(entry->user.connections);
    mem_free_secret(entry, sizeof *entry);
}

/* The account is no longer in force, or not in this form: new logins do not use the entry. */
static void unlist(struct account *account)
{
    if (account->user == NULL)
        return;
    struct directory_entry *entry = account->user->in_directory;
    account->user = NULL;
    entry->is_listed = false;
    atomic_store(&entry->user.is_removed, true);
    if (entry->holders == 0)
        free_entry(entry);
}

static void unlist_all(struct account_set *set)
{
    if (set == NULL)
        return;
    for (struct account *first = set->by_name; first != NULL; first = first->hh.next)
        for (struct account *account = first; account != NULL; account = account->next)
            unlist(account);
}

void directory_fini(struct directory *directory)
{
    unlist_all(directory->set);
    account_set_free(&directory->set);
    (void)pthread_mutex_destroy(&directory->mutex);
}

/* Accounts that are as before keep what sessions know of them. */
static void inherit(struct account_set *before, const struct account_set *set)
{
    for (struct account *first = before->by_name; first != NULL; first = first->hh.next)
        for (struct account *account = first; account != NULL; account = account->next) {
            struct account *heir = account->user != NULL ? account_set_same(set, account) : NULL;
            if (heir == NULL || !account_is_equal(account, heir))
                continue;
            heir->user = account->user;
            account->user = NULL;
        }
}

void directory_publish(struct directory *directory, struct account_set *take_set)
{
    (void)pthread_mutex_lock(&directory->mutex);
    struct account_set *before = directory->set;
    directory->set = take_set;
    if (before != NULL)
        inherit(before, take_set);
    unlist_all(before);
    (void)pthread_mutex_unlock(&directory->mutex);
    account_set_free(&before);
}

void directory_tell(struct directory *directory, struct directory_state *state_r)
{
    *state_r = (struct directory_state){ .is_on = directory_is_on(directory),
                                         .is_tried = atomic_load(&directory->reads) > 0 };
    (void)pthread_mutex_lock(&directory->mutex);
    state_r->count = directory->set != NULL ? directory->set->count : 0;
    memcpy(state_r->error, directory->error, sizeof state_r->error);
    (void)pthread_mutex_unlock(&directory->mutex);
}

void directory_note_read(struct directory *directory, const char *why)
{
    (void)pthread_mutex_lock(&directory->mutex);
    (void)span_copy_cstr(span_cstr(why), directory->error, sizeof directory->error);
    (void)pthread_mutex_unlock(&directory->mutex);
    (void)atomic_fetch_add(&directory->reads, 1);
}

/* ---- entries ---- */

static bool read_native(struct auth_secret *secret, struct span hash)
{
    return hash.len == 0 ? auth_secret_from_password(secret, SPAN_LITERAL(""))
                         : auth_secret_from_native_hash(secret, hash);
}

/* The first method that headgate can check. */
static void read_secret(const struct account *account, struct auth_secret *secret_r)
{
    static const struct {
        const char *plugin;
        bool (*read)(struct auth_secret *secret, struct span hash);
    } known[] = { { AUTH_NATIVE, read_native }, { AUTH_CACHING_SHA2, auth_secret_from_sha2_hash } };
    const struct account_row *row = &account->row;
    for (unsigned i = 0; i < row->method_count; i++)
        for (size_t j = 0; j < sizeof known / sizeof *known; j++)
            if (span_is(row->methods[i].plugin, known[j].plugin) &&
                known[j].read(secret_r, row->methods[i].hash))
                return;
    *secret_r = (struct auth_secret){ 0 }; /* no proof matches */
}

/* NULL: memory is out. */
static struct directory_entry *make_entry(struct directory *directory, const struct account *account,
                                          const char *name)
{
    struct directory_entry *entry = mem_zalloc(sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->directory = directory;
    entry->user.in_directory = entry;
    entry->user.name = mem_strdup(name);
    entry->user.host = mem_strdup(account->pattern.text);
    entry->user.connections = mem_zalloc(sizeof *entry->user.connections);
    entry->user.account = ++directory->last_account | FROM_SERVERS;
    atomic_init(&entry->user.read_only, account->row.is_above_read_only ? USER_BYPASSES : USER_HELD);
    read_secret(account, &entry->user.secret);
    const struct account_row *row = &account->row;
    bool is_required =
        tls_requirement_set(&entry->user.requirement, row->tls, row->issuer, row->subject, row->cipher);
    if (is_required && entry->user.name != NULL && entry->user.host != NULL &&
        entry->user.connections != NULL)
        return entry;
    free_entry(entry);
    return NULL;
}

/* An anonymous account serves any name, and servers are told that name: each of its logins is an entry of its own. */
static struct directory_entry *entry_of(struct directory *directory, struct account *account,
                                        const char *name)
{
    bool is_named = account->row.user.len > 0;
    if (account->user != NULL)
        return account->user->in_directory;
    struct directory_entry *entry = make_entry(directory, account, name);
    if (entry != NULL && is_named) {
        account->user = &entry->user;
        entry->is_listed = true;
    }
    return entry;
}

const struct user *directory_enter(struct directory *directory, const char *name, const char *host)
{
    struct directory_entry *entry = NULL;
    struct host_client client;
    if (directory == NULL || !directory_is_on(directory))
        return NULL;
    (void)pthread_mutex_lock(&directory->mutex);
    if (directory->set != NULL) {
        host_client_read(&client, host, directory->set->resolves);
        struct account *account = account_set_find(directory->set, name, &client);
        entry = account != NULL ? entry_of(directory, account, name) : NULL;
    }
    if (entry != NULL)
        entry->holders++;
    (void)pthread_mutex_unlock(&directory->mutex);
    return entry != NULL ? &entry->user : NULL;
}

bool directory_wait_begin(struct directory *directory, uint64_t now_us, uint64_t *reads_r)
{
    (void)pthread_mutex_lock(&directory->mutex);
    uint64_t reads = atomic_load(&directory->reads);
    bool is_asked = directory->asked_us != 0 && directory->asked_reads == reads;
    bool may_ask = directory->asked_us == 0 || now_us >= directory->asked_us + DIRECTORY_ASK_SELDOM_US;
    bool may_wait = directory->waiting < DIRECTORY_WAITING_MAX && (is_asked || may_ask);
    if (may_wait && may_ask) {
        directory->asked_us = now_us;
        directory->asked_reads = reads;
    }
    directory->waiting += may_wait;
    (void)pthread_mutex_unlock(&directory->mutex);
    *reads_r = reads;
    return may_wait;
}

void directory_wait_end(struct directory *directory)
{
    (void)pthread_mutex_lock(&directory->mutex);
    directory->waiting--;
    (void)pthread_mutex_unlock(&directory->mutex);
}

void directory_hold(const struct user *user)
{
    struct directory_entry *entry = user->in_directory;
    if (entry == NULL)
        return;
    (void)pthread_mutex_lock(&entry->directory->mutex);
    entry->holders++;
    (void)pthread_mutex_unlock(&entry->directory->mutex);
}

void directory_leave(const struct user *user)
{
    struct directory_entry *entry = user != NULL ? user->in_directory : NULL;
    if (entry == NULL)
        return;
    struct directory *directory = entry->directory;
    (void)pthread_mutex_lock(&directory->mutex);
    assert(entry->holders > 0);
    bool is_last = --entry->holders == 0 && !entry->is_listed;
    (void)pthread_mutex_unlock(&directory->mutex);
    if (is_last)
        free_entry(entry);
}

void directory_each(struct directory *directory, void (*each)(void *context, const struct account *account),
                    void *context)
{
    (void)pthread_mutex_lock(&directory->mutex);
    account_set_each(directory->set, each, context);
    (void)pthread_mutex_unlock(&directory->mutex);
}
