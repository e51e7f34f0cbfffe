build-lto/obj/src/state/fingerprint.o: src/state/fingerprint.c \
 include/state/fingerprint.h include/base/str.h include/state/variables.h
include/state/fingerprint.h:
include/base/str.h:
include/state/variables.h:
