"""
Takes one line apart: the contract's fields as text, or the verdict that it is no line to read. The same verdicts as the byte guard and the
parser of the other engine give; what the texts are worth is SQL's to say.
"""
import json
import re

WHITE = b" \t\r\x0b\x0c"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[:{}\[\]]|-?[0-9][-+.0-9eE]*', re.DOTALL)


def _refuse_constant(name):
    raise ValueError(name)


# Numbers stay the text they were written in; an object is a tuple of pairs, so that no name is lost and an array is something else.
_decode = json.JSONDecoder(object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=_refuse_constant).decode


class Guard:
    def __init__(self, fields, limits):
        self.fields = tuple(fields)
        self._known = frozenset(fields)
        self._depth = limits["jsonDepth"]
        self._number = limits["numberCharacters"]
        self._long_number = re.compile(r"[-+.0-9eE]{%d,}" % (self._number + 1))
        self._nothing = (None,) * len(self.fields)

    def read(self, line):
        """(malformed, duplicate_key, names that the contract does not know or None, texts of the fields)"""
        try:
            text = line.decode("utf-8")
            # Before the parser, which would look for a value of any kind.
            if not text.lstrip(" \t\r").startswith("{"):
                return True, False, None, self._nothing
            members = _decode(text)
        except (ValueError, RecursionError):
            return True, False, None, self._nothing
        if len(line) > self._number and self._exceeds_limits(text):
            return True, False, None, self._nothing
        if "\\u" in text and _SURROGATE.search(text) is not None and _holds_lone_surrogate(members):
            return True, False, None, self._nothing
        values = dict(members)
        duplicate = len(values) < len(members)
        if duplicate:
            # Whose line it is, the first of them says.
            values = dict(reversed(members))
        unknown = None if duplicate or self._known.issuperset(values) else [name for name in values if name not in self._known]
        get = values.get
        return False, duplicate, unknown, tuple([value if value.__class__ is str else _text(value) for value in map(get, self.fields)])

    def _exceeds_limits(self, text):
        if text.count("{") + text.count("[") <= self._depth and self._long_number.search(text) is None:
            return False
        depth, name, last = 0, "", ""
        for token in _TOKEN.finditer(text):
            found = token.group()
            first = found[0]
            if first == '"':
                if depth == 1:
                    last = found
            elif first == ":":
                if depth == 1:
                    name = json.loads(last)
            elif first in "{[":
                depth += 1
                if depth > self._depth:
                    return True
            elif first in "}]":
                depth -= 1
            elif len(found) > self._number and not (depth == 1 and name == "amount_cents"):
                return True
        return False


def is_blank(line):
    """Space, tab, CR, VT and FF only."""
    return not line.strip(WHITE)


def _text(value):
    """A scalar by its text. Of an array or an object the bracket is enough: it breaks the rule of every field."""
    if value is None:
        return None
    if value is True:
        return "true"
    if value is False:
        return "false"
    return "{" if isinstance(value, tuple) else "["


def _holds_lone_surrogate(members):
    waiting = [members]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                return True
        elif isinstance(value, (tuple, list)):
            waiting.extend(value)
    return False
