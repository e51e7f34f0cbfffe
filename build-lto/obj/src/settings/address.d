build-lto/obj/src/settings/address.o: src/settings/address.c \
 include/settings/address.h include/base/error.h include/base/str.h
include/settings/address.h:
include/base/error.h:
include/base/str.h:
