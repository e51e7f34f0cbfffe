build-lto/obj/src/base/error.o: src/base/error.c include/base/error.h
include/base/error.h:
