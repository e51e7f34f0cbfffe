/* A position as a word that applications may carry from one connection to another.
 *
 *      mariadb:0-123:1-45            a domain and its number, and another one
 *      mysql:9c0b1d22e8f0a711-15     a source (gtid.h's number of a uuid, or of one of its tags) and its
 * number mysql:newest                  whatever the primary has when it is asked mysql:none nothing
 *
 * No blanks and no commas, so that it may stand in a hint. Pure.
 */
#ifndef HEADGATE_MYSQL_GTID_TOKEN_H
#define HEADGATE_MYSQL_GTID_TOKEN_H

#include "mysql/gtid.h"

#include <stdbool.h>

/* The longest one, and its end. */
#define GTID_TOKEN_MAX (sizeof "mariadb" + GTID_SOURCES_MAX * (20 + 1 + 20 + 1))

struct gtid_token {
    enum server_family family; /* MariaDB or MySQL */
    bool is_newest;
    struct gtid_position position; /* never unknown; of no source: it asks for nothing */
};

/* Terminated. A position that is unknown is "newest". */
void gtid_token_print(const struct gtid_token *token, char text[GTID_TOKEN_MAX]);
/* False when it is malformed: nothing that gtid_token_print says. */
bool gtid_token_parse(struct span text, struct gtid_token *token_r);

#endif
