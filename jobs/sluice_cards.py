"""Card numbers in a raw line: the rules of contract/cards.ts and engines/duckdb/lines/card-lines.ts, to the byte."""
import re

CANDIDATE = re.compile(r"[0-9](?:[ -]?[0-9]){12,}")
GROUP = re.compile(r"[0-9]+")
SHORTEST, LONGEST = 13, 19
SHOWN_FIRST, SHOWN_LAST = 6, 4

ESCAPED = re.compile(r"\\u00(?:3[0-9]|20|2[dD])")
ESCAPED_PAIR = re.compile(r"\\(?:u00(?:3[0-9]|20|2[dD])|[\s\S])")
# Amounts and scores are numbers, not texts: one of 16 digits passes Luhn's test by chance and would be spoilt.
NUMBER_FIELD = re.compile(r'"(?:amount_cents|risk_score)"[ \t\r]*:[ \t\r]*(?:-?[0-9.]+(?=[ \t\r]*[,}])|"-?[0-9.]+")')

# Digits become 0, single separators go, the rest is x: a card can only be where 13 zeros follow one another.
_SHAPE = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x78 for byte in range(256))
_SEPARATORS = b" -"
_RUN = b"0" * SHORTEST


def may_hold_cards(line):
    """False for nearly every line, at the price of a copy; the exact answer costs ten times as much."""
    if _RUN in line.translate(_SHAPE, _SEPARATORS):
        return True
    return b"\\u00" in line and ESCAPED.search(line.decode("latin-1")) is not None


def mask_cards(text):
    """The text with the middle digits of card numbers hidden, and how many there were."""
    cards = 0

    def mask(found):
        nonlocal cards
        masked, count = _mask_run(found.group())
        cards += count
        return masked

    masked = CANDIDATE.sub(mask, text)
    return (masked, cards) if cards > 0 else (text, 0)


def mask_cards_of_line(line):
    """`line` has one character a byte. What a reader of the JSON would see as a card is one, so digits in escapes count."""
    plain = ESCAPED_PAIR.sub(_unescape_digit, line) if ESCAPED.search(line) else line
    parts, cards, at = [], 0, 0
    for field in NUMBER_FIELD.finditer(plain):
        masked, count = mask_cards(plain[at:field.start()])
        parts += [masked, field.group()]
        cards += count
        at = field.end()
    masked, count = mask_cards(plain[at:])
    parts.append(masked)
    cards += count
    return ("".join(parts), cards) if cards > 0 else (line, 0)


def _unescape_digit(escape):
    text = escape.group()
    return chr(int(text[2:], 16)) if len(text) == 6 and text[1] == "u" else text


def _mask_run(run):
    """Groups of digits: a card starts and ends where a group does, or a longer number would pass for several cards."""
    groups = [(group.start(), group.end()) for group in GROUP.finditer(run)]
    text, cards, first = run, 0, 0
    while first < len(groups):
        last = _last_group_of_card(run, groups, first)
        if last is not None:
            start, end = groups[first][0], groups[last][1]
            text = text[:start] + _hide_middle(run[start:end]) + text[end:]
            cards += 1
            first = last
        first += 1
    return text, cards


def _last_group_of_card(run, groups, first):
    digits, found = "", None
    for last in range(first, len(groups)):
        start, end = groups[last]
        if len(digits) + end - start > LONGEST:
            break
        digits += run[start:end]
        if len(digits) >= SHORTEST and _passes_luhn(digits):
            found = last
    return found


def _hide_middle(card):
    count = sum(character.isdigit() for character in card)
    seen, shown = 0, []
    for character in card:
        if character.isdigit():
            seen += 1
            shown.append(character if seen <= SHOWN_FIRST or seen > count - SHOWN_LAST else "*")
        else:
            shown.append(character)
    return "".join(shown)


def _passes_luhn(digits):
    total = 0
    for i, character in enumerate(reversed(digits)):
        digit = int(character) * (1 + i % 2)
        total += digit - 9 if digit > 9 else digit
    # Nothing but zeros passes Luhn and is nobody's card.
    return total > 0 and total % 10 == 0
