/* Where a read goes, by what its session has written and seen: rows of state and result. */
#include "../upstream/upstream_test.h"

#include "access/listener_settings.h"
#include "upstream/upstream.h"
#include "cluster/view.h"
#include "freshness/fresh_replica.h"
#include "freshness/position_server.h"

#define FOLLOWED .has_demand = true, .is_followed = true
#define KNOWN FOLLOWED, .is_known = true

static const struct {
    const char *name;
    struct gate_state state;
    enum gate_verdict want;
} rows[] = {
    { "nothing written, nothing seen", { 0 }, GATE_PASS },
    { "… on a replica", { .has_replica = true, .is_followed = true, .is_known = true }, GATE_PASS },
    { "… and no GTIDs", { .has_replica = true, .is_known = true }, GATE_PASS },
    { "its replica has it", { KNOWN, .has_replica = true, .replica_has = true }, GATE_PASS },
    { "… and another one too",
      { KNOWN, .has_replica = true, .replica_has = true, .another_has = true },
      GATE_PASS },
    { "… after a wait", { KNOWN, .has_replica = true, .replica_has = true, .has_waited = true }, GATE_PASS },
    { "its replica lacks it", { KNOWN, .has_replica = true }, GATE_WAIT },
    { "… and another one has it",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true },
      GATE_WAIT },
    { "… and it has waited",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true, .has_waited = true },
      GATE_MOVE },
    { "… but what it saw here may be newer",
      { KNOWN, .has_replica = true, .another_has = true, .has_waited = true },
      GATE_PRIMARY },
    { "no replica has it, it has waited",
      { KNOWN, .has_replica = true, .may_leave = true, .has_waited = true },
      GATE_PRIMARY },
    { "on no replica, one has it", { KNOWN, .another_has = true }, GATE_MOVE },
    { "on no replica, none has it", { KNOWN, .may_leave = true }, GATE_WAIT },
    { "on no replica, none has it, it has waited",
      { KNOWN, .may_leave = true, .has_waited = true },
      GATE_PRIMARY },
    { "what it asks for is not known yet",
      { FOLLOWED, .has_replica = true, .replica_has = true, .another_has = true, .may_leave = true },
      GATE_WAIT },
    { "… and it has waited",
      { FOLLOWED, .has_replica = true, .replica_has = true, .another_has = true, .may_leave = true,
        .has_waited = true },
      GATE_PRIMARY },
    { "no GTIDs",
      { .has_demand = true, .is_known = true, .has_replica = true, .replica_has = true },
      GATE_PRIMARY },
    { "bound to its replica, which has it",
      { KNOWN, .has_replica = true, .replica_has = true, .is_bound = true },
      GATE_PASS },
    { "bound to its replica, which lacks it",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true, .has_waited = true,
        .is_bound = true },
      GATE_WAIT },
    { "never the primary's, no replica has it",
      { KNOWN, .has_replica = true, .may_leave = true, .has_waited = true, .is_never_primary_s = true },
      GATE_WAIT },
    { "never the primary's, another one has it",
      { KNOWN, .has_replica = true, .another_has = true, .may_leave = true, .is_never_primary_s = true },
      GATE_MOVE },
    { "never the primary's, and no GTIDs",
      { .has_demand = true, .has_replica = true, .is_never_primary_s = true },
      GATE_WAIT },
    { "bound, and no GTIDs", { .has_demand = true, .has_replica = true, .is_bound = true }, GATE_WAIT },
};

TEST(rows_decide)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum gate_verdict verdict = fresh_replica_decide(&rows[i].state);
        if (verdict != rows[i].want)
            fail_msg("%s: %d, not %d", rows[i].name, (int)verdict, (int)rows[i].want);
    }
}

/* Whatever else is true: a replica that is not known to have the required data gets no read. */
TEST(nothing_passes_unproven)
{
    for (unsigned bits = 0; bits < 1024; bits++) {
        struct gate_state it = { bits & 1,  bits & 2,  bits & 4,   bits & 8,   bits & 16,
                                 bits & 32, bits & 64, bits & 128, bits & 256, bits & 512 };
        enum gate_verdict verdict = fresh_replica_decide(&it);
        bool is_proven = it.is_known && it.is_followed;
        if (verdict == GATE_PASS)
            assert_true(!it.has_demand || (is_proven && it.has_replica && it.replica_has));
        if (verdict == GATE_MOVE)
            assert_true(is_proven && it.another_has && !it.is_bound && (!it.has_replica || it.may_leave));
        bool is_stuck = it.is_bound || it.is_never_primary_s;
        if (it.has_waited && !is_stuck)
            assert_int_not_equal(verdict, GATE_WAIT);
        if (verdict == GATE_PRIMARY)
            assert_false(is_stuck);
    }
}

/* ---- the choice: server 0 is the primary, 1 and 2 are replicas, 3 takes no reads ---- */

#define SERVERS 4
#define NONE VIEW_NO_SERVER
#define BIT(server) (1u << (server))

struct scene {
    struct loop loop;
    struct upstream_env env;
    struct listener_settings listener;
    struct position_server servers[SERVERS], *at[SERVERS];
    struct positions positions;
    struct consistency consistency;
    struct job job;
    struct view *view;
};

/* `having`: bits of the servers that have the position 0-1-5, which the session has written. */
static void begin(struct scene *scene, unsigned having)
{
    *scene = (struct scene){ .env = { .loop = &scene->loop, .worker = 1 },
                             .listener.mode = LISTENER_SPLIT,
                             .job.avoid = NONE,
                             .view = view_new(SERVERS) };
    scene->positions = (struct positions){
        .env = &scene->env, .view = scene->view, .servers = scene->at, .count = SERVERS, .primary = NONE
    };
    for (int i = 0; i < SERVERS; i++) {
        scene->view->servers[i].server = make_server("db", "127.0.0.1:3306", 1, 2);
        scene->view->servers[i].takes_reads = i == 1 || i == 2;
        scene->servers[i] = (struct position_server){
            .positions = &scene->positions, .index = i, .answered = 2, .is_asked_as_node = true
        };
        scene->at[i] = &scene->servers[i];
        const char *position = (having & BIT(i)) != 0 ? "0-1-5" : "0-1-4";
        assert_true(gtid_table_read(&scene->servers[i].held, FAMILY_MARIADB, span_cstr(position)));
    }
    scene->view->primary = 0;
    consistency_init(&scene->consistency, &scene->positions, &scene->listener);
    scene->consistency.level = CONSISTENCY_SESSION;
    gtid_position_raise(&scene->consistency.position, 0, 5);
}

static void end(struct scene *scene)
{
    for (int i = 0; i < SERVERS; i++) {
        gtid_table_fini(&scene->servers[i].held);
        server_free(&scene->view->servers[i].server);
    }
    view_release(&scene->view);
}

static const struct {
    const char *name;
    unsigned having;
    bool is_asking, has_read, is_eventual, is_galera;
    uint64_t seen;
    int trusted, only, avoid; /* a server, or NONE */
    unsigned allowed;         /* bits of the servers to which the read may go */
    unsigned choices;         /* bits of the servers that may be chosen; 0: none */
    unsigned then_trusted;    /* bits of the servers that are trusted when they are noted as the choice */
    bool another;             /* another server than 1 has the position */
} choices[] = {
    { "no demand", 0, .trusted = NONE, .only = NONE, .avoid = NONE, .allowed = 15, .choices = 6,
      .then_trusted = 14 },
    { "the level is eventual", 6, true, true, true, .seen = 9, .trusted = NONE, .only = NONE, .avoid = NONE,
      .allowed = 15, .choices = 6, .another = true },
    { "… and its trusted replica lacks the position", 0, true, true, true, .trusted = 2, .only = NONE,
      .avoid = NONE, .allowed = 15, .choices = 6 },
    { "both replicas have it", 6, true, .trusted = NONE, .only = NONE, .avoid = NONE, .allowed = 7,
      .choices = 6, .then_trusted = 6, .another = true },
    { "one replica has it", BIT(2), true, .trusted = NONE, .only = NONE, .avoid = NONE, .allowed = 5,
      .choices = 4, .then_trusted = 4, .another = true },
    { "no replica has it", 0, true, .trusted = NONE, .only = NONE, .avoid = NONE, .allowed = 1,
      .choices = 6 },
    { "a server that takes no reads has it", BIT(3), true, .trusted = NONE, .only = NONE, .avoid = NONE,
      .allowed = 9, .choices = 6, .then_trusted = 8 },
    { "the primary's position is not known", 6, true, .seen = 9, .trusted = NONE, .only = NONE, .avoid = NONE,
      .allowed = 1, .choices = 6, .another = true },
    { "Galera: asked after the moment", 0, true, .is_galera = true, .seen = 1, .trusted = NONE, .only = NONE,
      .avoid = NONE, .allowed = 15, .choices = 6, .then_trusted = 14, .another = true },
    { "Galera: asked before the moment", 6, true, .is_galera = true, .seen = 2, .trusted = NONE, .only = NONE,
      .avoid = NONE, .allowed = 1, .choices = 6 },
    { "the trusted replica goes before the others", 6, true, true, .trusted = 2, .only = NONE, .avoid = NONE,
      .allowed = 5, .choices = 4, .then_trusted = 4, .another = true },
    { "the trusted replica has failed the job", 6, true, .trusted = 2, .only = NONE, .avoid = 2, .allowed = 7,
      .choices = 2, .then_trusted = 6 },
    { "the hint names a replica", 6, true, .trusted = 1, .only = 2, .avoid = NONE, .allowed = 4, .choices = 4,
      .then_trusted = 6, .another = true },
    { "the hint names a replica that has failed", 6, true, .trusted = NONE, .only = 2, .avoid = 2,
      .allowed = 4, .choices = 4, .then_trusted = 6, .another = true },
    { "the hint names a replica that lacks it", BIT(1), true, .trusted = NONE, .only = 2, .avoid = NONE,
      .choices = 4, .then_trusted = 2 },
    { "the hint names a server that takes no reads", 6, true, .trusted = NONE, .only = 3, .avoid = NONE,
      .then_trusted = 6 },
};

static void set(struct scene *scene, size_t row)
{
    begin(scene, choices[row].having);
    scene->consistency.is_asking = choices[row].is_asking;
    scene->consistency.has_read = choices[row].has_read;
    scene->consistency.seen = choices[row].seen;
    scene->view->is_galera = choices[row].is_galera;
    if (choices[row].is_eventual)
        scene->consistency.level = CONSISTENCY_EVENTUAL;
    if (choices[row].trusted != NONE)
        fresh_replica_trust(&scene->consistency, choices[row].trusted);
    scene->job.hint.has_only = choices[row].only != NONE;
    scene->job.hint.only = choices[row].only;
    scene->job.avoid = choices[row].avoid;
}

TEST(reads_go_to_replicas_that_have_the_position)
{
    for (size_t row = 0; row < COUNT_OF(choices); row++) {
        struct scene scene;
        unsigned allowed = 0, chosen = 0, trusted = 0;
        set(&scene, row);
        bool another = fresh_replica_another_has(&scene.consistency, &scene.job, 1);
        assert_row(another == choices[row].another, "%s", choices[row].name);
        for (int i = 0; i < SERVERS; i++)
            allowed |= fresh_replica_allows(&scene.consistency, &scene.job, i) ? BIT(i) : 0;
        assert_row(allowed == choices[row].allowed, "%s: %#x", choices[row].name, allowed);
        end(&scene);
        for (int i = NONE; i < SERVERS; i++) {
            set(&scene, row);
            fresh_replica_note_choice(&scene.consistency, &scene.job, i);
            assert_true(scene.consistency.fresh_replica.server == i ||
                        scene.consistency.fresh_replica.server == NONE);
            trusted |= i != NONE && scene.consistency.fresh_replica.server == i ? BIT(i) : 0;
            end(&scene);
        }
        assert_row(trusted == choices[row].then_trusted, "%s: %#x", choices[row].name, trusted);
        for (unsigned turn = 0; turn < 20; turn++) {
            set(&scene, row);
            scene.positions.turn = turn;
            int first = fresh_replica_pick_any(&scene.consistency, &scene.job);
            scene.positions.turn = turn;
            bool is_allowed = first != NONE && (choices[row].allowed & BIT(first)) != 0;
            int server = fresh_replica_choose(&scene.consistency, &scene.job);
            assert_row(!is_allowed || server == first, "%s: not the balancer's choice", choices[row].name);
            chosen |= server != NONE ? BIT(server) : 0;
            end(&scene);
        }
        assert_row(chosen == choices[row].choices, "%s: %#x", choices[row].name, chosen);
    }
}

/* The trust ends with a lost connection of this worker, another address, or a view without reads there. */
TEST(trust_ends_when_the_replica_may_be_an_older_copy)
{
    for (unsigned row = 0; row < 8; row++) {
        struct scene scene;
        begin(&scene, 6);
        struct view_server *entry = &scene.view->servers[2];
        struct server_counters *mine = &entry->server->by_worker[1];
        assert_false(fresh_replica_is_held(&scene.consistency, &scene.job));
        counter_add(row == 6 ? &mine->losses : &mine->drops, row == 6 || row == 7 ? 1 : 0);
        fresh_replica_trust(&scene.consistency, 2);
        counter *const troubles[] = { &mine->drops, &mine->losses, &mine->connect_failures };
        if (row < COUNT_OF(troubles))
            counter_add(troubles[row], 1);
        entry->moves += row == 3;
        entry->takes_reads = row != 4;
        counter_add(&entry->server->by_worker[0].drops, row == 5); /* another worker's connection */
        assert_int_equal(fresh_replica_is_held(&scene.consistency, &scene.job), row > 4);
        fresh_replica_note_view(&scene.consistency);
        assert_int_equal(scene.consistency.fresh_replica.server, row != 4 ? 2 : NONE);
        fresh_replica_forget(&scene.consistency);
        fresh_replica_note_view(&scene.consistency);
        assert_int_equal(scene.consistency.fresh_replica.server, NONE);
        end(&scene);
    }
}

/* A session that has read on a replica asks for what the primary has before it reads on another one. */
TEST(reads_elsewhere_ask_for_what_was_read)
{
    struct scene scene;
    begin(&scene, 6);
    assert_int_not_equal(fresh_replica_choose(&scene.consistency, &scene.job), NONE);
    assert_true(scene.consistency.seen == 0 && !scene.consistency.is_asking);
    fresh_replica_forget(&scene.consistency);
    scene.consistency.has_read = true;
    assert_int_not_equal(fresh_replica_choose(&scene.consistency, &scene.job), NONE);
    assert_true(scene.consistency.seen != 0 && scene.consistency.is_asking && !scene.consistency.has_read);
    assert_int_equal(scene.consistency.fresh_replica.server, NONE);
    end(&scene);
}

RUN_TESTS(NULL, NULL)
