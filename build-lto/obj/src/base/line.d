build-lto/obj/src/base/line.o: src/base/line.c include/base/line.h \
 include/base/str.h
include/base/line.h:
include/base/str.h:
