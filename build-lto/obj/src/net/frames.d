build-lto/obj/src/net/frames.o: src/net/frames.c include/net/frames.h \
 include/net/compress.h include/base/str.h
include/net/frames.h:
include/net/compress.h:
include/base/str.h:
