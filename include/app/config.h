/* The whole configuration: every layer's settings in one struct that is immutable once loaded. A reload loads
 * another one, checks all of it, and only then replaces this.
 */
#ifndef HEADGATE_APP_CONFIG_H
#define HEADGATE_APP_CONFIG_H

#include "access/limit_settings.h"
#include "access/listener_settings.h"
#include "access/timeout_settings.h"
#include "access/user_settings.h"
#include "admin/admin_settings.h"
#include "admin/http_settings.h"
#include "base/str.h"
#include "cluster/cluster_settings.h"
#include "settings/print.h"
#include "stats/statement_settings.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIG_PATH_DEFAULT "/etc/headgate/headgate.conf"

struct config {
    int64_t workers;           /* as given; 0: "auto" */
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
    struct user_settings *users; /* owns; at least one */
    size_t user_count;
    char *path; /* owns; the file it came from */
};

/* Read and check all of `path`, or NULL. Appends lines `file:line: message` to `errors` (exactly when it
 * returns NULL) and, when not NULL, to `warnings`; neither ever holds a password. Free with config_free. */
struct config *config_load(const char *path, struct text *errors, struct text *warnings);

/* The same for a reload: also checks what must be as in `running`, which clusters there are, and gives the
 * clusters the order of those. */
struct config *config_load_again(const char *path, const struct config *running, struct text *errors,
                                 struct text *warnings);

/* The loaded configuration is about to be in effect in place of `running`: what only a restart changes stays
 * as it is there, and the texts of that change places, so that whoever has them keeps them. */
void config_keep(struct config *running, struct config *next);

/* The same from memory; `name` stands in the messages. @include is refused. */
struct config *config_parse(const char *string, const char *name, struct text *errors, struct text *warnings);

/* Wipes the passwords. */
void config_free(struct config **config);

/* Calls `visit` for each difference, as print_changes. False when memory is out. */
bool config_diff(const struct config *before, const struct config *after,
                 void (*visit)(void *context, const struct print_change *change), void *context);

/* Tells every setting, for SHOW CONFIG; false when memory ran out on the way. */
bool config_each(const struct config *config, print_setting_fn each, void *context);

/* conf/headgate.conf, and the reference page in Markdown; both from the tables. Check out->is_oom afterwards.
 */
void config_write_sample(struct text *out);
void config_write_reference(struct text *out);

/* The same as the body of a manual page. */
void config_write_manual(struct text *out);

#endif
