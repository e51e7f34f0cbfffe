/* The whole configuration: every layer's settings in one struct, immutable once loaded. A reload loads a new
 * struct, checks all of it, and only then replaces the old one. */
#pragma once

#include "access/limit_settings.h"
#include "access/listener_settings.h"
#include "access/timeout_settings.h"
#include "access/user_settings.h"
#include "console/admin_settings.h"
#include "http/http_settings.h"
#include "base/str.h"
#include "cluster/cluster_settings.h"
#include "settings/print.h"
#include "stats/statement_settings.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH_DEFAULT "/etc/headgate/headgate.conf"

struct config {
    int64_t workers;           /* the setting; 0: "auto" */
    unsigned workers_resolved; /* how many to start, at least 1 */
    int log_level;             /* enum log_level */
    int log_format;            /* enum log_format */
    char *log_file;            /* owns; NULL: stderr */
    char *resolver;            /* owns; NULL: the system's */
    struct admin_settings admin;
    struct http_settings http;
    struct timeout_settings timeouts;
    struct limit_settings limits;
    struct statement_settings statements;
    struct listener_settings *listeners; /* owns; at least one */
    size_t listener_count;
    struct cluster_settings *clusters; /* owns; at least one, each with at least one server */
    size_t cluster_count;
    struct user_settings *users; /* owns; none only if every cluster has users_from = "servers" */
    size_t user_count;
    char *path; /* owns; the configuration file */
};

/* Reads and checks the whole file `path`. NULL: it has errors. Appends lines `file:line: message` to `errors`
 * (exactly when the result is NULL) and to `warnings` (if not NULL); neither ever holds a password. Free the
 * result with config_free. */
struct config *config_load(const char *path, struct text *errors, struct text *warnings);

/* Reads and checks `path` for a reload; results as of config_load. The clusters must have the same names as
 * in `running`, and get the same order. */
struct config *config_load_again(const char *path, const struct config *running, struct text *errors,
                                 struct text *warnings);

/* `next` is about to replace `running`: settings that only a restart changes keep the values of `running`.
 * The texts of these settings are exchanged, so that pointers to them stay valid while `next` is in effect. */
void config_keep(struct config *running, struct config *next);

/* Reads and checks a configuration from memory; `name` replaces the path in messages. @include is refused.
 * Results as of config_load. */
struct config *config_parse(const char *string, const char *name, struct text *errors, struct text *warnings);

/* Frees *config and wipes its passwords; *config becomes NULL. */
void config_free(struct config **config);

/* Calls `visit` for each difference between two configurations: see print_changes. False: memory is out. */
bool config_diff(const struct config *before, const struct config *after,
                 void (*visit)(void *context, const struct print_change *change), void *context);

/* Calls `each` for every setting, for `show config`. False: memory is out, and settings may be missing. */
bool config_each(const struct config *config, print_setting_fn each, void *context);

/* Append the sample configuration (conf/headgate.conf) and the reference page in Markdown, both from the
 * setting rows. Check out->is_oom afterwards. */
void config_write_sample(struct text *out);
void config_write_reference(struct text *out);

/* Appends the reference of all settings as the body of a manual page. Check out->is_oom afterwards. */
void config_write_manual(struct text *out);
