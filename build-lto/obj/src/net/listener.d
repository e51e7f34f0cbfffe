build-lto/obj/src/net/listener.o: src/net/listener.c \
 include/net/listener.h include/base/error.h include/net/addr.h \
 include/net/loop.h include/base/mem.h include/base/log.h \
 include/base/str.h
include/net/listener.h:
include/base/error.h:
include/net/addr.h:
include/net/loop.h:
include/base/mem.h:
include/base/log.h:
include/base/str.h:
