"""A server that speaks HTTP/2 as frames that a test writes by hand, so that it can break every rule.

    with Http2Server(answer, tls=authority) as server: …

`answer(stream, body, connection)` returns frames, as bytes or an iterable of bytes, or CLOSE. Request headers are not read (they are
compressed); what a request is about must be seen from its body.
"""
import struct

from servers import CLOSE, Server

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM = ACK = 1
END_HEADERS = 4
PREFACE_SIZE = 24
STATUS_200, STATUS_204 = b"\x88", b"\x89"  # RFC 7541, appendix A


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def integer(value, prefix_bits, first=0):
    """RFC 7541, 5.1."""
    most = (1 << prefix_bits) - 1
    if value < most:
        return bytes((first | value,))
    out, value = bytearray((first | most,)), value - most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(name, value, first=0):
    """A header as it is, not indexed; first=0x40: kept in the table as entry 62."""
    return bytes((first,)) + integer(len(name), 7) + name + integer(len(value), 7) + value


def headers(stream, block=STATUS_200, flags=END_HEADERS):
    return frame(HEADERS, flags, stream, block)


def no_content(stream):
    return headers(stream, STATUS_204, END_HEADERS | END_STREAM)


class Http2Server(Server):
    protocols = ("h2",)

    def __init__(self, *arguments, **options):
        self.bodies = {}
        super().__init__(*arguments, **options)

    def _exchange(self, connection, file, number, count):
        if count == 1:
            file.read(PREFACE_SIZE)
            connection.sendall(frame(SETTINGS, 0, 0))
        head = file.read(9)
        if len(head) < 9:
            return False
        size, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big")
        payload = file.read(size)
        if kind in (SETTINGS, PING) and not flags & ACK:
            connection.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
        if kind == DATA:
            self.bodies[number, stream] = self.bodies.get((number, stream), b"") + payload
        if kind not in (DATA, HEADERS) or not flags & END_STREAM:
            return True
        answer = self.answer(stream, self.bodies.pop((number, stream), b""), number)
        if answer is CLOSE:
            return False
        for piece in [answer] if isinstance(answer, bytes) else answer:
            connection.sendall(piece)
        return True
