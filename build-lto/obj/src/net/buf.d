build-lto/obj/src/net/buf.o: src/net/buf.c include/net/buf.h \
 include/base/str.h
include/net/buf.h:
include/base/str.h:
