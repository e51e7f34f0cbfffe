build-lto/obj/src/net/addr.o: src/net/addr.c include/net/addr.h \
 include/base/error.h include/base/str.h
include/net/addr.h:
include/base/error.h:
include/base/str.h:
