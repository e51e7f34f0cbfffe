build-lto/obj/src/stats/listener_counters.o: \
 src/stats/listener_counters.c include/stats/listener_counters.h \
 include/base/counters.h include/base/hist.h
include/stats/listener_counters.h:
include/base/counters.h:
include/base/hist.h:
