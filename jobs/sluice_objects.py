"""
Opens an object as chunks of decompressed bytes, told apart by its first bytes, not by its name. Memory stays bounded whatever the object
holds; one that cannot be read to its end is Unreadable, and then nothing of it is used.
"""
import sys
import zlib

CHUNK = 1024 * 1024
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# Of zstd: a few bytes may stand for megabytes, and all of a piece is decompressed at once.
PIECE = 1024
# What the zstd command line takes without being told otherwise; a larger window is a way to eat our memory.
LARGEST_WINDOW = 128 * 1024 * 1024


class Unreadable(Exception):
    """The object is quarantined whole, and the others go on."""


class Stale(Exception):
    """The object at the key is no longer the one that the job was given."""


def chunks_of(source):
    """`source` are the object's raw bytes in chunks, none of them empty."""
    head, source = _peeked(source, 4)
    if head[:2] == b"\x1f\x8b":
        return _gunzipped(source)
    if head == ZSTD_MAGIC or _is_skippable(head):
        return _unzstd(source)
    return source


def _peeked(source, count):
    source = iter(source)
    first = b""
    while len(first) < count:
        more = next(source, None)
        if more is None:
            break
        first += more

    def whole():
        if first:
            yield first
        yield from source

    return first[:count], whole()


def _gunzipped(source):
    """Any number of members; zeros behind the last one are padding, anything else is not nothing."""
    member, padded = zlib.decompressobj(wbits=31), False
    for data in source:
        while data:
            if padded:
                if data.strip(b"\0"):
                    raise Unreadable("gzip: there are bytes after the last member")
                break
            if member.eof:
                if data[0] == 0:
                    padded = True
                    continue
                member = zlib.decompressobj(wbits=31)
            try:
                out = member.decompress(data, CHUNK)
            except zlib.error as error:
                raise Unreadable(f"gzip: {error}") from None
            if out:
                yield out
            data = member.unused_data if member.eof else member.unconsumed_tail
    # What the window still holds.
    while not member.eof:
        try:
            out = member.decompress(b"", CHUNK)
        except zlib.error as error:
            raise Unreadable(f"gzip: {error}") from None
        if not out:
            raise Unreadable("gzip: unexpected end of file")
        yield out


def _is_skippable(head):
    return len(head) == 4 and 0x50 <= head[0] <= 0x5F and head[1:] == b"\x2a\x4d\x18"


def _unzstd(source):
    """Any number of frames; some may carry no data. The library checks checksums and sizes, and is asked for one frame at a time."""
    zstandard = _zstandard()
    pending, skip, frame = b"", 0, None
    for data in source:
        pending, at = pending + data, 0
        while at < len(pending):
            if skip > 0:
                taken = min(skip, len(pending) - at)
                at, skip = at + taken, skip - taken
                continue
            if frame is None:
                head = pending[at:at + 18]
                if len(head) < 4 or (_is_skippable(head[:4]) and len(head) < 8):
                    break
                if _is_skippable(head[:4]):
                    skip, at = int.from_bytes(head[4:8], "little"), at + 8
                    continue
                if head[:4] != ZSTD_MAGIC:
                    raise Unreadable("zstd: there are bytes that are no frame")
                if not _header_fits(head):
                    break
                frame = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
            piece = pending[at:at + PIECE]
            try:
                out = frame.decompress(piece)
            except zstandard.ZstdError as error:
                raise Unreadable(f"zstd: {error}") from None
            at += len(piece)
            if out:
                yield out
            if frame.eof:
                at -= len(frame.unused_data)
                frame = None
        pending = pending[at:]
    if frame is not None or pending or skip > 0:
        raise Unreadable("zstd: the object is cut")


def _header_fits(frame):
    """False where more bytes are needed. Refuses what needs a dictionary or too large a window, as the other engine does."""
    if len(frame) < 5:
        return False
    flags = frame[4]
    single = flags & 0x20 != 0
    dictionary, size = (0, 1, 2, 4)[flags & 3], (1 if single else 0, 2, 4, 8)[flags >> 6]
    at = 5 if single else 6
    if len(frame) < at + dictionary + size:
        return False
    if flags & 8:
        raise Unreadable("zstd: a frame header is not valid")
    if any(frame[at:at + dictionary]):
        raise Unreadable("zstd: a frame needs a dictionary")
    content = int.from_bytes(frame[at + dictionary:at + dictionary + size], "little") + (256 if size == 2 else 0)
    base = 1 << (10 + (frame[5] >> 3))
    window = content if single else base + (base >> 3) * (frame[5] & 7)
    if window > LARGEST_WINDOW:
        raise Unreadable(f"zstd: a frame needs a window of {window} bytes")
    return True


def _zstandard():
    try:
        import zstandard
    except ImportError:
        # Where a cluster has unpacked what was shipped with the job.
        sys.path.append("./sluice_modules")
        import zstandard
    return zstandard
