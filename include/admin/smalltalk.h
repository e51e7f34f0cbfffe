/* What clients say by themselves, before and between the words of whoever sits at them: SET NAMES, SELECT
 * @@version_comment, SHOW VARIABLES, SELECT DATABASE(). They need an answer, or they do not even begin.
 *
 * Pure. A face of the admin commands for MySQL clients asks here first; what is no small talk is a command.
 */
#ifndef HEADGATE_ADMIN_SMALLTALK_H
#define HEADGATE_ADMIN_SMALLTALK_H

#include "admin/table.h"
#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

/* The version that clients are greeted with: what they take for granted of a server of that version is what
 * is answered here. */
#define SMALLTALK_VERSION "8.0.36-headgate"
#define SMALLTALK_COLUMNS_MAX 64
#define SMALLTALK_NAME_MAX 128
#define SMALLTALK_UNKNOWN_VARIABLE 1193 /* err->code: ER_UNKNOWN_SYSTEM_VARIABLE */

enum smalltalk_verdict {
    SMALLTALK_NONE,  /* it is something else */
    SMALLTALK_OK,    /* granted; nothing changes */
    SMALLTALK_TABLE, /* `table` has the answer */
    SMALLTALK_ERROR  /* `err` has */
};

/* Who talks, and room for the columns of an answer. */
struct smalltalk {
    const char *user;       /* borrows */
    uint32_t connection_id; /* as in the greeting */
    struct column columns[SMALLTALK_COLUMNS_MAX];
    char names[SMALLTALK_COLUMNS_MAX][SMALLTALK_NAME_MAX];
};

/* `sql`: one statement, as it came. With SMALLTALK_TABLE, `table_r` is the caller's to free, before the next
 * call: it borrows columns from `talk`. */
enum smalltalk_verdict smalltalk_answer(struct smalltalk *talk, struct span sql, struct table *table_r,
                                        struct error *err);

#endif
