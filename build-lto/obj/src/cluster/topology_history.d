build-lto/obj/src/cluster/topology_history.o: \
 src/cluster/topology_history.c include/cluster/topology_history.h \
 include/cluster/topology_facts.h include/cluster/server.h \
 include/base/counters.h include/base/error.h include/base/hist.h \
 include/cluster/permits.h include/base/list.h include/base/str.h \
 include/net/loop.h include/base/mem.h include/cluster/server_settings.h \
 include/settings/schema.h include/cluster/wsrep.h include/mysql/rows.h
include/cluster/topology_history.h:
include/cluster/topology_facts.h:
include/cluster/server.h:
include/base/counters.h:
include/base/error.h:
include/base/hist.h:
include/cluster/permits.h:
include/base/list.h:
include/base/str.h:
include/net/loop.h:
include/base/mem.h:
include/cluster/server_settings.h:
include/settings/schema.h:
include/cluster/wsrep.h:
include/mysql/rows.h:
