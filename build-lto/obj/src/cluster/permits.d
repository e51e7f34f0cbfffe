build-lto/obj/src/cluster/permits.o: src/cluster/permits.c \
 include/cluster/permits.h include/base/counters.h include/base/list.h \
 include/base/str.h include/net/loop.h include/base/error.h \
 include/base/mem.h
include/cluster/permits.h:
include/base/counters.h:
include/base/list.h:
include/base/str.h:
include/net/loop.h:
include/base/error.h:
include/base/mem.h:
