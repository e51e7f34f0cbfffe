build-lto/obj/src/proxy/door_counters.o: src/proxy/door_counters.c \
 include/proxy/door_counters.h include/base/counters.h \
 include/base/hist.h
include/proxy/door_counters.h:
include/base/counters.h:
include/base/hist.h:
