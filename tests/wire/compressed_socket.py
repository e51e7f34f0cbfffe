"""The compressed protocol: a socket that packs what it sends and unpacks what it receives.

A frame is `int<3> length | int<1> number | int<3> length unpacked, 0: as it is | payload`; packets of the protocol are cut
into frames anywhere.
"""

import ctypes
import os
import zlib

import mysqlwire as w

HEADER_BYTES = 7
MAX_FRAME = 0xFFFFFF
THRESHOLD = 50


class _Zlib:
    name = "zlib"
    caps = w.COMPRESS

    @staticmethod
    def pack(data):
        return zlib.compress(data)

    @staticmethod
    def unpack(data, size):
        return zlib.decompress(data, bufsize=size)


class _Zstd:
    name = "zstd"
    caps = w.ZSTD
    _library = None

    @classmethod
    def library(cls):
        if cls._library is None:
            cls._library = ctypes.CDLL("libzstd.so.1")
            for function in ("ZSTD_compress", "ZSTD_decompress", "ZSTD_compressBound"):
                getattr(cls._library, function).restype = ctypes.c_size_t
        return cls._library

    @classmethod
    def pack(cls, data, level=3):
        bound = cls.library().ZSTD_compressBound(ctypes.c_size_t(len(data)))
        room = ctypes.create_string_buffer(bound)
        size = cls.library().ZSTD_compress(room, ctypes.c_size_t(bound), data, ctypes.c_size_t(len(data)), level)
        assert not cls.library().ZSTD_isError(ctypes.c_size_t(size))
        return room.raw[:size]

    @classmethod
    def unpack(cls, data, size):
        room = ctypes.create_string_buffer(size)
        got = cls.library().ZSTD_decompress(room, ctypes.c_size_t(size), data, ctypes.c_size_t(len(data)))
        assert not cls.library().ZSTD_isError(ctypes.c_size_t(got)), "not a zstd frame"
        return room.raw[:got]


ALGORITHMS = {"zlib": _Zlib, "zstd": _Zstd}
# zlib or zstd: every scripted client and every scripted server speaks it, whatever the test is about.
PACK = os.environ.get("WIRE_PACK")


def frame(number, data, algorithm=_Zlib, raw=False):
    """One frame."""
    assert len(data) <= MAX_FRAME
    if not raw:
        packed = algorithm.pack(data)
        if len(packed) < len(data):
            return w.int3(len(packed)) + w.int1(number & 0xFF) + w.int3(len(data)) + packed
    return w.int3(len(data)) + w.int1(number & 0xFF) + bytes(3) + data


class PackedSocket:
    """Stands in for a socket once the login is over.

    `headers` are (length, number, length unpacked) of every frame received. Numbers are checked: each frame's is one more
    than that of the frame before it, whichever side sent that; restart() begins at 0 again, before each command.
    """

    def __init__(self, sock, algorithm, threshold=THRESHOLD, chunk=MAX_FRAME, pending=b""):
        self.sock, self.family = sock, sock.family
        self.algorithm = ALGORITHMS[algorithm]
        self.threshold, self.chunk = threshold, chunk
        self.number = 0
        self.headers = []
        self.raw = bytearray(pending)

    def restart(self):
        self.number = 0

    def frames(self, data):
        """`data` as frames, numbered on."""
        out = b""
        for at in range(0, len(data), self.chunk):
            piece = bytes(data[at:at + self.chunk])
            out += frame(self.number, piece, self.algorithm, raw=len(piece) < self.threshold)
            self.number = self.number + 1 & 0xFF
        return out

    def sendall(self, data):
        self.sock.sendall(self.frames(data))

    def _whole(self):
        if len(self.raw) < HEADER_BYTES:
            return None
        size = int.from_bytes(self.raw[:3], "little")
        return size if len(self.raw) >= HEADER_BYTES + size else None

    def recv(self, _size):
        """The contents of one more frame; b"" at the end."""
        while self._whole() is None:
            got = self.sock.recv(1 << 16)
            if not got:
                if self.raw:
                    raise w.Closed(partial=True)
                return b""
            self.raw += got
        size, number = self._whole(), self.raw[3]
        unpacked = int.from_bytes(self.raw[4:7], "little")
        payload = bytes(self.raw[HEADER_BYTES:HEADER_BYTES + size])
        del self.raw[:HEADER_BYTES + size]
        self.headers.append((size, number, unpacked))
        if number != self.number:
            raise w.WireError(f"frame {number} came where {self.number} was due")
        self.number = self.number + 1 & 0xFF
        if not unpacked:
            return payload or self.recv(_size)
        data = self.algorithm.unpack(payload, unpacked)
        if len(data) != unpacked:
            raise w.WireError(f"{len(data)} bytes in a frame of {unpacked}")
        return data

    def __getattr__(self, name):
        return getattr(self.sock, name)
