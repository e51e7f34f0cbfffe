build-lto/obj/src/net/stream_packed.o: src/net/stream_packed.c \
 include/net/stream_packed.h include/net/frames.h include/net/compress.h \
 include/base/str.h include/net/stream.h include/base/error.h \
 include/net/buf.h include/net/loop.h include/base/mem.h \
 include/net/numbering.h
include/net/stream_packed.h:
include/net/frames.h:
include/net/compress.h:
include/base/str.h:
include/net/stream.h:
include/base/error.h:
include/net/buf.h:
include/net/loop.h:
include/base/mem.h:
include/net/numbering.h:
