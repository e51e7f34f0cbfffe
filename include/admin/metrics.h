/* Metrics in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): one row
 * each gives the name, the words, whom it is told of, and the number. docs/metrics.md is written from the
 * same rows.
 *
 * Labels are names from the configuration, and words from headgate's own tables: there are never more of them
 * than those have. No metric has a user's password, a statement's text, or a client's address.
 */
#ifndef HEADGATE_ADMIN_METRICS_H
#define HEADGATE_ADMIN_METRICS_H

#include "admin/admin.h"
#include "admin/session_counts.h"
#include "admin/document.h"
#include "base/str.h"

/* /metrics: takes the counts first. */
void metrics_make(struct document *document);
/* For metrics_make: the counts has been taken; where it was not, sessions by state are left out. */
void metrics_note_counts(struct session_counts *counts);

/* docs/metrics.md. Check out->is_oom afterwards. */
void metrics_write_reference(struct text *out);

#endif
