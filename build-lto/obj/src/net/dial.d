build-lto/obj/src/net/dial.o: src/net/dial.c include/net/dial.h \
 include/base/error.h include/net/addr.h
include/net/dial.h:
include/base/error.h:
include/net/addr.h:
