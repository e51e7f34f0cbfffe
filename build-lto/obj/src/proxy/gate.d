build-lto/obj/src/proxy/gate.o: src/proxy/gate.c include/proxy/gate.h
include/proxy/gate.h:
