/* One visit to a server with a given account: a login, then questions, each of which may be refused without
 * harm to the other questions. Uses a connection of its own, without a permit, which is closed afterwards;
 * sessions and probes are not affected.
 *
 *      checkup_begin ──► login ──► one question after the other ──► on_done, always once, unless stopped */
#pragma once

#include "upstream/upstream.h"

#include <stdbool.h>
#include <stdint.h>

enum checkup_question {
    CHECKUP_SETUP,       /* the session tracking that headgate relies on: has no rows */
    CHECKUP_VARIABLES,   /* global ones, by name: see checkup_variable */
    CHECKUP_REPLICATION, /* a row for each source */
    CHECKUP_CLOCK,       /* microseconds since 1970 */
    CHECKUP_GRANTS,      /* of the account that asks */
    CHECKUP_QUESTIONS
};

#define CHECKUP_ASK(question) (1U << (question))

struct checkup_answer {
    bool is_there;     /* the server has answered, possibly with an error */
    int code;          /* the error's number; 0: no error */
    char error[256];   /* the error's text */
    struct rows rows;  /* owns */
    uint64_t asked_us; /* by this machine's wall clock */
    uint64_t answered_us;
};

struct checkup {
    const struct upstream_env *env; /* borrows */
    struct upstream *upstream;      /* owns; NULL when none is running */
    unsigned questions;             /* CHECKUP_ASK of each wanted question */
    unsigned step;                  /* the present question */
    bool is_running;
    bool is_in;                /* the login has succeeded */
    char error[256];           /* why the login or the visit failed; "": no failure */
    enum server_family family; /* from the server's greeting, like the next two members */
    char version[64];
    uint64_t caps;
    struct checkup_answer answers[CHECKUP_QUESTIONS];
    void (*on_done)(struct checkup *checkup);
    void *owner; /* borrows */
};

/* Visits `server`, which is at `addr`, as `user`; `asked` is CHECKUP_ASK of each question. Everything but
 * `env` and `server` is copied. on_done may come before this returns; `checkup` holds zeros or a visit that
 * is over and was freed. */
void checkup_begin(struct checkup *checkup, const struct upstream_env *env, struct server *server,
                   const struct addr *addr, const char *user, const struct auth_secret *secret,
                   unsigned asked, void (*on_done)(struct checkup *), void *owner);
/* Breaks off a visit that is running, for that reason: on_done follows. Does nothing if none is running. */
void checkup_break_off(struct checkup *checkup, const char *why);
/* Breaks off without on_done, and frees the answers. */
void checkup_fini(struct checkup *checkup);

/* CHECKUP_GRANTS was answered: the privilege with which the account writes where read_only is on, or NULL.
 * Roles that are active at its login count. On MySQL super_read_only also applies to such an account. */
const char *checkup_read_only_bypass(const struct checkup *checkup);

/* The value of a global variable. False: the server has no such variable, or has not answered. */
bool checkup_variable(const struct checkup *checkup, const char *name, struct span *value_r);
/* The value of a global variable as a number; ON and OFF are 1 and 0. False: no such variable, no answer, or
 * no number. */
bool checkup_number(const struct checkup *checkup, const char *name, uint64_t *value_r);
