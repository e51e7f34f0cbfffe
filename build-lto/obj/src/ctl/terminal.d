build-lto/obj/src/ctl/terminal.o: src/ctl/terminal.c \
 include/ctl/terminal.h include/base/error.h include/base/str.h
include/ctl/terminal.h:
include/base/error.h:
include/base/str.h:
