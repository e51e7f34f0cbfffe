build-lto/obj/src/app/notify.o: src/app/notify.c include/app/notify.h \
 include/base/clock.h include/base/str.h include/base/log.h
include/app/notify.h:
include/base/clock.h:
include/base/str.h:
include/base/log.h:
