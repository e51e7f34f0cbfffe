build-lto/obj/src/ctl/completion.o: src/ctl/completion.c \
 include/ctl/completion.h include/base/str.h include/ctl/sheet.h \
 include/base/error.h
include/ctl/completion.h:
include/base/str.h:
include/ctl/sheet.h:
include/base/error.h:
