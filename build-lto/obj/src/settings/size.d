build-lto/obj/src/settings/size.o: src/settings/size.c \
 include/settings/size.h include/base/str.h
include/settings/size.h:
include/base/str.h:
