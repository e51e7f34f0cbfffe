build-lto/obj/src/base/clock.o: src/base/clock.c include/base/clock.h \
 include/base/str.h
include/base/clock.h:
include/base/str.h:
