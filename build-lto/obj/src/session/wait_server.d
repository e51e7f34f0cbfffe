build-lto/obj/src/session/wait_server.o: src/session/wait_server.c \
 include/session/wait_server.h include/session/session.h \
 include/access/users.h include/access/limits.h \
 include/access/limit_settings.h include/settings/schema.h \
 include/base/error.h include/base/str.h include/net/addr.h \
 include/access/user_settings.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/base/hash.h \
 include/base/mem.h include/base/list.h include/base/log.h \
 include/cluster/upstream.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/net/loop.h include/cluster/server_settings.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/stream.h include/net/buf.h \
 include/freshness/consistency.h include/freshness/positions.h \
 include/cluster/cluster_settings.h include/freshness/global_writes.h \
 include/mysql/gtid.h include/freshness/tbl/position_counters.h \
 include/sql/hint.h include/sql/lexer.h include/state/job.h \
 include/cluster/view.h include/cluster/outcome.h \
 include/cluster/replication.h include/mysql/tracked.h \
 include/sql/catalog.h include/sql/code_changes.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/mysql/packet.h include/route/route.h \
 include/access/listener_settings.h include/sql/classify.h \
 include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/route/tbl/route_reasons.h include/state/pins.h \
 include/state/tbl/pin_causes.h include/state/slot.h \
 include/mysql/admit.h include/mysql/attributes.h include/mysql/wire.h \
 include/pool/login_age.h include/pool/pool.h \
 include/access/timeout_settings.h include/pool/pool_counters.h \
 include/pool/tbl/pool_counters.h include/state/pooled.h \
 include/pool/waiters.h include/prepared/client_statements.h \
 include/prepared/statement_texts.h include/state/variables.h \
 include/session/worker.h include/route/replica_failures.h \
 include/session/close_reason.h include/session/tbl/close_reasons.h \
 include/session/hint_counters.h include/session/tbl/hint_counters.h \
 include/stats/digests.h include/sql/digest.h \
 include/stats/listener_counters.h include/stats/statement_log.h \
 include/base/line.h include/base/sink.h \
 include/stats/statement_settings.h include/state/facets.h \
 include/state/client_tracking.h include/state/diagnostics.h \
 include/state/insert_id.h include/state/reading.h \
 include/mysql/sesstrack.h include/state/sequences.h \
 include/state/user_variables.h include/session/tbl/session_states.h
include/session/wait_server.h:
include/session/session.h:
include/access/users.h:
include/access/limits.h:
include/access/limit_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/net/addr.h:
include/access/user_settings.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/base/hash.h:
include/base/mem.h:
include/base/list.h:
include/base/log.h:
include/cluster/upstream.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/net/loop.h:
include/cluster/server_settings.h:
include/mysql/rows.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/stream.h:
include/net/buf.h:
include/freshness/consistency.h:
include/freshness/positions.h:
include/cluster/cluster_settings.h:
include/freshness/global_writes.h:
include/mysql/gtid.h:
include/freshness/tbl/position_counters.h:
include/sql/hint.h:
include/sql/lexer.h:
include/state/job.h:
include/cluster/view.h:
include/cluster/outcome.h:
include/cluster/replication.h:
include/mysql/tracked.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/mysql/packet.h:
include/route/route.h:
include/access/listener_settings.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/route/tbl/route_reasons.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/state/slot.h:
include/mysql/admit.h:
include/mysql/attributes.h:
include/mysql/wire.h:
include/pool/login_age.h:
include/pool/pool.h:
include/access/timeout_settings.h:
include/pool/pool_counters.h:
include/pool/tbl/pool_counters.h:
include/state/pooled.h:
include/pool/waiters.h:
include/prepared/client_statements.h:
include/prepared/statement_texts.h:
include/state/variables.h:
include/session/worker.h:
include/route/replica_failures.h:
include/session/close_reason.h:
include/session/tbl/close_reasons.h:
include/session/hint_counters.h:
include/session/tbl/hint_counters.h:
include/stats/digests.h:
include/sql/digest.h:
include/stats/listener_counters.h:
include/stats/statement_log.h:
include/base/line.h:
include/base/sink.h:
include/stats/statement_settings.h:
include/state/facets.h:
include/state/client_tracking.h:
include/state/diagnostics.h:
include/state/insert_id.h:
include/state/reading.h:
include/mysql/sesstrack.h:
include/state/sequences.h:
include/state/user_variables.h:
include/session/tbl/session_states.h:
