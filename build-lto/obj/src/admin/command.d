build-lto/obj/src/admin/command.o: src/admin/command.c \
 include/admin/command.h include/admin/request.h include/admin/admin.h \
 include/cluster/cluster.h include/base/error.h \
 include/cluster/cluster_state.h include/cluster/cluster_settings.h \
 include/cluster/server_settings.h include/settings/schema.h \
 include/base/str.h include/cluster/events.h \
 include/cluster/galera_writer.h include/cluster/upstream.h \
 include/base/list.h include/cluster/server.h include/base/counters.h \
 include/base/hist.h include/cluster/permits.h include/net/loop.h \
 include/base/mem.h include/mysql/auth.h include/mysql/handshake.h \
 include/mysql/caps.h include/mysql/rows.h include/mysql/tracker.h \
 include/mysql/command.h include/net/dial.h include/net/addr.h \
 include/net/stream.h include/net/buf.h include/cluster/survey.h \
 include/cluster/survey_lists.h include/sql/catalog_draft.h \
 include/sql/catalog.h include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/cluster/topology_history.h include/cluster/topology_facts.h \
 include/cluster/wsrep.h include/cluster/view.h include/cluster/outcome.h \
 include/cluster/replication.h include/mysql/tracked.h \
 include/net/resolve.h include/cluster/member.h include/cluster/health.h \
 include/cluster/probe.h include/cluster/server_process.h \
 include/cluster/topology.h include/session/worker.h \
 include/access/limits.h include/access/limit_settings.h \
 include/access/listener_settings.h include/access/timeout_settings.h \
 include/access/users.h include/access/user_settings.h \
 include/base/hash.h include/freshness/positions.h \
 include/freshness/global_writes.h include/mysql/gtid.h \
 include/freshness/tbl/position_counters.h include/pool/pool.h \
 include/pool/pool_counters.h include/pool/tbl/pool_counters.h \
 include/prepared/statement_texts.h include/route/replica_failures.h \
 include/route/route.h include/sql/classify.h include/sql/facts.h \
 include/sql/tbl/sql_reasons.h include/route/tbl/route_reasons.h \
 include/session/close_reason.h include/session/tbl/close_reasons.h \
 include/session/hint_counters.h include/session/tbl/hint_counters.h \
 include/state/pins.h include/state/tbl/pin_causes.h \
 include/stats/digests.h include/sql/digest.h \
 include/stats/listener_counters.h include/stats/statement_log.h \
 include/base/line.h include/base/sink.h \
 include/stats/statement_settings.h include/settings/print.h \
 include/admin/table.h include/base/log.h include/admin/doctor.h \
 include/admin/explain.h include/admin/latency.h include/admin/pause.h \
 include/admin/reconfigure.h include/admin/show.h \
 include/admin/show_cluster.h include/admin/show_digests.h \
 include/admin/show_limits.h include/admin/show_pins.h \
 include/admin/show_pools.h include/admin/show_routines.h \
 include/admin/show_settings.h include/admin/stats.h \
 include/admin/verbs.h
include/admin/command.h:
include/admin/request.h:
include/admin/admin.h:
include/cluster/cluster.h:
include/base/error.h:
include/cluster/cluster_state.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/str.h:
include/cluster/events.h:
include/cluster/galera_writer.h:
include/cluster/upstream.h:
include/base/list.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/net/loop.h:
include/base/mem.h:
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
include/cluster/survey.h:
include/cluster/survey_lists.h:
include/sql/catalog_draft.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/cluster/topology_history.h:
include/cluster/topology_facts.h:
include/cluster/wsrep.h:
include/cluster/view.h:
include/cluster/outcome.h:
include/cluster/replication.h:
include/mysql/tracked.h:
include/net/resolve.h:
include/cluster/member.h:
include/cluster/health.h:
include/cluster/probe.h:
include/cluster/server_process.h:
include/cluster/topology.h:
include/session/worker.h:
include/access/limits.h:
include/access/limit_settings.h:
include/access/listener_settings.h:
include/access/timeout_settings.h:
include/access/users.h:
include/access/user_settings.h:
include/base/hash.h:
include/freshness/positions.h:
include/freshness/global_writes.h:
include/mysql/gtid.h:
include/freshness/tbl/position_counters.h:
include/pool/pool.h:
include/pool/pool_counters.h:
include/pool/tbl/pool_counters.h:
include/prepared/statement_texts.h:
include/route/replica_failures.h:
include/route/route.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/route/tbl/route_reasons.h:
include/session/close_reason.h:
include/session/tbl/close_reasons.h:
include/session/hint_counters.h:
include/session/tbl/hint_counters.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/stats/digests.h:
include/sql/digest.h:
include/stats/listener_counters.h:
include/stats/statement_log.h:
include/base/line.h:
include/base/sink.h:
include/stats/statement_settings.h:
include/settings/print.h:
include/admin/table.h:
include/base/log.h:
include/admin/doctor.h:
include/admin/explain.h:
include/admin/latency.h:
include/admin/pause.h:
include/admin/reconfigure.h:
include/admin/show.h:
include/admin/show_cluster.h:
include/admin/show_digests.h:
include/admin/show_limits.h:
include/admin/show_pins.h:
include/admin/show_pools.h:
include/admin/show_routines.h:
include/admin/show_settings.h:
include/admin/stats.h:
include/admin/verbs.h:
