build-lto/obj/src/state/wait_timeout.o: src/state/wait_timeout.c \
 include/state/wait_timeout.h include/net/buf.h include/base/str.h \
 include/state/facets.h include/access/listener_settings.h \
 include/settings/schema.h include/base/error.h include/route/route.h \
 include/sql/classify.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/sql/lexer.h include/route/tbl/route_reasons.h \
 include/state/client_tracking.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/cluster/outcome.h include/cluster/replication.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/base/list.h include/net/loop.h \
 include/base/mem.h include/mysql/handshake.h include/mysql/caps.h \
 include/mysql/tracked.h include/net/addr.h include/sql/catalog.h \
 include/sql/code_changes.h include/sql/code_effects.h \
 include/sql/code_names.h include/state/diagnostics.h include/state/job.h \
 include/mysql/command.h include/mysql/packet.h include/state/pins.h \
 include/state/tbl/pin_causes.h include/state/slot.h \
 include/cluster/upstream.h include/mysql/auth.h include/mysql/rows.h \
 include/mysql/tracker.h include/net/dial.h include/net/stream.h \
 include/state/insert_id.h include/state/reading.h \
 include/mysql/sesstrack.h include/state/sequences.h \
 include/state/user_variables.h include/state/variables.h \
 include/sql/stored_code.h include/sql/traces.h \
 include/state/pending_set.h
include/state/wait_timeout.h:
include/net/buf.h:
include/base/str.h:
include/state/facets.h:
include/access/listener_settings.h:
include/settings/schema.h:
include/base/error.h:
include/route/route.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/sql/lexer.h:
include/route/tbl/route_reasons.h:
include/state/client_tracking.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/cluster/outcome.h:
include/cluster/replication.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/net/loop.h:
include/base/mem.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/mysql/tracked.h:
include/net/addr.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/state/diagnostics.h:
include/state/job.h:
include/mysql/command.h:
include/mysql/packet.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/state/slot.h:
include/cluster/upstream.h:
include/mysql/auth.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/net/dial.h:
include/net/stream.h:
include/state/insert_id.h:
include/state/reading.h:
include/mysql/sesstrack.h:
include/state/sequences.h:
include/state/user_variables.h:
include/state/variables.h:
include/sql/stored_code.h:
include/sql/traces.h:
include/state/pending_set.h:
