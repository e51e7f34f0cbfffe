build-lto/obj/src/proxy/pins.o: src/proxy/pins.c include/proxy/pins.h \
 include/base/counters.h include/base/str.h \
 include/proxy/tbl/pin_causes.h include/base/mem.h
include/proxy/pins.h:
include/base/counters.h:
include/base/str.h:
include/proxy/tbl/pin_causes.h:
include/base/mem.h:
