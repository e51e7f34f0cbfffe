build-lto/obj/src/cluster/survey_lists.o: src/cluster/survey_lists.c \
 include/cluster/survey_lists.h include/mysql/handshake.h \
 include/base/str.h include/mysql/caps.h
include/cluster/survey_lists.h:
include/mysql/handshake.h:
include/base/str.h:
include/mysql/caps.h:
