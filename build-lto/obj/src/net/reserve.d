build-lto/obj/src/net/reserve.o: src/net/reserve.c include/net/reserve.h \
 include/base/error.h include/base/log.h include/base/str.h \
 include/base/mem.h
include/net/reserve.h:
include/base/error.h:
include/base/log.h:
include/base/str.h:
include/base/mem.h:
