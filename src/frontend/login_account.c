#include "frontend/login_account.h"

#include "access/directory.h"
#include "base/mem.h"

/* Only for a login in a cluster whose servers' accounts are read. */
struct login_account {
    const struct user *user; /* held; NULL: none was found */
    uint64_t until_us;       /* monotonic; 0: the login does not wait */
    uint64_t reads;          /* the directory's count when the wait began */
    bool has_waited;
};

/* NULL: the cluster has none, or it is not on. */
static struct directory *directory_of(const struct session *session)
{
    struct directory *directories = session->worker->world->directories;
    struct directory *directory = directories != NULL ? &directories[session->listener->cluster] : NULL;
    return directory != NULL && directory_is_on(directory) ? directory : NULL;
}

static void leave(struct login_account *account)
{
    directory_leave(account->user);
    account->user = NULL;
}

const struct user *login_account_find(struct session *session, const char *name)
{
    const struct user *user = users_find(session->worker->world->users, name);
    struct directory *directory = directory_of(session);
    if (session->entering != NULL)
        leave(session->entering);
    if (user != NULL || directory == NULL)
        return user;
    if (session->entering == NULL)
        session->entering = mem_zalloc(sizeof *session->entering);
    if (session->entering == NULL)
        return NULL;
    session->entering->user = directory_enter(directory, name, session->host);
    return session->entering->user;
}

/* MySQL creates accounts with caching_sha2_password. */
void login_account_decoy(const struct session *session, const char *name, struct auth_secret *secret_r)
{
    static const unsigned rounds = 5000; /* the default of caching_sha2_password_digest_rounds */
    const struct view *view = session_view(session);
    *secret_r = (struct auth_secret){ 0 };
    if (directory_of(session) == NULL || view == NULL || view->family != FAMILY_MYSQL)
        return;
    secret_r->is_sha2 = secret_r->has_crypt = true;
    secret_r->crypt_rounds = rounds;
    (void)span_copy_cstr(span_cstr(name), (char *)secret_r->crypt_salt, sizeof secret_r->crypt_salt);
}

const struct user *login_account_found(const struct session *session)
{
    const struct login_account *account = session->entering;
    if (account == NULL || account->user == NULL)
        return users_find(session->worker->world->users, session->login->user);
    return account->user->is_removed ? NULL : account->user;
}

/* ---- waiting ---- */

bool login_account_wait(struct session *session)
{
    struct directory *directory = directory_of(session);
    struct login_account *account = session->entering;
    if (directory == NULL || account == NULL || account->has_waited ||
        !directory_wait_begin(directory, session_now(session), &account->reads))
        return false;
    account->has_waited = true;
    account->until_us = session_now(session) + LOGIN_ACCOUNT_WAIT_US;
    worker_note_account_doubt(session->worker, session->listener->cluster);
    worker_retry(session->worker);
    return true;
}

static void end_wait(const struct session *session)
{
    if (session->entering->until_us == 0)
        return;
    session->entering->until_us = 0;
    directory_wait_end(&session->worker->world->directories[session->listener->cluster]);
}

bool login_account_goes_on(struct session *session)
{
    const struct login_account *account = session->entering;
    const struct directory *directory = directory_of(session);
    if (account == NULL || account->until_us == 0)
        return true;
    if (directory != NULL && !directory_has_read_since(directory, account->reads) &&
        session_now(session) < account->until_us && !session->is_client_eof) {
        worker_retry(session->worker);
        return false;
    }
    end_wait(session);
    return true;
}

void login_account_end(struct session *session)
{
    if (session->entering == NULL)
        return;
    end_wait(session);
    leave(session->entering);
    mem_free(session->entering);
    session->entering = NULL;
}
