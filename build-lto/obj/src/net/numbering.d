build-lto/obj/src/net/numbering.o: src/net/numbering.c \
 include/net/numbering.h
include/net/numbering.h:
