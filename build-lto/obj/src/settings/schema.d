build-lto/obj/src/settings/schema.o: src/settings/schema.c \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/base/clock.h include/base/mem.h include/settings/size.h
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/base/clock.h:
include/base/mem.h:
include/settings/size.h:
