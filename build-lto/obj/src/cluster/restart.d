build-lto/obj/src/cluster/restart.o: src/cluster/restart.c \
 include/cluster/restart.h include/cluster/member.h include/base/error.h \
 include/cluster/health.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/base/list.h include/base/str.h include/net/loop.h \
 include/base/mem.h include/cluster/server_settings.h \
 include/settings/schema.h include/cluster/probe.h \
 include/cluster/cluster_settings.h include/cluster/outcome.h \
 include/cluster/server_process.h include/cluster/upstream.h \
 include/mysql/auth.h include/mysql/handshake.h include/mysql/caps.h \
 include/mysql/rows.h include/mysql/tracker.h include/mysql/command.h \
 include/net/dial.h include/net/addr.h include/net/stream.h \
 include/net/buf.h include/cluster/topology.h \
 include/cluster/topology_facts.h include/cluster/wsrep.h \
 include/cluster/topology_history.h include/mysql/tracked.h \
 include/net/resolve.h include/base/clock.h include/base/log.h \
 include/cluster/cluster_state.h include/cluster/events.h \
 include/cluster/galera_writer.h include/cluster/survey.h \
 include/cluster/survey_lists.h include/sql/catalog_draft.h \
 include/sql/catalog.h include/sql/code_changes.h include/sql/lexer.h \
 include/sql/code_effects.h include/sql/code_names.h \
 include/cluster/view.h include/cluster/replication.h
include/cluster/restart.h:
include/cluster/member.h:
include/base/error.h:
include/cluster/health.h:
include/cluster/server.h:
include/base/counters.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/base/str.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/cluster/probe.h:
include/cluster/cluster_settings.h:
include/cluster/outcome.h:
include/cluster/server_process.h:
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
include/cluster/topology.h:
include/cluster/topology_facts.h:
include/cluster/wsrep.h:
include/cluster/topology_history.h:
include/mysql/tracked.h:
include/net/resolve.h:
include/base/clock.h:
include/base/log.h:
include/cluster/cluster_state.h:
include/cluster/events.h:
include/cluster/galera_writer.h:
include/cluster/survey.h:
include/cluster/survey_lists.h:
include/sql/catalog_draft.h:
include/sql/catalog.h:
include/sql/code_changes.h:
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/cluster/view.h:
include/cluster/replication.h:
