build-lto/obj/src/proxy/texts.o: src/proxy/texts.c include/proxy/texts.h \
 include/base/hash.h include/base/mem.h include/base/list.h \
 include/base/str.h
include/proxy/texts.h:
include/base/hash.h:
include/base/mem.h:
include/base/list.h:
include/base/str.h:
