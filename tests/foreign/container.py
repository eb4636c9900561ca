"""The container (spec/PROTOCOL.md, section 2): a function from entries to bytes, and back."""

import struct
import zlib

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
TIME, DATE = 0, 0x21  # 1980-01-01 00:00
MADE_BY, VERSION, FLAGS, STORED = 0x030A, 10, 0, 0
REGULAR_FILE = 0x81A40000
NAMES = ("manifest.json", "manifest.p7s")


def pack(manifest, signature, files):
    """The bytes of a package."""
    entries = list(zip(NAMES, (manifest, signature)))
    entries += [(f"files/{n:04}", data) for n, data in enumerate(files, 1)]
    body, directory = bytearray(), bytearray()
    for name, data in entries:
        common = struct.pack(
            "<HHHHHIIIHH",
            VERSION, FLAGS, STORED, TIME, DATE, zlib.crc32(data), len(data), len(data), len(name), 0,
        )
        comment, disk, internal = 0, 0, 0
        directory += CENTRAL + struct.pack("<H", MADE_BY) + common
        directory += struct.pack("<HHHII", comment, disk, internal, REGULAR_FILE, len(body))
        directory += name.encode()
        body += LOCAL + common + name.encode() + data
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory + END + end)


def unpack(package):
    """The manifest, its signature and the files. ValueError when it is no container.

    Reads sizes and contents by the local headers, writes them again and compares: whatever is
    written in another way is no container.
    """
    contents, at = [], 0
    while package[at : at + 4] == LOCAL:
        if at + 30 > len(package):
            raise ValueError("a header ends too early")
        size, name = struct.unpack_from("<IH", package, at + 22)
        at += 30 + name
        contents.append(package[at : at + size])
        at += size
    if len(contents) < 2:
        raise ValueError("no manifest or no signature")
    manifest, signature, *files = contents
    if len(files) > 9999 or pack(manifest, signature, files) != package:
        raise ValueError("written in another way than section 2 says")
    return manifest, signature, files
