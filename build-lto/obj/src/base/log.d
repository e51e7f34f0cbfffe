build-lto/obj/src/base/log.o: src/base/log.c include/base/log.h \
 include/base/str.h include/base/append.h include/base/clock.h \
 include/base/line.h
include/base/log.h:
include/base/str.h:
include/base/append.h:
include/base/clock.h:
include/base/line.h:
