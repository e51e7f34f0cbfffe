build-lto/obj/src/base/mem.o: src/base/mem.c include/base/mem.h
include/base/mem.h:
