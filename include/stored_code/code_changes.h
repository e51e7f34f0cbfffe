/* Changes to stored code that pass through headgate. A catalog does not include these changes until the
 * servers have been surveyed again. Shared by all threads of a cluster. Changes are rare; readers take no
 * lock.
 *
 *      code_change_read ──► code_changes_begin ──► the statement runs ──► code_changes_end ──► survey
 *
 * A catalog includes the changes that had ended before its survey began. A name that was changed later is
 * unknown: a view that was just created is never taken for a table. */
#pragma once

#include "tokens/lexer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The number of changed names that are remembered. After more changes, every name counts as changed. */
#define CODE_CHANGES_NAMES 64u

struct code_changes {
    pthread_mutex_t mutex;                      /* taken by writers only */
    _Atomic uint64_t begun;                     /* number of names of all changes that have begun */
    _Atomic uint64_t running;                   /* changes that have not ended */
    _Atomic uint64_t names[CODE_CHANGES_NAMES]; /* hashes; 0 stands for every name */
};

/* What one statement changes: up to CODE_CHANGES_NAMES names, as hashes. */
struct code_change {
    unsigned count; /* 0: no stored code */
    uint64_t names[CODE_CHANGES_NAMES];
};

void code_changes_init(struct code_changes *changes);
void code_changes_fini(struct code_changes *changes);

/* Does the text create, change, rename or drop views, routines, triggers, or tables whose columns set
 * variables? Several statements count as one. Text inside a string (EXECUTE IMMEDIATE) counts as a change of
 * every name. */
bool code_change_read(struct span sql, const struct sql_dialect *dialect, struct code_change *change_r);

/* _begin is called before the statement is sent; _end when it has ended, with or without success. */
void code_changes_begin(struct code_changes *changes, const struct code_change *change);
void code_changes_end(struct code_changes *changes);

/* For a survey: false while a change is running; otherwise the first *covers_r changes have ended. */
bool code_changes_are_over(struct code_changes *changes, uint64_t *covers_r);

static inline bool code_changes_since(const struct code_changes *changes, uint64_t covers)
{
    return atomic_load_explicit(&changes->begun, memory_order_acquire) != covers;
}

/* Was this name (without its quotes) changed after the first `covers` changes? */
bool code_changes_have(const struct code_changes *changes, uint64_t covers, struct span name);
