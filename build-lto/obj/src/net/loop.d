build-lto/obj/src/net/loop.o: src/net/loop.c include/net/loop.h \
 include/base/error.h include/base/mem.h include/base/clock.h \
 include/base/str.h
include/net/loop.h:
include/base/error.h:
include/base/mem.h:
include/base/clock.h:
include/base/str.h:
