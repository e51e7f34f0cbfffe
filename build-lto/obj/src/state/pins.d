build-lto/obj/src/state/pins.o: src/state/pins.c include/state/pins.h \
 include/base/counters.h include/base/str.h \
 include/state/tbl/pin_causes.h include/base/mem.h
include/state/pins.h:
include/base/counters.h:
include/base/str.h:
include/state/tbl/pin_causes.h:
include/base/mem.h:
