#include "admin/doctor.h"

#include "admin/diagnosis.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cluster/catalog_refresh.h"
#include "stored_code/catalog.h"

#include <stddef.h>
#include <stdio.h>

#define MONITOR_QUESTIONS                                                                                    \
    (CHECKUP_ASK(CHECKUP_SETUP) | CHECKUP_ASK(CHECKUP_VARIABLES) | CHECKUP_ASK(CHECKUP_REPLICATION) |        \
     CHECKUP_ASK(CHECKUP_CLOCK))

const struct columns doctor_columns = { diagnosis_columns, DIAGNOSIS_COLUMNS };

struct ward;

/* The visits of one server, one after the other. */
struct bed {
    struct ward *ward;                   /* borrows */
    const struct cluster_member *member; /* borrows */
    const struct upstream_env *env;      /* borrows */
    size_t next_account;
};

struct ward {
    struct loop_corpse corpse;
    struct request *request;  /* borrows */
    struct patient *patients; /* owns */
    struct bed *beds;         /* owns; one per patient */
    size_t count;
    size_t waiting; /* patients whose visits have not ended */
    struct loop_timer deadline;
};

static void free_ward(struct ward *ward)
{
    for (size_t i = 0; ward->patients != NULL && i < ward->count; i++) {
        struct patient *patient = &ward->patients[i];
        checkup_fini(&patient->visit);
        for (size_t a = 0; patient->accounts != NULL && a < patient->account_count; a++)
            checkup_fini(&patient->accounts[a].visit);
        mem_free(patient->accounts);
    }
    mem_free(ward->patients);
    mem_free(ward->beds);
    mem_free(ward);
}

/* Frees the ward after the turn: functions of the checkups that have just ended are still on the stack. */
static void bury(struct loop_corpse *corpse)
{
    free_ward(container_of(corpse, struct ward, corpse));
}

static void close_ward(struct ward *ward)
{
    struct admin *admin = ward->request->admin;
    loop_timer_stop(&ward->deadline);
    admin->ward = NULL;
    loop_bury(admin->loop, &ward->corpse, bury);
}

/* One row for each certificate of a listener that headgate has not made itself. */
static void put_certificates(const struct admin *admin, struct table *table)
{
    int64_t now_s = (int64_t)(clock_wall_us() / 1000000);
    char text[300];
    for (size_t i = 0; i < admin->listener_count; i++) {
        const struct listener *listener = admin->listeners[i];
        if (listener->tls == NULL || listener->tls->is_self_made)
            continue;
        int64_t days = tls_server_days_left(listener->tls, now_s);
        (void)snprintf(text, sizeof text, "listener %.60s: the certificate %.160s %s %lld days",
                       listener->settings->name, listener->settings->tls.certificate,
                       days < 0 ? "has ended; left:" : "ends in", (long long)(days < 0 ? 0 : days));
        table_row(table);
        table_text(table, days < 0 ? "error" : days < TLS_WARN_DAYS ? "warning" : "ok");
        table_text(table, "certificate");
        table_text(table, listener->settings->cluster);
        table_text(table, NULL);
        table_text(table, text);
        table_text(table, days < TLS_WARN_DAYS ? "put a new one into the file, and reload" : NULL);
    }
}

static void discharge(struct ward *ward)
{
    struct request *request = ward->request;
    table_init(&request->table, diagnosis_columns, DIAGNOSIS_COLUMNS);
    diagnosis_write(ward->patients, ward->count, request->admin->world->timeouts, &request->table);
    put_certificates(request->admin, &request->table);
    close_ward(ward);
    request->on_done(request);
}

/* ---- visits ---- */

static void on_visit(struct checkup *checkup);

/* Starts the visit with the next account that can be tried. False: no account is left. */
static bool visit_as_next(struct bed *bed)
{
    struct ward *ward = bed->ward;
    struct patient *patient = &ward->patients[bed - ward->beds];
    while (patient->visit.is_in && bed->next_account < patient->account_count) {
        struct patient_account *account = &patient->accounts[bed->next_account++];
        const struct user *user = users_find(ward->request->admin->world->users, account->user);
        const struct auth_secret *secret = user != NULL && user->secret.has_password ? &user->secret : NULL;
        account->is_usable = secret != NULL;
        if (secret == NULL)
            continue;
        checkup_begin(&account->visit, bed->env, bed->member->server, &bed->member->name.addr, account->user,
                      secret, CHECKUP_ASK(CHECKUP_GRANTS), on_visit, bed);
        return true;
    }
    return false;
}

static void on_visit(struct checkup *checkup)
{
    struct bed *bed = checkup->owner;
    struct ward *ward = bed->ward;
    if (!visit_as_next(bed) && --ward->waiting == 0)
        discharge(ward);
}

