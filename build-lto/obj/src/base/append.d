build-lto/obj/src/base/append.o: src/base/append.c include/base/append.h \
 include/base/str.h
include/base/append.h:
include/base/str.h:
