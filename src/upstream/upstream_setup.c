#include "upstream/upstream_setup.h"

#include "upstream/upstream_exchange.h"
#include "mysql/command.h"

#include <stdio.h>

/* The session tracking that headgate needs to keep the state of sessions. For MySQL each variable is named:
 * '*' would add statement_id to every reply (protocol.md §5).
 *
 * MariaDB 11 treats variables that share a place in its memory as one, and reports that one under the name
 * that is listed first: autocommit and eighteen others form such a group; last_gtid, last_insert_id,
 * timestamp and some others form another. The list begins with last_gtid, then the variables that the server
 * reports by default, so that clients get the same names as without headgate.
 *
 * session_track_transaction_info keeps the server's value, because MariaDB's query cache is off while it is
 * on. headgate knows transactions from the status flags, and SET TRANSACTION pins the session until COMMIT or
 * ROLLBACK. */
static const char setup_mariadb[] =
    "\x03SET SESSION session_track_system_variables=CONCAT_WS(',','last_gtid',NULLIF(NULLIF("
    "@@global.session_track_system_variables,''),'*'),'*'),session_track_schema=1,"
    "session_track_state_change=1";
#define SETUP_MYSQL_BEGINS "\x03SET SESSION session_track_system_variables='autocommit"
#define SETUP_MYSQL_ENDS                                                                                     \
    "', session_track_schema=1, session_track_state_change=1, "                                              \
    "session_track_transaction_info='CHARACTERISTICS', session_track_gtids='OWN_GTID'"
#define SESSION_VARIABLE(name) "," #name
#define SESSION_VARIABLE_OLD(name) "," #name
static const char setup_mysql_old[] = SETUP_MYSQL_BEGINS
#include "upstream/tbl/mysql_session_variables.h"
    SETUP_MYSQL_ENDS;
#undef SESSION_VARIABLE_OLD
#define SESSION_VARIABLE_OLD(name)
static const char setup_mysql[] = SETUP_MYSQL_BEGINS
#include "upstream/tbl/mysql_session_variables.h"
    SETUP_MYSQL_ENDS;
#undef SESSION_VARIABLE_OLD
#undef SESSION_VARIABLE

/* Is the version before 8.4? */
static bool is_old_mysql(const char *version)
{
    unsigned major = 0, minor = 0;
    return sscanf(version, "%u.%u", &major, &minor) == 2 && (major < 8 || (major == 8 && minor < 4));
}

static struct span setup_of(const struct upstream *upstream)
{
    if (upstream->family == FAMILY_MYSQL)
        return is_old_mysql(upstream->version) ? SPAN_LITERAL(setup_mysql_old) : SPAN_LITERAL(setup_mysql);
    return SPAN_LITERAL(setup_mariadb);
}

void upstream_set_up(struct upstream *upstream)
{
    upstream->is_set_up = true;
    upstream_exchange(upstream, REPLY_GENERIC, setup_of(upstream), upstream->env->login_us);
}

void upstream_note_beginning(struct upstream *upstream)
{
    upstream->renewed_us = upstream->env->loop->now_us;
    upstream->wait_timeout_s = atomic_load_explicit(&upstream->server->wait_timeout_s, memory_order_relaxed);
    upstream->defaults = atomic_load_explicit(&upstream->server->defaults, memory_order_relaxed);
}

void upstream_reset(struct upstream *upstream)
{
    static const uint8_t command[] = { COM_RESET_CONNECTION };
    upstream_note_beginning(upstream);
    text_clear(&upstream->closing); /* the reset closes all statements, and their ids are used again */
    upstream->is_set_up = false;
    upstream_exchange(upstream, REPLY_GENERIC, span_of(command, sizeof command), upstream->env->login_us);
}

/* Sets the collation by its number, as in the handshake: names differ between servers. */
void upstream_restore_charsets(struct upstream *upstream)
{
    struct text sql = { 0 };
    unsigned id = upstream->key.collation;
    (void)text_append_byte(&sql, COM_QUERY);
    (void)text_appendf(&sql, "SET character_set_client=%u,character_set_results=%u,collation_connection=%u",
                       id, id, id);
    upstream_exchange(upstream, REPLY_GENERIC, text_span(&sql), upstream->env->login_us);
    text_fini(&sql);
}