static void visit_as_monitor(struct bed *bed)
{
    struct patient *patient = &bed->ward->patients[bed - bed->ward->beds];
    const struct monitor_settings *monitor = &patient->settings->monitor;
    struct auth_secret secret = { 0 };
    (void)auth_secret_from_password(&secret,
                                    span_cstr(monitor->password)); /* too long a password: the monitor's
                                                                    * probes report that */
    if (bed->member->name.addr.len == 0) {
        (void)span_copy_cstr(SPAN_LITERAL("its name cannot be resolved"), patient->visit.error,
                             sizeof patient->visit.error);
        patient->visit.owner = bed;
        on_visit(&patient->visit);
    } else {
        checkup_begin(&patient->visit, bed->env, bed->member->server, &bed->member->name.addr, monitor->user,
                      &secret, MONITOR_QUESTIONS, on_visit, bed);
    }
    auth_secret_wipe(&secret);
}

/* Breaks off all visits that still run. The end of the last one ends the doctor; no new visit begins. */
static void on_deadline(struct loop_timer *timer)
{
    struct ward *ward = container_of(timer, struct ward, deadline);
    size_t count = ward->count;
    for (size_t i = 0; i < count; i++)
        ward->beds[i].next_account = ward->patients[i].account_count;
    for (size_t i = 0; i < count; i++) {
        struct patient *patient = &ward->patients[i];
        checkup_break_off(&patient->visit, "no answer within 5 s");
        for (size_t a = 0; a < patient->account_count; a++)
            checkup_break_off(&patient->accounts[a].visit, "no answer within 5 s");
    }
}

/* ---- admission ---- */

static bool client_login_patient(struct ward *ward, struct cluster *cluster, struct cluster_member *member)
{
    const struct admin *admin = ward->request->admin;
    struct patient *patient = &ward->patients[ward->count];
    const struct user *user = admin->world->users->by_name;
    *patient = (struct patient){ .cluster = cluster->settings->name,
                                 .name = member->server->name,
                                 .settings = cluster->settings,
                                 .is_primary = cluster->primary == (int)member->server->index,
                                 .is_galera = member_is_any_galera(cluster),
                                 .wsrep = member->last.wsrep,
                                 .is_surveyed = catalog_refresh_is_surveyed(cluster),
                                 .survey_error = cluster->survey_error,
                                 .hidden_views = catalog_hidden_views(cluster->catalog),
                                 .neighbours = cluster->count,
                                 .max_connections = member->server->max_connections };
    if (admin->world->directories != NULL)
        directory_tell(&admin->world->directories[cluster->index], &patient->accounts_read);
    ward->beds[ward->count++] = (struct bed){ .ward = ward, .member = member, .env = &cluster->env };
    patient->accounts = mem_zalloc(DOCTOR_ACCOUNTS_MAX * sizeof *patient->accounts);
    for (; patient->accounts != NULL && user != NULL; user = user->hh.next) {
        patient->account_total++;
        if (patient->account_count < DOCTOR_ACCOUNTS_MAX)
            patient->accounts[patient->account_count++].user = user->name;
    }
    return patient->accounts != NULL;
}

static bool client_login_all(struct ward *ward)
{
    const struct admin *admin = ward->request->admin;
    size_t count = 0;
    for (size_t c = 0; c < admin->cluster_count; c++)
        count += admin->clusters[c].count;
    ward->patients = mem_zalloc(count * sizeof *ward->patients);
    ward->beds = mem_zalloc(count * sizeof *ward->beds);
    bool is_whole = ward->patients != NULL && ward->beds != NULL;
    for (size_t c = 0; is_whole && c < admin->cluster_count; c++)
        for (size_t i = 0; is_whole && i < admin->clusters[c].count; i++)
            is_whole = admin->clusters[c].members[i].is_gone ||
                       client_login_patient(ward, &admin->clusters[c], &admin->clusters[c].members[i]);
    return is_whole;
}

void doctor(struct request *request)
{
    struct admin *admin = request->admin;
    struct ward *ward = admin->ward == NULL ? mem_zalloc(sizeof *ward) : NULL;
    if (ward != NULL)
        ward->request = request;
    if (ward == NULL || !client_login_all(ward)) {
        if (ward != NULL)
            free_ward(ward);
        (void)error_set(&request->error, 0,
                        admin->ward != NULL ? "a doctor is at work already" : "out of memory");
        request->on_done(request);
        return;
    }
    admin->ward = ward;
    loop_timer_init(&ward->deadline, on_deadline);
    loop_timer_start(&ward->deadline, admin->loop, DOCTOR_LONGEST_US);
    ward->waiting = ward->count + 1; /* one extra for this loop: a visit may end before checkup_begin
                                      * returns */
    for (size_t i = 0; i < ward->count; i++)
        visit_as_monitor(&ward->beds[i]);
    if (--ward->waiting == 0)
        discharge(ward);
}

void doctor_fini(struct admin *admin)
{
    struct ward *ward = admin->ward;
    if (ward == NULL)
        return;
    struct request *request = ward->request;
    for (size_t i = 0; i < ward->count; i++) {
        checkup_fini(&ward->patients[i].visit);
        for (size_t a = 0; a < ward->patients[i].account_count; a++)
            checkup_fini(&ward->patients[i].accounts[a].visit);
    }
    close_ward(ward);
    (void)error_set(&request->error, 0, "headgate stops, or has another configuration now: ask again");
    request->on_done(request);
}
