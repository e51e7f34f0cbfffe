build-lto/obj/src/state/client_tracking.o: src/state/client_tracking.c \
 include/state/client_tracking.h include/base/str.h \
 include/cluster/view.h include/cluster/cluster_settings.h \
 include/cluster/server_settings.h include/settings/schema.h \
 include/base/error.h include/cluster/outcome.h \
 include/cluster/replication.h include/cluster/server.h \
 include/base/counters.h include/base/hist.h include/cluster/permits.h \
 include/base/list.h include/net/loop.h include/base/mem.h \
 include/mysql/handshake.h include/mysql/caps.h include/mysql/tracked.h \
 include/net/addr.h include/sql/catalog.h include/sql/code_changes.h \
 include/sql/lexer.h include/sql/code_effects.h include/sql/code_names.h \
 include/mysql/sesstrack.h include/mysql/wire.h
include/state/client_tracking.h:
include/base/str.h:
include/cluster/view.h:
include/cluster/cluster_settings.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/base/error.h:
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
include/mysql/sesstrack.h:
include/mysql/wire.h:
