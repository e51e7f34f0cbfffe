build-lto/obj/src/proxy/fingerprint.o: src/proxy/fingerprint.c \
 include/proxy/fingerprint.h include/base/str.h include/proxy/vars.h
include/proxy/fingerprint.h:
include/base/str.h:
include/proxy/vars.h:
