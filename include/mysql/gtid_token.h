/* A GTID position as one word that an application can carry from one connection to another.
 *
 *      mariadb:0-123:1-45              domain 0 up to number 123, domain 1 up to number 45
 *      mysql:9c0b1d22e8f0a711-15       a source (the hash of a uuid or tag, see gtid.h) up to number 15
 *      mysql:newest                    the position of the primary at the time of the read
 *      mysql:none                      no position
 *
 * A token has no blanks and no commas, so that it can stand in a hint. Pure. */
#pragma once

#include "mysql/gtid.h"

#include <stdbool.h>

/* The size of the longest token, with its NUL. */
#define GTID_TOKEN_MAX (sizeof "mariadb" + GTID_SOURCES_MAX * (20 + 1 + 20 + 1))

struct gtid_token {
    enum server_family family; /* MariaDB or MySQL */
    bool is_newest;
    struct gtid_position position; /* never unknown; without sources: no transaction is needed */
};

/* Writes the token, NUL-terminated. An unknown position is written as "newest". */
void gtid_token_print(const struct gtid_token *token, char text[GTID_TOKEN_MAX]);
/* False when the text is not a token that gtid_token_print writes. */
bool gtid_token_parse(struct span text, struct gtid_token *token_r);
