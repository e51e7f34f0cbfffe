build-lto/obj/src/state/job.o: src/state/job.c include/state/job.h \
 include/base/error.h include/base/str.h include/cluster/view.h \
 include/cluster/cluster_settings.h include/cluster/server_settings.h \
 include/settings/schema.h include/cluster/outcome.h \
 include/cluster/replication.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/base/list.h include/net/loop.h include/base/mem.h \
 include/mysql/handshake.h include/mysql/caps.h include/mysql/tracked.h \
 include/net/addr.h include/sql/catalog.h include/sql/code_changes.h \
 include/sql/lexer.h include/sql/code_effects.h include/sql/code_names.h \
 include/mysql/command.h include/mysql/packet.h include/route/route.h \
 include/access/listener_settings.h include/sql/classify.h \
 include/sql/facts.h include/sql/tbl/sql_reasons.h \
 include/route/tbl/route_reasons.h include/state/pins.h \
 include/state/tbl/pin_causes.h include/stats/digests.h \
 include/base/hash.h include/sql/digest.h
include/state/job.h:
include/base/error.h:
include/base/str.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
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
include/sql/lexer.h:
include/sql/code_effects.h:
include/sql/code_names.h:
include/mysql/command.h:
include/mysql/packet.h:
include/route/route.h:
include/access/listener_settings.h:
include/sql/classify.h:
include/sql/facts.h:
include/sql/tbl/sql_reasons.h:
include/route/tbl/route_reasons.h:
include/state/pins.h:
include/state/tbl/pin_causes.h:
include/stats/digests.h:
include/base/hash.h:
include/sql/digest.h:
