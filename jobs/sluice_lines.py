"""
Cuts decompressed bytes into lines and keeps account of where each lies. A line over the limit is hashed as it passes and only its beginning
is kept, so that memory stays bounded whatever comes.
"""
import hashlib

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WHITE = b" \t\r\x0b\x0c"
# Of a line too long: the first KiB, and some more in which a card number that begins in it ends.
KEPT_OF_LONG_LINE = 1024
_KEPT_WITH_OVERHANG = KEPT_OF_LONG_LINE + 64


class LongLine:
    """A line that is too long, as its bytes come by."""

    def __init__(self):
        self.bytes = 0
        self.blank = True
        self.beginning = b""
        self._hash = hashlib.sha256()
        # A CR that may turn out to be part of the ending.
        self._held = b""

    def add(self, data):
        if not data:
            return
        self.bytes += len(data)
        data = self._held + data
        self._held = b"\r" if data.endswith(b"\r") else b""
        self._take(data[:-1] if self._held else data)

    def end(self, ended):
        """The line's length and digest, its ending not counted."""
        if not ended:
            self._take(self._held)
        return self.bytes - (len(self._held) if ended else 0), self._hash.hexdigest()

    def _take(self, data):
        self._hash.update(data)
        self.blank = self.blank and not data.strip(WHITE)
        if len(self.beginning) < _KEPT_WITH_OVERHANG:
            self.beginning += data[:_KEPT_WITH_OVERHANG - len(self.beginning)]


def lines_of(chunks, most):
    """
    (offset, line) of every line in order, without its ending; of one with more than `most` bytes the line is a LongLine that has ended,
    followed by its length and digest: (offset, LongLine, length, digest).
    """
    chunks = iter(chunks)
    carry = b""
    for chunk in chunks:
        carry += chunk
        if len(carry) >= len(BYTE_ORDER_MARK):
            break
    offset = len(BYTE_ORDER_MARK) if carry.startswith(BYTE_ORDER_MARK) else 0
    carry, chunk, long = b"", carry[offset:], None
    while chunk is not None:
        if long is not None:
            end = chunk.find(b"\n")
            long.add(chunk if end < 0 else chunk[:end])
            if end >= 0:
                yield (offset, long, *long.end(True))
                offset, chunk, long = offset + long.bytes + 1, chunk[end + 1:], None
        if long is None:
            parts = (carry + chunk).split(b"\n")
            carry = parts.pop()
            for part in parts:
                line = part[:-1] if part.endswith(b"\r") else part
                yield (offset, line) if len(line) <= most else _whole_long_line(offset, part, True)
                offset += len(part) + 1
            # One byte over may still be the CR of an ending.
            if len(carry) > most + 1:
                long = LongLine()
                long.add(carry)
                carry = b""
        chunk = next(chunks, None)
    if long is not None:
        yield (offset, long, *long.end(False))
    elif carry:
        yield (offset, carry) if len(carry) <= most else _whole_long_line(offset, carry, False)


def _whole_long_line(offset, part, ended):
    long = LongLine()
    long.add(part)
    return (offset, long, *long.end(ended))
