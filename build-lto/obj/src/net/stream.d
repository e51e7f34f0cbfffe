build-lto/obj/src/net/stream.o: src/net/stream.c include/net/stream.h \
 include/base/error.h include/base/str.h include/net/buf.h \
 include/net/loop.h include/base/mem.h include/net/tls.h
include/net/stream.h:
include/base/error.h:
include/base/str.h:
include/net/buf.h:
include/net/loop.h:
include/base/mem.h:
include/net/tls.h:
