build-lto/obj/src/cluster/events.o: src/cluster/events.c \
 include/cluster/events.h include/base/clock.h include/base/str.h
include/cluster/events.h:
include/base/clock.h:
include/base/str.h:
