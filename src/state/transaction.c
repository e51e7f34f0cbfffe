#include "state/transaction.h"

#include "state/pending_set.h"

void transaction_come_home(struct facets *facets)
{
    if (facets->transaction.is_away)
        facets->status &= (uint16_t) ~(STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY);
    facets->transaction.is_away = facets->transaction.has_seen = facets->transaction.must_begin = false;
}

void transaction_begin_again(struct facets *facets)
{
    facets->transaction.must_begin = true;
    facets_note(facets, FACET_TRANSACTION);
}

/* `change` has the statements that would begin the same transaction. With SET TRANSACTION in it, the client
 * has set characteristics of the next transaction only. Otherwise they were used up, or there are none. */
static void told(const struct report *report, const struct sesstrack_change *change)
{
    static const struct span set = SPAN_LITERAL("SET TRANSACTION");
    struct span sql = change->value;
    if (sql.len >= set.len && span_equal_nocase(span_of(sql.data, set.len), set))
        report_pin(report, PIN_NEXT_TRANSACTION);
    else
        pins_release_all(&report->facets->pins, PIN_NEXT_TRANSACTION);
}

static enum sync_task lacks(const struct replay *replay)
{
    uint16_t differs = replay->facets->status ^ replay->slot->upstream->status;
    if (!replay->job->is_login && (differs & STATUS_AUTOCOMMIT) != 0)
        return SYNC_VARS;
    bool must_begin = replay->facets->transaction.must_begin && replay->job->place == ROUTE_PRIMARY;
    return must_begin ? SYNC_BEGIN : SYNC_NOTHING;
}

static void say(const struct replay *replay, struct replay_command *command)
{
    if (replay->task == SYNC_BEGIN)
        (void)text_append_cstr(&command->argument, "START TRANSACTION READ ONLY");
    else
        (void)text_appendf(&command->argument, "%sautocommit=%d", replay_glue(&command->argument),
                           (replay->facets->status & STATUS_AUTOCOMMIT) != 0);
}

static void note(const struct replay *replay)
{
    struct facets *facets = replay->facets;
    struct upstream *upstream = replay->slot->upstream;
    if (replay->task == SYNC_BEGIN) {
        facets->transaction.must_begin = false;
        facets->set &= ~facet_bit(FACET_TRANSACTION);
        facets->status |= STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY;
        upstream->status |= STATUS_IN_TRANS | STATUS_IN_TRANS_READONLY;
    } else {
        upstream->status =
            (uint16_t)((upstream->status & ~STATUS_AUTOCOMMIT) | (facets->status & STATUS_AUTOCOMMIT));
    }
}

static uint32_t keeps(const struct facets *facets, enum route_place place)
{
    return facets_has_transaction(facets) && place == facets_home(facets) ? pin_bit(PIN_TRANSACTION) : 0;
}

/* An ERR may have ended the transaction. */
static bool is_asked(const struct facets *facets, struct slot *const slots[SLOT_COUNT],
                     enum route_place place)
{
    (void)slots;
    return facets->transaction.is_unknown && place == ROUTE_PRIMARY && !facets->transaction.is_away;
}

/* Any query does: the answer has the status flags of the transaction. */
static bool ask(const struct facets *facets, struct slot *slot, struct text *sql)
{
    (void)facets, (void)slot;
    (void)text_append_cstr(sql, "SELECT 1 LIMIT 1");
    return false;
}

static bool learn(struct facets *facets, struct slot *slot, const struct facet_answer *answer)
{
    (void)slot;
    if (answer->told->is_err)
        return false;
    facets->status = answer->told->status;
    facets->transaction.is_unknown = false;
    return true;
}

static enum facet_left left(const struct facets *facets, const struct slot *slot)
{
    const struct upstream *upstream = slot->upstream;
    bool is_as_new = ((upstream->status ^ upstream->new_status) & STATUS_AUTOCOMMIT) == 0 &&
                     (upstream->status & STATUS_IN_TRANS) == 0;
    return is_as_new && !facets_has_transaction(facets) ? LEFT_KNOWN : LEFT_TO_RESET;
}

static void reset(struct facets *facets)
{
    facets->status = STATUS_AUTOCOMMIT;
    facets->transaction = (struct open_transaction){ 0 };
    facets->calls_in_read_only = false;
}

static bool keeps_reads(const struct foreseen *foreseen)
{
    const struct sql_facts *facts = foreseen->facts;
    const struct pending_set *changes = foreseen->changes;
    return facts->sets_next_transaction || (facts->kind == SQL_BEGIN && !facts->begins_read_only) ||
           (changes != NULL && (changes->sets_next_transaction || changes->ends_autocommit));
}

const struct facet facet_transaction = { .told_by = 1u << SESSTRACK_CHARACTERISTICS,
                                         .told = told,
                                         .tasks = 1u << SYNC_VARS | 1u << SYNC_BEGIN,
                                         .lacks = lacks,
                                         .say = say,
                                         .note = note,
                                         .keeps = keeps,
                                         .is_asked = is_asked,
                                         .ask = ask,
                                         .learn = learn,
                                         .left = left,
                                         .reset = reset,
                                         .keeps_reads = keeps_reads };
