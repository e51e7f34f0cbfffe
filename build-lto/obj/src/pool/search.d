build-lto/obj/src/pool/search.o: src/pool/search.c include/pool/search.h \
 include/cluster/quota.h include/base/error.h include/cluster/permits.h \
 include/base/counters.h include/base/list.h include/base/str.h \
 include/net/loop.h include/base/mem.h include/cluster/server.h \
 include/base/hist.h include/cluster/server_settings.h \
 include/settings/schema.h include/cluster/upstream.h \
 include/mysql/auth.h include/mysql/handshake.h include/mysql/caps.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/addr.h include/net/stream.h \
 include/net/buf.h include/pool/pool.h include/access/timeout_settings.h \
 include/access/users.h include/access/limits.h \
 include/access/limit_settings.h include/access/user_settings.h \
 include/base/hash.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/outcome.h \
 include/cluster/replication.h include/mysql/tracked.h \
 include/sql/catalog.h include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/pool/pool_counters.h include/pool/tbl/pool_counters.h \
 include/pool/parked.h include/state/facets.h \
 include/access/listener_settings.h include/route/route.h \
 include/sql/classify.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/route/tbl/route_reasons.h include/state/client_tracking.h \
 include/state/diagnostics.h include/state/job.h include/mysql/packet.h \
 include/state/pins.h include/state/tbl/pin_causes.h include/state/slot.h \
 include/state/insert_id.h include/state/reading.h \
 include/mysql/sesstrack.h include/state/sequences.h \
 include/state/user_variables.h include/state/variables.h \
 include/state/pooled.h include/pool/usage.h \
 include/pool/tbl/connection_uses.h include/pool/waiters.h
include/pool/search.h:
include/cluster/quota.h:
include/base/error.h:
include/cluster/permits.h:
include/base/counters.h:
include/base/list.h:
include/base/str.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server.h:
include/base/hist.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/cluster/upstream.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/addr.h:
include/net/stream.h:
include/net/buf.h:
include/pool/pool.h:
include/access/timeout_settings.h:
include/access/users.h:
include/access/limits.h:
include/access/limit_settings.h:
include/access/user_settings.h:
include/base/hash.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/outcome.h:
include/cluster/replication.h:
include/mysql/tracked.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/pool/pool_counters.h:
include/pool/tbl/pool_counters.h:
include/pool/parked.h:
include/state/facets.h:
include/access/listener_settings.h:
include/route/route.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/route/tbl/route_reasons.h:
include/state/client_tracking.h:
include/state/diagnostics.h:
include/state/job.h:
include/mysql/packet.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/state/slot.h:
include/state/insert_id.h:
include/state/reading.h:
include/mysql/sesstrack.h:
include/state/sequences.h:
include/state/user_variables.h:
include/state/variables.h:
include/state/pooled.h:
include/pool/usage.h:
include/pool/tbl/connection_uses.h:
include/pool/waiters.h:
