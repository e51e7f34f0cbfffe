build-lto/obj/src/ctl/answer.o: src/ctl/answer.c include/ctl/answer.h \
 include/base/error.h include/base/str.h
include/ctl/answer.h:
include/base/error.h:
include/base/str.h:
