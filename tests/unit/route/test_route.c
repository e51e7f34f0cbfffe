/* Routing: rows that a DBA can read, then very many combinations of all inputs. */
#include "../base/unit.h"

#include "route/route.h"

/* The rows describe a statement and a session by letters, in any order.
 *
 * Statement:
 *   r  a harmless read                               p  about the previous statement
 *   B  BEGIN             C  COMMIT                   L  locks tables             U  unlocks tables
 *   o  BEGIN READ ONLY   w  BEGIN READ WRITE         D  DDL (with s: of temporary tables)
 *   h  may leave hidden state                        c  may commit inside
 *   s  takes state that lives in one server          T  uses tables
 *   v  mentions user variables                       V  with v: a read except for them
 *   i  gives an id that LAST_INSERT_ID() or the next INSERT finds
 *   X  ROLLBACK          A  administration           g  sets a global variable   m  more statements in the text
 *   q  a view that may call code                     F  an unknown function
 *
 * Session:
 *   t  in a transaction   a  with t: on the replica  d  with ta: data may have been shown there
 *   0  autocommit is off  o  all are READ ONLY       u  unknown whether in a transaction
 *   p  pinned             s  in a system schema      n  no replica
 *   x  a replica refused the session's state         f  a read-only server refused the statement
 *   l  a replica lacked an object of the statement   c  stored code was refused in a read-only transaction
 *   R  the previous statement ran on a replica       Y  the account bypasses read_only
 *   1 2 3  user variables live on the primary, on the replica, perhaps on the replica
 */
static const struct {
    const char *what, *statement, *session;
    enum listener_mode mode;
    enum route_place place;
    enum route_reason reason;
} rows[] = {
    { "SELECT", "r", "", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ },
    { "UPDATE", "", "", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NOT_A_READ },
    { "SELECT in BEGIN … COMMIT", "r", "t", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION },
    { "SELECT FOUND_ROWS() in BEGIN … COMMIT", "p", "tR", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_PREVIOUS },
    { "… about what ran on the primary", "p", "t", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION },
    { "SELECT FOUND_ROWS() FROM t in it", "pT", "tR", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_TRANSACTION },
    { "… pinned: by a temporary table t", "pT", "pR", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_NOT_A_READ },
    { "SELECT FOUND_ROWS() then", "p", "pR", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_PREVIOUS },
    { "GET DIAGNOSTICS @a in it", "pv", "tR", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION },
    { "SELECT under autocommit=0", "r", "0", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION },
    { "SELECT under autocommit=0, READ ONLY", "r", "0o", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "UPDATE under autocommit=0, READ ONLY", "", "0o", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_NOT_A_READ },
    { "the same, user variables on the primary", "r", "0o1", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_TRANSACTION },
    { "START TRANSACTION READ ONLY", "Bo", "", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "BEGIN in a READ ONLY session", "B", "o", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "START TRANSACTION READ WRITE there", "Bw", "o", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_NOT_A_READ },
    { "BEGIN", "B", "", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NOT_A_READ },
    { "START TRANSACTION READ ONLY, pinned", "Bo", "p", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_NOT_A_READ },
    { "… with user variables about", "Bo", "1", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NOT_A_READ },
    { "SELECT in it", "r", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "UPDATE in it", "", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "CREATE TEMPORARY TABLE in it", "Ds", "ta", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "GET_LOCK in it", "s", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_STATE_AWAY },
    { "SELECT LAST_INSERT_ID(5) in it", "i", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_STATE_AWAY },
    { "SHOW WARNINGS in it, of a write before it", "p", "ta", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_PREVIOUS },
    { "SHOW WARNINGS in it", "p", "taR", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "DO f() in it", "h", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "CALL in it", "hc", "ta", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION_MOVES },
    { "CALL in it, after a read", "hc", "tad", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_CALL_AWAY },
    { "CALL in it, variables there", "hc", "ta2", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_VARIABLES_AWAY },
    { "UPDATE in it, after a read", "", "tad", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "CREATE TABLE in it", "D", "ta", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION_ENDS },
    { "UNLOCK TABLES in it", "Us", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "BEGIN in it", "B", "ta", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION_ENDS },
    { "LOCK TABLES in it", "Ls", "ta", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION_ENDS },
    { "COMMIT; UPDATE … in it", "Cm", "ta", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION_ENDS },
    { "ROLLBACK; UPDATE … in it", "Xm", "ta", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION_ENDS },
    { "COMMIT in it", "C", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "COMMIT; SELECT … in it", "Cmr", "ta", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "UPDATE …; UPDATE … in it", "m", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_STATE_AWAY },
    { "FLUSH in it", "A", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_STATE_AWAY },
    { "SET GLOBAL in it", "g", "ta", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_STATE_AWAY },
    { "LOCK TABLES in it, variables there", "Ls", "ta2", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_VARIABLES_AWAY },
    { "START TRANSACTION READ ONLY after a CALL in one", "Bo", "c", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_CALLED_BEFORE },
    { "SELECT after a CALL in it", "r", "c", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ },
    { "… under autocommit=0, READ ONLY", "r", "0oc", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_TRANSACTION },
    { "START TRANSACTION READ ONLY in it", "Bo", "ta", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "SELECT @a that was set in it", "vV", "2", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_VARIABLES },
    { "INSERT … @a that was set in it", "v", "2", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NOT_A_READ },
    { "… that stored code may have set in it", "v", "3", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_VARIABLES_AWAY },
    { "SELECT @a", "vV", "1", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NOT_A_READ },
    { "GET DIAGNOSTICS @a after a read", "pv", "R", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_PREVIOUS },
    { "… with others on the primary", "pv", "R1", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_VARIABLES_AWAY },
    { "SELECT after a deadlock", "r", "u", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_UNKNOWN_TRANSACTION },
    { "SELECT FOUND_ROWS() FROM t after a read", "pT", "R", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_PREVIOUS },
    { "… under autocommit=0 it begins a transaction", "pT", "R0", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_TRANSACTION },
    { "… after a deadlock", "pT", "Ru", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_UNKNOWN_TRANSACTION },
    { "SHOW WARNINGS after a read", "p", "R", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_PREVIOUS },
    { "SHOW WARNINGS after a write", "p", "", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_PREVIOUS },
    { "SHOW WARNINGS after a failed write", "p", "u", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_PREVIOUS },
    { "SHOW WARNINGS, pinned since", "p", "pR", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_PREVIOUS },
    { "SELECT with a temporary table about", "r", "p", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_PINNED },
    { "SELECT after USE mysql", "r", "s", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_SYSTEM_SCHEMA },
    { "SELECT, all replicas down", "r", "n", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NO_REPLICA },
    { "SELECT, SET refused by the replica", "r", "x", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_REPLICA_REFUSED },
    { "SELECT f() that writes, the second time", "r", "f", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_REFUSED_BEFORE },
    { "SELECT that a replica lacked the table of", "r", "l", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_LACKED_BEFORE },
    { "… in a transaction on it", "r", "al", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "UPDATE through the reading port", "", "", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_LISTENER_REPLICA },
    { "f() that is not known, through it, by an account that read_only does not hold", "h", "Y",
      LISTENER_REPLICA, ROUTE_REPLICA, ROUTE_REASON_BYPASSES_READ_ONLY },
    { "DDL through it, by such an account", "D", "Y", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_BYPASSES_READ_ONLY },
    { "a view that may call code, through it, by such an account", "q", "Y", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_BYPASSES_READ_ONLY },
    { "an unknown function through it, by such an account", "F", "Y", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_BYPASSES_READ_ONLY },
    { "SELECT @a through it, by such an account", "vV", "Y", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_LISTENER_REPLICA },
    { "SELECT through it, by such an account", "r", "Y", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_LISTENER_REPLICA },
    { "SELECT in BEGIN through it", "r", "t", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_LISTENER_REPLICA },
    { "SELECT through the writing port", "r", "R", LISTENER_PRIMARY, ROUTE_PRIMARY,
      ROUTE_REASON_LISTENER_PRIMARY },
};

static bool has(const char *letters, char letter)
{
    return strchr(letters, letter) != NULL;
}

static struct sql_facts facts_of(const char *letters)
{
    return (struct sql_facts){ .kind = has(letters, 'B')   ? SQL_BEGIN
                                       : has(letters, 'C') ? SQL_COMMIT
                                       : has(letters, 'X') ? SQL_ROLLBACK
                                       : has(letters, 'A') ? SQL_ADMIN
                                       : has(letters, 'L') ? SQL_LOCK
                                       : has(letters, 'U') ? SQL_LOCK
                                       : has(letters, 'D') ? SQL_DDL
                                                           : SQL_SELECT,
                               .reason = has(letters, 'U')   ? SQL_REASON_UNLOCK
                                         : has(letters, 's') ? SQL_REASON_TEMPORARY_TABLE
                                         : has(letters, 'q') ? SQL_REASON_CODE_VIEW
                                         : has(letters, 'F') ? SQL_REASON_UNKNOWN_FUNCTION
                                                             : SQL_REASON_UNKNOWN,
                               .is_read = has(letters, 'r'),
                               .is_multi = has(letters, 'm'),
                               .sets_global = has(letters, 'g'),
                               .refers_previous = has(letters, 'p'),
                               .begins_read_only = has(letters, 'o'),
                               .begins_read_write = has(letters, 'w'),
                               .may_hide_state = has(letters, 'h'),
                               .may_commit = has(letters, 'c'),
                               .has_holds = has(letters, 's'),
                               .uses_tables = has(letters, 'T'),
                               .gives_insert_id = has(letters, 'i'),
                               .touches_variables = has(letters, 'v'),
                               .reads_but_for_variables = has(letters, 'V') };
}

static struct route_state state_of(const char *letters, enum listener_mode mode)
{
    return (struct route_state){ .mode = mode,
                                 .is_in_transaction = has(letters, 't'),
                                 .is_away = has(letters, 'a'),
                                 .has_seen = has(letters, 'd'),
                                 .is_autocommit_off = has(letters, '0'),
                                 .is_read_only = has(letters, 'o'),
                                 .is_transaction_unknown = has(letters, 'u'),
                                 .is_pinned = has(letters, 'p'),
                                 .is_in_system_schema = has(letters, 's'),
                                 .has_replica = !has(letters, 'n'),
                                 .has_replica_refused = has(letters, 'x'),
                                 .was_refused = has(letters, 'f'),
                                 .was_lacked = has(letters, 'l'),
                                 .calls_in_read_only = has(letters, 'c'),
                                 .bypasses_read_only = has(letters, 'Y'),
                                 .variables = has(letters, '1')   ? VARIABLES_PRIMARY
                                              : has(letters, '2') ? VARIABLES_REPLICA
                                              : has(letters, '3') ? VARIABLES_MAYBE_REPLICA
                                                                  : VARIABLES_NOWHERE,
                                 .previous = has(letters, 'R') ? ROUTE_REPLICA : ROUTE_PRIMARY };
}

TEST(statement_rows)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sql_facts facts = facts_of(rows[i].statement);
        struct route_state now = state_of(rows[i].session, rows[i].mode);
        struct route route = route_decide(&facts, &now);
        assert_row(route.place == rows[i].place, "%s: %s", rows[i].what, route_place_name(route.place));
        assert_row(route.reason == rows[i].reason, "%s: %s", rows[i].what, route_reason_name(route.reason));
        bool is_refused = route.reason == ROUTE_REASON_STATE_AWAY || route.reason == ROUTE_REASON_CALL_AWAY ||
                          route.reason == ROUTE_REASON_VARIABLES_AWAY ||
                          route.reason == ROUTE_REASON_BYPASSES_READ_ONLY;
        assert_row(route.is_refused == is_refused, "%s: refused", rows[i].what);
        assert_row(route.ends_away == (route.reason == ROUTE_REASON_TRANSACTION_ENDS), "%s", rows[i].what);
        assert_row(route.moves_away == (route.reason == ROUTE_REASON_TRANSACTION_MOVES), "%s", rows[i].what);
    }
}

/* ---- very many combinations ---- */

#define COMBINATIONS 400000u

static const char statement_letters[] = "rpBowhsLUDvVTic";
static const char session_letters[] = "ta0oupsnxflcR123dY";

/* Takes each letter with a chance of one in four: most combinations then lead to different decisions. */
static void draw(const char *letters, char *to, uint64_t *seed)
{
    for (const char *letter = letters; *letter != '\0'; letter++)
        if (next_random(seed) % 4 == 0)
            *to++ = *letter;
    *to = '\0';
}

struct combination {
    char statement[sizeof statement_letters], session[sizeof session_letters];
    enum listener_mode mode;
    struct sql_facts facts;
    struct route_state state;
    struct route route;
};

static void combine(struct combination *it, uint64_t *seed)
{
    draw(statement_letters, it->statement, seed);
    draw(session_letters, it->session, seed);
    it->mode = next_random(seed) % 8 > 1 ? LISTENER_SPLIT : (enum listener_mode)(1 + next_random(seed) % 2);
    it->facts = facts_of(it->statement);
    it->state = state_of(it->session, it->mode);
    it->route = route_decide(&it->facts, &it->state);
}

/* A statement that changes nothing: it may run wherever its answer is. */
static bool is_mere_question(const struct combination *it)
{
    return has(it->statement, 'p') && it->facts.kind == SQL_SELECT && strpbrk(it->statement, "hsvTi") == NULL;
}

#define assert_it(expression) assert_row(expression, "[%s] in [%s]", it.statement, it.session)

TEST(a_listener_of_one_place_has_no_other)
{
    struct combination it;
    uint64_t seed = 1;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        combine(&it, &seed);
        if (it.mode == LISTENER_PRIMARY)
            assert_it(it.route.place == ROUTE_PRIMARY && !it.route.is_refused);
        if (it.mode == LISTENER_REPLICA)
            assert_it(it.route.place == ROUTE_REPLICA && (!it.route.is_refused || has(it.session, 'Y')));
    }
}

static bool begins_read_only(const struct combination *it)
{
    return it->facts.kind == SQL_BEGIN && !has(it->statement, 'w') &&
           (has(it->statement, 'o') || has(it->session, 'o'));
}

TEST(a_replica_is_given_only_what_nothing_forbids)
{
    struct combination it;
    uint64_t seed = 2;
    unsigned seen = 0;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        combine(&it, &seed);
        const struct route_state *now = &it.state;
        if (it.mode != LISTENER_SPLIT || it.route.place != ROUTE_REPLICA || it.route.is_refused ||
            now->is_away)
            continue; /* the read-only transaction is on the replica already */
        assert_it(!now->is_in_transaction || is_mere_question(&it));
        if (it.facts.refers_previous && it.route.reason == ROUTE_REASON_PREVIOUS) {
            assert_it(now->previous == ROUTE_REPLICA);
            assert_it(!it.facts.uses_tables || (!now->is_autocommit_off && !now->is_transaction_unknown));
            assert_it(!it.facts.uses_tables || !now->is_pinned);
            continue;
        }
        seen++;
        assert_it(!now->is_transaction_unknown &&
                  (!now->is_autocommit_off || now->is_read_only || begins_read_only(&it)));
        if (it.route.reason == ROUTE_REASON_VARIABLES) {
            assert_it(it.facts.touches_variables &&
                      (now->variables == VARIABLES_REPLICA || now->variables == VARIABLES_MAYBE_REPLICA));
            /* the temporary table exists on the primary only */
            assert_it(!it.facts.uses_tables || !now->is_pinned);
            continue;
        }
        assert_it(it.facts.is_read || begins_read_only(&it));
        assert_it(!now->is_pinned && !now->is_in_system_schema && now->has_replica &&
                  !now->has_replica_refused &&
                  ((!now->was_refused && !now->was_lacked) || begins_read_only(&it)));
    }
    assert_true(seen > 1000);
}

TEST(state_is_never_left_where_a_transaction_is_away)
{
    struct combination it;
    uint64_t seed = 3;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        combine(&it, &seed);
        if (it.mode != LISTENER_SPLIT || !it.state.is_away || it.route.is_refused || it.route.ends_away ||
            it.route.moves_away)
            continue;
        assert_it(it.route.place == ROUTE_REPLICA ||
                  (is_mere_question(&it) && it.state.previous == ROUTE_PRIMARY));
        assert_it(!it.facts.gives_insert_id);
        assert_it(!it.facts.has_holds || it.facts.kind != SQL_SELECT);
    }
}

TEST(user_variables_are_asked_for_where_they_are)
{
    struct combination it;
    uint64_t seed = 4;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        combine(&it, &seed);
        bool may_be_far = it.state.variables == VARIABLES_MAYBE_REPLICA && it.mode == LISTENER_SPLIT;
        if (it.route.reason == ROUTE_REASON_BYPASSES_READ_ONLY)
            continue;
        if (may_be_far && it.facts.touches_variables && it.route.place == ROUTE_PRIMARY)
            assert_it(it.route.is_refused);
        /* User variables whose values the replica can tell are copied to where the statement runs. */
        if (it.state.variables == VARIABLES_REPLICA && !it.state.is_away && !it.facts.refers_previous)
            assert_it(!it.route.is_refused);
        assert_it(!it.route.is_refused || it.state.is_away || it.state.variables != VARIABLES_NOWHERE);
    }
}

/* Without a doubt about the session a read never moves from the replica to the primary. */
TEST(fewer_doubts_never_take_a_read_off_the_replica)
{
    static const char doubts[] = "tupsnxf";
    struct combination it;
    uint64_t seed = 5;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        combine(&it, &seed);
        if (it.facts.refers_previous || it.route.place != ROUTE_REPLICA || it.state.is_away)
            continue;
        for (const char *doubt = doubts; *doubt != '\0'; doubt++) {
            char easier[sizeof session_letters], *to = easier;
            for (const char *letter = it.session; *letter != '\0'; letter++)
                if (*letter != *doubt)
                    *to++ = *letter;
            *to = '\0';
            struct route_state now = state_of(easier, it.mode);
            assert_it(route_decide(&it.facts, &now).place == ROUTE_REPLICA);
        }
    }
}

/* ---- hints ---- */

/* The wish of the hints, as letters in any order:
 *
 *   P  the primary                          R  a replica
 *   c  contradictory hints                  0  no server of that name       n  a server that takes no reads
 *   f  fresh data                           b  an invalid token
 *   t  the session's replica is that one    l  the session may leave its replica
 */
static const struct {
    const char *what, *statement, *session, *wish;
    enum listener_mode mode;
    enum route_place place;
    enum route_reason reason;
} hint_rows[] = {
    { "a read, no place", "r", "", "l", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_READ },
    { "a read to the primary", "r", "", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT },
    { "… for want of a replica", "r", "n", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT },
    { "… for want of its table", "r", "l", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT },
    { "… refused there before", "r", "f", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT },
    { "… as a SET was refused there", "r", "x", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT },
    { "… pinned there", "r", "p", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_PINNED },
    { "a write to the primary", "", "", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_NOT_A_READ },
    { "a read to a replica", "r", "", "Rl", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT },
    { "… where the session is", "r", "", "Rt", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT },
    { "… and another keeps it", "r", "", "R", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_ELSEWHERE },
    { "a write to a replica", "", "", "Rl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT_ELSEWHERE },
    { "a pinned read to a replica", "r", "p", "Rl", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_HINT_ELSEWHERE },
    { "a read in a transaction to one", "r", "t", "Rl", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_HINT_ELSEWHERE },
    { "… to the primary", "r", "t", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_TRANSACTION },
    { "START TRANSACTION READ ONLY on one", "Bo", "", "Rl", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "… on the primary", "Bo", "", "Pl", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT },
    { "in it, to the primary", "r", "ta", "P", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_ELSEWHERE },
    { "in it, where it is", "r", "ta", "Rt", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "in it, to another", "r", "ta", "R", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_ELSEWHERE },
    { "in it, fresh", "r", "ta", "ft", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_NOT_FRESH },
    { "COMMIT in it, fresh", "C", "ta", "ft", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_READ_ONLY_TRANSACTION },
    { "COMMIT of it by BEGIN, fresh", "B", "ta", "f", LISTENER_SPLIT, ROUTE_PRIMARY,
      ROUTE_REASON_TRANSACTION_ENDS },
    { "variables that are there, to another", "vV", "2", "R", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_HINT_ELSEWHERE },
    { "… to the primary", "vV", "2", "P", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_ELSEWHERE },
    { "SHOW WARNINGS of a read, where it was", "p", "R", "Rt", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_PREVIOUS },
    { "… to another", "p", "R", "Rl", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_ELSEWHERE },
    { "no server", "r", "", "0l", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_NO_SERVER },
    { "no server for a write", "", "", "0l", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT_NO_SERVER },
    { "a server that takes no reads", "r", "", "nl", LISTENER_SPLIT, ROUTE_REPLICA,
      ROUTE_REASON_HINT_NOT_READING },
    { "a bad token", "r", "", "bl", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_BAD_TOKEN },
    { "… with a write", "", "", "bP", LISTENER_SPLIT, ROUTE_PRIMARY, ROUTE_REASON_HINT_BAD_TOKEN },
    { "two servers", "r", "", "cl", LISTENER_SPLIT, ROUTE_REPLICA, ROUTE_REASON_HINT_ELSEWHERE },
    { "the reading port, to the primary", "r", "", "Pl", LISTENER_REPLICA, ROUTE_REPLICA,
      ROUTE_REASON_HINT_ELSEWHERE },
    { "… to a replica", "r", "", "Rl", LISTENER_REPLICA, ROUTE_REPLICA, ROUTE_REASON_LISTENER_REPLICA },
    { "… fresh", "r", "", "fl", LISTENER_REPLICA, ROUTE_REPLICA, ROUTE_REASON_HINT_NOT_FRESH },
    { "the writing port, fresh", "r", "", "fl", LISTENER_PRIMARY, ROUTE_PRIMARY,
      ROUTE_REASON_LISTENER_PRIMARY },
    { "… to a replica", "r", "", "Rl", LISTENER_PRIMARY, ROUTE_PRIMARY, ROUTE_REASON_HINT_ELSEWHERE },
};

static struct route_wish wish_of(const char *letters, const struct route_state *state)
{
    return (struct route_wish){ .place = has(letters, 'P')   ? WISH_PRIMARY
                                         : has(letters, 'R') ? WISH_REPLICA
                                         : has(letters, 'c') ? WISH_CONTRADICTORY
                                         : has(letters, '0') ? WISH_NO_SERVER
                                         : has(letters, 'n') ? WISH_NOT_READING
                                                             : WISH_ANYWHERE,
                                .is_fresh = has(letters, 'f'),
                                .is_token_bad = has(letters, 'b'),
                                .is_away = state->is_away,
                                .is_there = has(letters, 't'),
                                .may_leave = has(letters, 'l') };
}

static bool is_hint_refusal(enum route_reason reason)
{
    return reason == ROUTE_REASON_HINT_ELSEWHERE || reason == ROUTE_REASON_HINT_NO_SERVER ||
           reason == ROUTE_REASON_HINT_NOT_READING || reason == ROUTE_REASON_HINT_NOT_FRESH ||
           reason == ROUTE_REASON_HINT_BAD_TOKEN;
}

TEST(statement_rows_with_hints)
{
    for (size_t i = 0; i < COUNT_OF(hint_rows); i++) {
        struct sql_facts facts = facts_of(hint_rows[i].statement);
        struct route_state now = state_of(hint_rows[i].session, hint_rows[i].mode);
        struct route_wish wish = wish_of(hint_rows[i].wish, &now);
        struct route route = route_obey(route_decide(&facts, &now), &facts, &wish);
        assert_row(route.place == hint_rows[i].place, "%s: %s", hint_rows[i].what,
                   route_place_name(route.place));
        assert_row(route.reason == hint_rows[i].reason, "%s: %s", hint_rows[i].what,
                   route_reason_name(route.reason));
        assert_row(route.is_refused == is_hint_refusal(route.reason), "%s: refused", hint_rows[i].what);
    }
}

/* With a hint, a statement runs where it may run without the hint, or on the primary if it is a read; and
 * where the hint wants it. */
TEST(a_hint_only_narrows)
{
    char letters[sizeof "PRc0nfbtl"];
    struct combination it;
    uint64_t seed = 7;
    unsigned obeyed = 0;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        combine(&it, &seed);
        draw("PRc0nfbtl", letters, &seed);
        struct route_wish wish = wish_of(letters, &it.state);
        struct route route = route_obey(it.route, &it.facts, &wish);
        assert_it(route.is_refused || !it.route.is_refused);
        if (route.is_refused)
            continue;
        if (route.place != it.route.place) {
            assert_it(route.place == ROUTE_PRIMARY && it.mode == LISTENER_SPLIT && !it.state.is_away);
            assert_it(it.facts.is_read || it.facts.reads_but_for_variables || begins_read_only(&it));
        }
        assert_it(!wish.is_token_bad);
        assert_it(wish.place == WISH_ANYWHERE || wish.place == WISH_PRIMARY || wish.place == WISH_REPLICA);
        assert_it(wish.place != WISH_PRIMARY || route.place == ROUTE_PRIMARY);
        assert_it(wish.place != WISH_REPLICA ||
                  (route.place == ROUTE_REPLICA && (wish.is_there || wish.may_leave)));
        assert_it(route.ends_away == it.route.ends_away);
        obeyed += wish.place != WISH_ANYWHERE;
    }
    assert_true(obeyed > 10000);
}

TEST(every_reason_occurs_and_has_words)
{
    bool has_occurred[ROUTE_REASON_COUNT] = { false };
    struct combination it;
    uint64_t seed = 6;
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        combine(&it, &seed);
        has_occurred[it.route.reason] = true;
    }
    for (size_t i = 0; i < COUNT_OF(hint_rows); i++) /* tested by statement_rows_with_hints */
        has_occurred[hint_rows[i].reason] = true;
    has_occurred[ROUTE_REASON_SHARED] = true; /* decided in command/pick_server.c */
    /* decided in command/wait_replica.c and command/command_route.c */
    has_occurred[ROUTE_REASON_NOT_CAUGHT_UP] = true;
    /* decided in command/acquire.c and command/command_route.c */
    has_occurred[ROUTE_REASON_ANSWERS_AWAY] = true;
    for (unsigned i = 0; i < ROUTE_REASON_COUNT; i++) {
        assert_row(has_occurred[i], "%s", route_reason_name((enum route_reason)i));
        assert_true(strlen(route_reason_words((enum route_reason)i)) > 0);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(route_reason_name((enum route_reason)i),
                                    route_reason_name((enum route_reason)j));
    }
    assert_string_equal(route_place_name(ROUTE_PRIMARY), "primary");
    assert_string_equal(route_place_name(ROUTE_REPLICA), "replica");
}

RUN_TESTS(NULL, NULL)
