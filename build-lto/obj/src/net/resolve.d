build-lto/obj/src/net/resolve.o: src/net/resolve.c include/net/resolve.h \
 include/base/error.h include/base/list.h include/net/addr.h \
 include/net/loop.h include/base/mem.h
include/net/resolve.h:
include/base/error.h:
include/base/list.h:
include/net/addr.h:
include/net/loop.h:
include/base/mem.h:
