build-lto/obj/src/proxy/limits.o: src/proxy/limits.c \
 include/proxy/limits.h include/base/error.h include/net/addr.h \
 include/proxy/limit_settings.h include/settings/schema.h \
 include/base/str.h include/base/hash.h include/base/mem.h \
 include/base/log.h include/mysql/reply.h include/net/descriptors.h
include/proxy/limits.h:
include/base/error.h:
include/net/addr.h:
include/proxy/limit_settings.h:
include/settings/schema.h:
include/base/str.h:
include/base/hash.h:
include/base/mem.h:
include/base/log.h:
include/mysql/reply.h:
include/net/descriptors.h:
