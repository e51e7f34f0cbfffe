build-lto/obj/src/access/limits.o: src/access/limits.c \
 include/access/limits.h include/access/limit_settings.h \
 include/settings/schema.h include/base/error.h include/base/str.h \
 include/net/addr.h include/base/hash.h include/base/mem.h \
 include/base/log.h include/mysql/reply.h include/mysql/packet.h \
 include/net/descriptors.h
include/access/limits.h:
include/access/limit_settings.h:
include/settings/schema.h:
include/base/error.h:
include/base/str.h:
include/net/addr.h:
include/base/hash.h:
include/base/mem.h:
include/base/log.h:
include/mysql/reply.h:
include/mysql/packet.h:
include/net/descriptors.h:
