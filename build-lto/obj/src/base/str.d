build-lto/obj/src/base/str.o: src/base/str.c include/base/str.h \
 include/base/mem.h
include/base/str.h:
include/base/mem.h:
