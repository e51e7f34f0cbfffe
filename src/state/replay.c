#include "state/replay.h"

#include "monitor/wsrep.h"
#include "mysql/command.h"
#include "state/diagnostics.h"
#include "state/parse_context.h"
#include "state/pooled.h"
#include "state/schema.h"
#include "state/variable_effects.h"
#include "state/wait_timeout.h"

/* ---- the job's place ---- */

static bool is_home(const struct replay *replay)
{
    return replay->job->place == facets_home(replay->facets);
}

/* ---- COM_SET_OPTION, SET ROLE ---- */

static void say_option(const struct replay *replay, struct replay_command *command)
{
    const char argument[2] = { replay->facets->option.is_multi ? 0 : 1, 0 };
    command->shape = REPLY_EOF;
    command->byte = COM_SET_OPTION;
    (void)text_append(&command->argument, argument, sizeof argument);
}

static void note_option(const struct replay *replay)
{
    replay->slot->option_version = replay->facets->option.version;
}

static void say_role(const struct replay *replay, struct replay_command *command)
{
    (void)text_appendf(&command->argument, "SET ROLE %s", text_cstr(&replay->facets->role.said));
}

static void note_role(const struct replay *replay)
{
    replay->slot->role_version = replay->facets->role.version;
}

/* ---- the schema ---- */

static void say_schema(const struct replay *replay, struct replay_command *command)
{
    command->byte = COM_INIT_DB;
    (void)text_append_span(&command->argument, schema_wanted(replay->facets, replay->job));
}

static void say_own_charset(const struct replay *replay, struct replay_command *command)
{
    const struct slot *slot = replay->slot;
    parse_context_say_client(parse_context_collation(slot), slot->upstream->family, &command->argument);
}

/* ---- SYNC_VARS: variables, wait_timeout, the last insert id and autocommit in one SET ---- */

/* VARS_APPLY_WRITES variables are needed where writes run, and by statements that may ask for them. Reads
 * that are not harmless go to the primary, or are in the transaction that is open on the replica. The
 * statement that begins that transaction is no read either. A question about an earlier statement gets no SET
 * before it: the answer would be about the SET. */
static bool needs_writes(const struct replay *replay)
{
    const struct job *job = replay->job;
    const struct facets *facets = replay->facets;
    bool runs_writes = job->place == ROUTE_PRIMARY || facets->mode == LISTENER_REPLICA;
    bool may_ask = !job->facts.is_read && !job->facts.refers_previous && !job->is_login;
    return facets->vars.has_for_writes && (runs_writes || may_ask);
}

static bool lacks_vars(const struct replay *replay)
{
    uint64_t version = replay->facets->vars.version;
    return pooled_of(replay->slot->upstream)->vars_version != version ||
           (needs_writes(replay) && replay->slot->writes_version != version);
}

void replay_note_vars(const struct replay *replay)
{
    uint64_t version = replay->facets->vars.version;
    pooled_of(replay->slot->upstream)->vars_version = version;
    if (needs_writes(replay))
        replay->slot->writes_version = version;
}

static const char *lacks_wait_timeout(const struct replay *replay, char *buffer)
{
    if (!wait_timeout_may_lack(replay->facets, replay->slot))
        return NULL;
    return wait_timeout_lacks(replay->facets, replay->job, replay->slot, replay->sql, buffer);
}

/* LAST_INSERT_ID() belongs to the session: the connection at home (facets_home) must have the last id, and so
 * must a connection that may become home by opening a transaction. A question about the statement before gets
 * no SET before it: the answer would be about the SET. */
static bool lacks_insert_id(const struct replay *replay)
{
    const struct sql_facts *facts = &replay->job->facts;
    bool may_open = facts->kind == SQL_BEGIN || (replay->facets->status & STATUS_AUTOCOMMIT) == 0;
    return (is_home(replay) || may_open) && !facts->refers_previous &&
           replay->slot->insert_id != replay->facets->insert_id.value;
}

/* Compares the status flags of the session with those of the connection. */
static bool lacks_autocommit(const struct replay *replay)
{
    return !replay->job->is_login &&
           ((replay->facets->status ^ replay->slot->upstream->status) & STATUS_AUTOCOMMIT) != 0;
}

static const char *glue(const struct text *sql)
{
    return sql->len > 0 ? "," : "SET ";
}

static void say_vars(const struct replay *replay, struct replay_command *command)
{
    const struct facets *facets = replay->facets;
    struct text *sql = &command->argument;
    char buffer[WAIT_TIMEOUT_TEXT_MAX];
    vars_diff(&facets->vars, pooled_of(replay->slot->upstream)->vars_version,
              needs_writes(replay) ? replay->slot->writes_version : VARS_NONE, sql);
    if (lacks_insert_id(replay))
        (void)text_appendf(sql, "%slast_insert_id=%llu", glue(sql),
                           (unsigned long long)facets->insert_id.value);
    if (lacks_autocommit(replay))
        (void)text_appendf(sql, "%sautocommit=%d", glue(sql), (facets->status & STATUS_AUTOCOMMIT) != 0);
    const char *wait = lacks_wait_timeout(replay, buffer);
    if (wait != NULL)
        (void)text_appendf(sql, "%swait_timeout=%s", glue(sql), wait);
    if (sql->len == 0 && !sql->is_oom)
        replay_note_vars(replay);
}

static void note_vars(const struct replay *replay)
{
    struct slot *slot = replay->slot;
    struct facets *facets = replay->facets;
    char buffer[WAIT_TIMEOUT_TEXT_MAX];
    replay_note_vars(replay);
    if (lacks_wait_timeout(replay, buffer) != NULL)
        slot->has_wait = !slot->has_wait;
    slot->upstream->status =
        (uint16_t)((slot->upstream->status & ~STATUS_AUTOCOMMIT) | (facets->status & STATUS_AUTOCOMMIT));
    if (lacks_insert_id(replay))
        slot->insert_id = facets->insert_id.value;
    diagnostics_note_own(&facets->answers, slot);
}

/* ---- answers about earlier statements ---- */

/* Must SYNC_QUIET clear the connection's warnings? They are of headgate's own statements. Or they are older
 * than the session's last answer: the session has no warnings, as another connection knows. SYNC_QUIET
 * changes FOUND_ROWS(): where the client may ask for that, SYNC_QUIET runs only before a question about
 * warnings. */
static bool needs_quiet(const struct replay *replay)
{
    const struct answers *answers = &replay->facets->answers;
    const struct sql_facts *facts = &replay->job->facts;
    const struct slot *slot = replay->slot;
    bool is_asked = ((facts->questions | facts->asks_before) & 1u << SQL_ASKS_DIAGNOSTICS) != 0;
    bool is_old = slot->has_warnings && !answers->has_diagnostics &&
                  answers->diagnostics != slot->generation && answers->diagnostics != 0;
    return (slot->has_our_warnings && (is_asked || answers->found != slot->generation)) ||
           (is_old && is_asked);
}

static void note_count(const struct replay *replay)
{
    replay->slot->must_count = replay->slot->has_our_warnings = false;
}

static void note_quiet(const struct replay *replay)
{
    replay->slot->has_our_warnings = replay->slot->has_warnings = false;
    diagnostics_lose(&replay->facets->answers.found, replay->slot);
}

/* ---- Galera: a node waits for the session's writes on another node ---- */

static void note_wait(const struct replay *replay)
{
    replay->slot->must_wait = false;
    replay->slot->has_waited = true;
}

static void note_waited(const struct replay *replay)
{
    replay->slot->has_waited = false;
}

/* ---- user variables ---- */

/* At home (facets_home) any statement may read user variables, by a trigger or a stored function. */
static bool needs_user_vars(const struct replay *replay)
{
    const struct job *job = replay->job;
    if (is_home(replay))
        return !variable_effects_needs_none(job);
    return job->facts.touches_variables && !job->facts.refers_previous;
}

static void say_user_vars(const struct replay *replay, struct replay_command *command)
{
    const struct uservars *vars = &replay->facets->user_vars;
    user_variables_say(vars, replay->slot->user_version, &command->argument);
    if (command->argument.len == 0 && !command->argument.is_oom)
        replay->slot->user_version = vars->version;
}

/* Also notes warnings: MySQL has one for _utf8mb3. */
static void note_user_vars(const struct replay *replay)
{
    replay->slot->user_version = replay->facets->user_vars.version;
    diagnostics_note_own(&replay->facets->answers, replay->slot);
}

/* ---- the read-only transaction that was open on a replica ---- */

static void note_begin(const struct replay *replay)
{
    replay->facets->transaction.must_begin = false;
    replay->facets->status |= STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY;
    replay->slot->upstream->status |= STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY;
}

/* ---- the tasks ---- */

/* The command of a task is `sql`, or `say` makes it from the session's state. `note` notes what the
 * connection has once the server has agreed; NULL: schema_note() does. SYNC_COUNT and SYNC_QUIET have a
 * derived table, because MariaDB clears warnings only at a statement with a table. */
static const struct {
    const char *sql;
    void (*say)(const struct replay *replay, struct replay_command *command);
    void (*note)(const struct replay *replay);
} tasks[] = {
    [SYNC_OPTION] = { NULL, say_option, note_option },
    [SYNC_ROLE] = { NULL, say_role, note_role },
    [SYNC_SCHEMA] = { NULL, say_schema, NULL },
    [SYNC_UTF8] = { "SET character_set_client=utf8mb4", NULL, NULL },
    [SYNC_OWN_CHARSET] = { NULL, say_own_charset, NULL },
    [SYNC_VARS] = { NULL, say_vars, note_vars },
    [SYNC_COUNT] = { "SELECT 1 FROM (SELECT 1) a LIMIT 0", NULL, note_count },
    [SYNC_QUIET] = { "SELECT 1 FROM (SELECT 1) a", NULL, note_quiet },
    [SYNC_WAIT] = { WSREP_WAIT_SQL, NULL, note_wait },
    [SYNC_WAITED] = { "SET SESSION wsrep_sync_wait = @@session.wsrep_sync_wait", NULL, note_waited },
    [SYNC_USER_VARS] = { NULL, say_user_vars, note_user_vars },
    [SYNC_BEGIN] = { "START TRANSACTION READ ONLY", NULL, note_begin },
};

/* The order of tasks. The role comes before the schema: only the role may have rights for it. A schema whose
 * name is not the same in all character sets comes after the variables, which set the character sets. User
 * variables come after the variables: character sets decide how the server reads their strings. SYNC_COUNT
 * and SYNC_QUIET come after the tasks whose warnings they clear. */
enum sync_task replay_next(const struct replay *replay)
{
    const struct facets *facets = replay->facets;
    const struct slot *slot = replay->slot;
    char wait[WAIT_TIMEOUT_TEXT_MAX];
    if (slot->option_version != facets->option.version)
        return SYNC_OPTION;
    if (slot->role_version != facets->role.version)
        return SYNC_ROLE;
    bool is_schema_due = schema_is_due(facets, replay->job, slot);
    if (is_schema_due && schema_is_said_as_it_is(facets, replay->job))
        return SYNC_SCHEMA;
    if (lacks_vars(replay) || lacks_wait_timeout(replay, wait) != NULL || lacks_insert_id(replay) ||
        lacks_autocommit(replay))
        return SYNC_VARS;
    if (is_schema_due || slot->reads_utf8)
        return schema_task(facets, slot, is_schema_due);
    if (slot->must_count)
        return SYNC_COUNT;
    if (needs_quiet(replay))
        return SYNC_QUIET;
    if (slot->must_wait)
        return SYNC_WAIT;
    if (slot->has_waited)
        return SYNC_WAITED;
    if (slot->user_version != facets->user_vars.version && needs_user_vars(replay))
        return SYNC_USER_VARS;
    if (facets->transaction.must_begin && replay->job->place == ROUTE_PRIMARY)
        return SYNC_BEGIN;
    return SYNC_NOTHING;
}

void replay_say(const struct replay *replay, enum sync_task task, struct replay_command *command_r)
{
    *command_r = (struct replay_command){ .shape = REPLY_GENERIC, .byte = COM_QUERY };
    if (tasks[task].sql != NULL)
        (void)text_append_cstr(&command_r->argument, tasks[task].sql);
    else
        tasks[task].say(replay, command_r);
}

bool replay_note(const struct replay *replay, uint64_t now_us)
{
    struct slot *slot = replay->slot;
    if (tasks[slot->task].note == NULL)
        return schema_note(replay->facets, replay->job, slot, now_us);
    tasks[slot->task].note(replay);
    return true;
}
