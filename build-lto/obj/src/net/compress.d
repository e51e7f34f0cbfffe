build-lto/obj/src/net/compress.o: src/net/compress.c \
 include/net/compress.h include/base/str.h include/base/mem.h
include/net/compress.h:
include/base/str.h:
include/base/mem.h:
