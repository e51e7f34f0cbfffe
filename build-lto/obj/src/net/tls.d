build-lto/obj/src/net/tls.o: src/net/tls.c include/net/tls.h \
 include/base/error.h
include/net/tls.h:
include/base/error.h:
