"""Whose line is it, where SQL cannot read it? The rules of contract/line-owner.ts; and is its owner one of those who are erased?"""
import hashlib
import json
import re

_NUMBER = re.compile(r"-?[0-9.]+\Z")
_LONGEST_ID = 256
# JavaScript's white space, which is not Python's.
_SPACE = "\\t\\n\\x0b\\x0c\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
_WORD_ENDS = re.compile(f'[{_SPACE}",{{}}\\[\\]=;|\\\\]+')
# A value behind the field's name, however broken what is around it.
_BEHIND_THE_NAME = re.compile(f"user_id(?:\\\\?[\"'])?[{_SPACE}:=]*(?:\\\\?[\"'])?([^{_SPACE}\"'\\\\,;}}\\]]+)")
# Half a character: JavaScript writes the replacement character for it.
_HALF = re.compile("[\ud800-\udfff]")
_REMEMBERED = 50_000


class Erased:
    """The persons of whom nothing may be curated, by the keyed hashes of their ids."""

    def __init__(self, tokens, pads):
        self._tokens = frozenset(tokens)
        self._inner, self._outer = map(bytes.fromhex, pads)
        self._known = {}

    def owns(self, line):
        return any(self._is_gone(person) for person in owners_of(line))

    def _is_gone(self, person):
        known = self._known.get(person)
        if known is not None:
            return known
        inner = hashlib.sha256(self._inner + _HALF.sub("\ufffd", person).encode("utf-8")).digest()
        gone = hashlib.sha256(self._outer + inner).hexdigest() in self._tokens
        if len(self._known) < _REMEMBERED:
            self._known[person] = gone
        return gone


def owners_of(line):
    """A line that is one JSON object with one user_id is that user's; any other counts as everybody's whose id stands in it."""
    text = line.decode("utf-8", "replace")
    fields = _fields_of(text)
    if fields is None:
        return ids_in(text)
    owner = fields.get("user_id")
    return [] if owner is None else [owner]


def ids_in(text):
    """Every text in quotes, escaped or not, and every word that is more than a number."""
    found = {}

    def note(person):
        # Counted as JavaScript counts.
        if 0 < len(person.encode("utf-16-le", "surrogatepass")) // 2 <= 2 * _LONGEST_ID:
            found[person] = True

    for quoted in _quoted_in(text):
        if not _NUMBER.match(quoted):
            note(quoted)
    for word in _WORD_ENDS.split(text):
        if _NUMBER.match(word):
            continue
        note(word)
        if ":" in word:
            for part in word.split(":"):
                if not _NUMBER.match(part):
                    note(part)
    for behind in _BEHIND_THE_NAME.finditer(text):
        note(behind.group(1))
    return list(found)


def _quoted_in(text):
    """From every quote to the next: in a broken line nobody knows which of them opens."""
    opened = text.find('"')
    while opened >= 0:
        closed = opened + 1
        while closed < len(text) and text[closed] != '"':
            closed += 2 if text[closed] == "\\" else 1
        if closed >= len(text):
            return
        inside = text[opened + 1:closed]
        if len(inside.encode("utf-16-le", "surrogatepass")) // 2 <= 6 * _LONGEST_ID:
            yield _unescaped(inside) if "\\" in inside else inside
        opened = closed


def _unescaped(inside):
    try:
        return json.loads(f'"{inside}"')
    except ValueError:
        return inside


def _refuse_constant(name):
    raise ValueError(name)


def _fields_of(text):
    """The top-level fields as text, numbers as they are written; None: not one JSON object, or a name comes twice."""
    try:
        members = json.loads(text, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, tuple):
        return None
    fields = dict(members)
    if len(fields) < len(members):
        return None
    return {name: _scalar(value) for name, value in fields.items()}


def _scalar(value):
    if value is True or value is False:
        return "true" if value else "false"
    return value if isinstance(value, str) else None
