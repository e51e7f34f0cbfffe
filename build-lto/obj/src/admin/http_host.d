build-lto/obj/src/admin/http_host.o: src/admin/http_host.c \
 include/admin/http_host.h include/base/str.h
include/admin/http_host.h:
include/base/str.h:
