build-lto/obj/src/cluster/member.o: src/cluster/member.c \
 include/cluster/member.h include/base/error.h include/cluster/health.h \
 include/cluster/server.h include/base/counters.h include/base/hist.h \
 include/cluster/permits.h include/base/list.h include/base/str.h \
 include/net/loop.h include/base/mem.h include/cluster/server_settings.h \
 include/settings/schema.h include/cluster/probe.h \
 include/cluster/cluster_settings.h include/cluster/outcome.h \
 include/cluster/topology.h include/cluster/wsrep.h include/mysql/rows.h \
 include/cluster/upstream.h include/mysql/auth.h \
 include/mysql/handshake.h include/mysql/caps.h include/mysql/tracker.h \
 include/mysql/command.h include/net/dial.h include/net/addr.h \
 include/net/stream.h include/net/buf.h include/net/resolve.h \
 include/base/clock.h include/base/log.h include/cluster/cluster.h \
 include/cluster/events.h include/cluster/lineage.h \
 include/cluster/succession.h include/cluster/survey.h \
 include/sql/routines.h include/cluster/view.h include/cluster/monitor.h \
 include/cluster/publication.h
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
include/cluster/topology.h:
include/cluster/wsrep.h:
include/mysql/rows.h:
include/cluster/upstream.h:
include/mysql/auth.h:
include/mysql/handshake.h:
include/mysql/caps.h:
include/mysql/tracker.h:
include/mysql/command.h:
include/net/dial.h:
include/net/addr.h:
include/net/stream.h:
include/net/buf.h:
include/net/resolve.h:
include/base/clock.h:
include/base/log.h:
include/cluster/cluster.h:
include/cluster/events.h:
include/cluster/lineage.h:
include/cluster/succession.h:
include/cluster/survey.h:
include/sql/routines.h:
include/cluster/view.h:
include/cluster/monitor.h:
include/cluster/publication.h:
