/* The lists of stored code that a survey asks for, and how each family of servers is asked. */
#pragma once

#include "mysql/handshake.h"

enum survey_list { SURVEY_ROUTINES, SURVEY_VIEWS, SURVEY_TRIGGERS, SURVEY_COLUMNS, SURVEY_LISTS };

/* One list: a SELECT of its rows with the columns kind, place, name, part, parameters, body and mode; an
 * expression that proves that the account may see all of them (a number, not 0); and for people, the list's
 * name with the privileges that show it. */
struct survey_source {
    const char *rows; /* NULL: the family has nothing to ask for */
    const char *proof;
    const char *needs;
};

/* `list`: enum survey_list, not SURVEY_LISTS. */
const struct survey_source *survey_source_of(enum server_family family, unsigned list);
