"""The rows that Spark is given of an object: one for each line that is not blank, and one for the object's end with what was counted."""
from sluice_cards import may_hold_cards, mask_cards_of_line
from sluice_guard import Guard, is_blank
from sluice_lines import LongLine, lines_of
from sluice_objects import Unreadable, chunks_of
from sluice_owners import Erased
from sluice_places import read_chunks


class Reader:
    def __init__(self, description, pads=None):
        """`pads`: the erasure key's, where anybody is erased."""
        self._objects = description["objects"]
        self._most = description["limits"]["lineBytes"]
        self._guard = Guard(description["fields"], description["limits"])
        self._nothing = (None,) * len(description["fields"])
        self._erased = None if pads is None else Erased(description["suppression"]["tokens"], pads)

    def rows(self, index):
        """
        Columns as read_schema has them. What was read of an object that breaks at its end has gone out by then: whoever takes the rows leaves
        those of unreadable objects out.
        """
        given = self._objects[index]
        counted = _Counted()
        unreadable = None
        try:
            chunks = chunks_of(read_chunks(given["uri"], given.get("etag"), given.get("versionId")))
            yield from self._lines(index, lines_of(chunks, self._most), counted)
        except Unreadable as error:
            unreadable = str(error)
        yield (index, 0, 0, 0, None, None, False, None, counted.lines, counted.blank, counted.cards, unreadable, True, False, *self._nothing)

    def _lines(self, index, lines, counted):
        erased, read, nothing = self._erased, self._guard.read, self._nothing
        for number, found in enumerate(lines, 1):
            counted.lines = number
            position, line = found[0], found[1]
            if line.__class__ is LongLine:
                if line.blank:
                    counted.blank += 1
                    continue
                owned = erased is not None and erased.owns(line.beginning)
                yield (index, number, position, found[2], line.beginning, found[3], owned, None, None, None, None, None, True, False, *nothing)
                continue
            if (not line or line[0] <= 0x20) and is_blank(line):
                counted.blank += 1
                continue
            if may_hold_cards(line):
                counted.cards += mask_cards_of_line(line.decode("latin-1"))[1]
            malformed, duplicate, names, texts = read(line)
            # Of such lines SQL knows no user, or only the first of several.
            owned = erased is not None and (malformed or duplicate) and erased.owns(line)
            yield (index, number, position, len(line), line, None, owned, names, None, None, None, None, malformed, duplicate, *texts)


class _Counted:
    lines = 0
    blank = 0
    cards = 0


def read_schema(fields):
    from pyspark.sql.types import ArrayType, BinaryType, BooleanType, IntegerType, LongType, StringType, StructField, StructType
    return StructType([
        StructField("object", IntegerType(), False),
        StructField("line_number", LongType(), False),
        StructField("position", LongType(), False),
        StructField("length", LongType(), False),
        StructField("line", BinaryType()),
        StructField("sha256", StringType()),
        StructField("owned_by_erased", BooleanType(), False),
        StructField("names", ArrayType(StringType())),
        # Of the object's end alone. No struct: Spark would convert every row value by value.
        StructField("line_count", LongType()),
        StructField("blank_count", LongType()),
        StructField("card_count", LongType()),
        StructField("unreadable", StringType()),
        StructField("malformed", BooleanType(), False),
        StructField("duplicate_key", BooleanType(), False),
        *[StructField(field, StringType()) for field in fields],
    ])
