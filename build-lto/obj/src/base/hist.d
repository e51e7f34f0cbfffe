build-lto/obj/src/base/hist.o: src/base/hist.c include/base/hist.h \
 include/base/counters.h
include/base/hist.h:
include/base/counters.h:
