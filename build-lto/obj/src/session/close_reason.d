build-lto/obj/src/session/close_reason.o: src/session/close_reason.c \
 include/session/close_reason.h include/session/tbl/close_reasons.h
include/session/close_reason.h:
include/session/tbl/close_reasons.h:
