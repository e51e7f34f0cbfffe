build-lto/obj/src/proxy/vars.o: src/proxy/vars.c include/proxy/vars.h \
 include/base/str.h include/base/mem.h
include/proxy/vars.h:
include/base/str.h:
include/base/mem.h:
