build-lto/obj/src/base/sink.o: src/base/sink.c include/base/sink.h \
 include/base/error.h include/base/str.h include/base/append.h \
 include/base/clock.h include/base/log.h
include/base/sink.h:
include/base/error.h:
include/base/str.h:
include/base/append.h:
include/base/clock.h:
include/base/log.h:
