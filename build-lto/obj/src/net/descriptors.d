build-lto/obj/src/net/descriptors.o: src/net/descriptors.c \
 include/net/descriptors.h include/base/log.h include/base/str.h
include/net/descriptors.h:
include/base/log.h:
include/base/str.h:
