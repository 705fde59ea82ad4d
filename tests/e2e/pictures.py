"""Small pictures and films, whole in their form: what a plan's `media` may be. Made here byte by byte, from the
specifications, so that a test says what is in a file."""
import struct
import zlib


def png(width=64, height=48, colour=(200, 30, 30)):
    """One colour, in RGB."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    row = b"\0" + bytes(colour) * width
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b""))


def jpeg(width=64, height=48, grey=0):
    """One grey, -8 … 7 from the middle: the first block says it, the others that nothing differs."""
    def segment(marker, content):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
    # Two codes of 2 bits for differences (00: none; 01: 4 bits more), one of 1 bit for the end of a block.
    dc_table = b"\x00" + bytes([0, 2] + [0] * 14) + b"\x00\x04"
    ac_table = b"\x10" + bytes([1] + [0] * 15) + b"\x00"
    blocks = -(-width // 8) * -(-height // 8)
    first = "00" if grey == 0 else "01" + format(grey if grey > 0 else grey + 15, "04b")
    bits = first + "0" + ("00" + "0") * (blocks - 1)
    bits += "1" * (-len(bits) % 8)
    scan = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\x00")
    return (b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + segment(0xDB, b"\0" + b"\x40" * 64) +
            segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0") +
            segment(0xC4, dc_table) + segment(0xC4, ac_table) + segment(0xDA, b"\1\1\0\0\x3f\0") + scan + b"\xff\xd9")


def with_position(picture):
    """A JPEG that says in its EXIF data where it was taken."""
    def field(tag, kind, count, value):
        return struct.pack(">HHII", tag, kind, count, value)
    header = b"MM" + struct.pack(">HI", 42, 8)
    first = struct.pack(">H", 1) + field(0x8825, 4, 1, len(header) + 18) + bytes(4)
    position = struct.pack(">H", 2) + field(2, 5, 3, 0) + field(4, 5, 3, 0) + bytes(4)
    content = b"Exif\0\0" + header + first + position
    return picture[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + picture[2:]


def mp4(width=320, height=240, brand=b"isom", data=b"film"):
    """The boxes of a film, without frames that could be played."""
    def box(kind, *contents):
        content = b"".join(contents)
        return struct.pack(">I", len(content) + 8) + kind + content
    track_header = bytes(76) + struct.pack(">II", width << 16, height << 16)
    handler = bytes(8) + b"vide" + bytes(13)
    return (box(b"ftyp", brand, bytes(4), brand) +
            box(b"moov", box(b"mvhd", bytes(100)), box(b"trak", box(b"tkhd", track_header), box(b"mdia", box(b"hdlr", handler)))) +
            box(b"mdat", data))


def messages_with(media, text):
    """Messages of a plan whose alert has these media; what may call it off goes without."""
    kinds = {"alert": None, "cancel": "alert", "all-clear": "alert"}
    messages = {kind: {"kind": kind, **({"follows": follows} if follows else {}), "text": text} for kind, follows in kinds.items()}
    messages["alert"]["media"] = media
    return messages
