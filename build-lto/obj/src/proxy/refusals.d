build-lto/obj/src/proxy/refusals.o: src/proxy/refusals.c \
 include/proxy/refusals.h
include/proxy/refusals.h:
