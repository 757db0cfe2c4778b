"""Dead letters of refused lines, one JSON text each, with card numbers masked: the bytes that the other engine writes."""
import base64
import json

from sluice_cards import mask_cards_of_line
from sluice_lines import KEPT_OF_LONG_LINE


class Letters:
    def __init__(self, description):
        self._run = {"landingHour": description["landingHour"], "revision": description["revision"]}
        self._objects = [(given["key"], given["version"]) for given in description["objects"]]

    def text(self, refused):
        key, version = self._objects[refused["object"]]
        line, digest = bytes(refused["line"]), refused["sha256"]
        letter = {
            **self._run,
            "object": key,
            "version": version,
            "offset": refused["position"],
            "length": refused["length"],
            "lineNumber": refused["line_number"],
            "reasons": refused["reasons"].split(","),
            **_shown(line, len(line) if digest is None else KEPT_OF_LONG_LINE),
        }
        if digest is not None:
            letter["sha256"] = digest
        return json.dumps(letter, ensure_ascii=False, separators=(",", ":"))


def _shown(line, keep):
    """Masks all of it, then keeps the first bytes: a card cut in half would not be seen as one."""
    masked, cards = mask_cards_of_line(line.decode("latin-1"))
    kept = masked.encode("latin-1")[:keep]
    text = _without_cut_character(kept) if keep < len(line) else kept
    counted = {"cards": cards} if cards > 0 else {}
    try:
        return {"raw": text.decode("utf-8"), **counted}
    except UnicodeDecodeError:
        return {"rawBase64": base64.b64encode(kept).decode("ascii"), **counted}


def _without_cut_character(data):
    for cut in range(4):
        shorter = data[:len(data) - cut]
        try:
            shorter.decode("utf-8")
            return shorter
        except UnicodeDecodeError:
            continue
    return data
