build-lto/obj/src/pool/prewarm.o: src/pool/prewarm.c \
 include/pool/prewarm.h include/pool/key.h include/access/users.h \
 include/access/limits.h include/access/limit_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/net/addr.h include/access/user_settings.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/base/hash.h \
 include/base/mem.h include/cluster/upstream.h include/base/list.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/net/loop.h \
 include/cluster/server_settings.h include/mysql/rows.h \
 include/mysql/tracker.h include/mysql/command.h include/net/dial.h \
 include/net/stream.h include/net/buf.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/outcome.h \
 include/cluster/replication.h include/mysql/tracked.h \
 include/sql/catalog.h include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h include/pool/pool.h \
 include/access/timeout_settings.h include/pool/pool_counters.h \
 include/pool/tbl/pool_counters.h include/base/log.h \
 include/cluster/cluster.h include/cluster/cluster_state.h \
 include/cluster/events.h include/cluster/galera_writer.h \
 include/cluster/survey.h include/cluster/survey_lists.h \
 include/sql/catalog_draft.h include/cluster/topology_history.h \
 include/cluster/topology_facts.h include/cluster/wsrep.h \
 include/net/resolve.h include/cluster/member.h include/cluster/health.h \
 include/cluster/probe.h include/cluster/server_process.h \
 include/cluster/topology.h include/cluster/quota.h include/mysql/reply.h \
 include/mysql/packet.h include/pool/fit.h include/state/facets.h \
 include/access/listener_settings.h include/route/route.h \
 include/sql/classify.h include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/route/tbl/route_reasons.h include/state/client_tracking.h \
 include/state/diagnostics.h include/state/job.h include/state/pins.h \
 include/state/tbl/pin_causes.h include/state/slot.h \
 include/state/insert_id.h include/state/reading.h \
 include/mysql/sesstrack.h include/state/sequences.h \
 include/state/user_variables.h include/state/variables.h \
 include/state/fingerprint.h include/pool/login_age.h \
 include/state/pooled.h include/pool/parked.h include/pool/reset.h
include/pool/prewarm.h:
include/pool/key.h:
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
include/cluster/upstream.h:
include/base/list.h:
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
include/pool/pool.h:
include/access/timeout_settings.h:
include/pool/pool_counters.h:
include/pool/tbl/pool_counters.h:
include/base/log.h:
include/cluster/cluster.h:
include/cluster/cluster_state.h:
include/cluster/events.h:
include/cluster/galera_writer.h:
include/cluster/survey.h:
include/cluster/survey_lists.h:
include/sql/catalog_draft.h:
include/cluster/topology_history.h:
include/cluster/topology_facts.h:
include/cluster/wsrep.h:
include/net/resolve.h:
include/cluster/member.h:
include/cluster/health.h:
include/cluster/probe.h:
include/cluster/server_process.h:
include/cluster/topology.h:
include/cluster/quota.h:
include/mysql/reply.h:
include/mysql/packet.h:
include/pool/fit.h:
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
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/state/slot.h:
include/state/insert_id.h:
include/state/reading.h:
include/mysql/sesstrack.h:
include/state/sequences.h:
include/state/user_variables.h:
include/state/variables.h:
include/state/fingerprint.h:
include/pool/login_age.h:
include/state/pooled.h:
include/pool/parked.h:
include/pool/reset.h:
