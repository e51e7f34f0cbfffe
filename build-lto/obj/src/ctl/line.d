build-lto/obj/src/ctl/line.o: src/ctl/line.c include/ctl/line.h \
 include/base/error.h include/base/str.h
include/ctl/line.h:
include/base/error.h:
include/base/str.h:
