/* Metrics in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), written
 * from the rows of metric.h. docs/metrics.md is generated from the same rows.
 *
 * Label values are names from the configuration and words of headgate's own tables, so their number is
 * limited by these. No metric contains a password, a statement's text, or a client's address. */
#pragma once

#include "admin/admin.h"
#include "http/session_counts.h"
#include "http/document.h"
#include "base/str.h"

/* Makes /metrics. Takes the session counts first. */
void metrics_make(struct document *document);
/* Continues metrics_make after the counts were taken. If that failed, sessions by state are left out. */
void metrics_note_counts(struct session_counts *counts);

/* Writes docs/metrics.md. Check out->is_oom afterwards. */
void metrics_write_reference(struct text *out);
