/* Accounts as a server's own tables tell them: the queries of each family, and their rows. Pure.
 *
 *   MySQL     mysql.user (all columns that the query names), mysql.global_grants, mysql.default_roles
 *   MariaDB   mysql.global_priv (10.4 and later): one JSON document for each account. mysql.user would hide
 *             alternatives (IDENTIFIED VIA … OR …).
 *
 * Roles are left out. Secrets: a hash of a password is in the rows; the caller wipes them.
 */
#pragma once

#include "access/account_set.h"
#include "mysql/rows.h"

#include <stdbool.h>

/* The query for all accounts. */
const char *account_reader_rows_sql(enum server_family family);
/* The query for a mark of them: columns `count`, `hash` (a number that changes with any account) and `resolves`
 * (@@skip_name_resolve). */
const char *account_reader_mark_sql(enum server_family family);
/* The privileges that both need, as GRANT has them. */
const char *account_reader_needs(enum server_family family);

/* Adds all accounts to the set, whose family chooses how rows are read. An account that cannot be read is left out
 * and counted in *unread_r. False: memory is out. */
bool account_reader_add(const struct rows *rows, struct account_set *set, size_t *unread_r);
