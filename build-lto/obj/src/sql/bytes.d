build-lto/obj/src/sql/bytes.o: src/sql/bytes.c include/sql/bytes.h
include/sql/bytes.h:
