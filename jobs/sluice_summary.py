"""Adds up what the job found, and holds the numbers against one another before anybody else sees them."""
from urllib.parse import unquote

from sluice_cards import mask_cards

# Names come from whoever lands lines; without a bound they would fill the report.
MOST_NAMES = 1000
LONGEST_NAME = 200
OTHER_NAMES = "(other names)"


class Books:
    def __init__(self, description):
        self._objects = description["objects"]
        self._description = description
        self._ends = {}
        self._sent = None
        self._good = 0
        self._erased = 0
        self._reasons = {}
        self._names = {}
        self._sums = {"rows": 0, "sumRowHash": "0", "totals": []}
        self._files = []
        self._letter_files = []
        self.dead = 0
        self.letter_bytes = 0
        self.duplicates = 0
        # (file as Spark wrote it, file as the lake has it)
        self.places = []

    def read(self, ends):
        """Of each object its end: what was counted in it, or why it could not be read so far."""
        self._ends = {row["object"]: row for row in ends}
        if set(self._ends) != set(range(len(self._objects))):
            raise AssertionError(f"{len(self._objects)} objects were given and {len(self._ends)} read")

    def gone(self):
        """Objects of which nothing is used; −1 so that there is always one."""
        return [-1, *(index for index, row in sorted(self._ends.items()) if row["unreadable"] is not None)]

    def sent_objects(self):
        return [index for index, given in enumerate(self._objects) if given["isSent"]]

    def sent(self, rows):
        self._sent = {row["currency"]: [row["line_count"], int(row["amount_cents"])] for row in rows}

    def judged(self, counts):
        for row in counts:
            if row["erased"]:
                self._erased += row["line_count"]
            elif row["reasons"] == "":
                self._good += row["line_count"]
            else:
                self.dead += row["line_count"]
                self.letter_bytes += row["line_bytes"]
                for reason in row["reasons"].split(","):
                    self._reasons[reason] = self._reasons.get(reason, 0) + row["line_count"]

    def unknown(self, rows):
        """In the order in which they were first seen."""
        for row in rows:
            index, line_number = row["first_seen"]["object"], row["first_seen"]["line_number"]
            shown = first_characters(mask_cards(row["name"])[0], LONGEST_NAME)
            key = shown if shown in self._names or len(self._names) < MOST_NAMES else OTHER_NAMES
            known = self._names.setdefault(key, {"field": key, "count": 0, "firstSeen": f"{self._objects[index]['key']}:{line_number}"})
            known["count"] += row["line_count"]

    def summed(self, rows):
        totals = [{"currency": row["currency"], "status": row["status"], "count": row["row_count"], "amountCents": row["amount_cents"]} for row in rows]
        self._sums = {
            "rows": sum(row["row_count"] for row in rows),
            "sumRowHash": str(sum(int(row["row_hash"]) for row in rows)),
            "totals": sorted(totals, key=lambda total: (total["currency"], total["status"])),
        }

    def filed(self, written, rows):
        """`written`: (p_dt=…/p_merchant=…/part, bytes). Spark writes `a%3Ab` for `a:b`, and the lake has merchants as they are."""
        counts = {(row["dt"], row["merchant_id"]): row["row_count"] for row in rows}
        for source, size in written:
            folder_of_day, folder_of_merchant, _ = source.split("/")
            day, merchant = folder_of_day.split("=", 1)[1], unquote(folder_of_merchant.split("=", 1)[1])
            path = self._description["curatedFile"].replace("{dt}", day).replace("{merchant_id}", merchant)
            # A second file of a day and merchant would take the name of the first.
            self._files.append({"path": path, "dt": day, "merchantId": merchant, "rows": counts.pop((day, merchant)), "bytes": size})
            self.places.append((source, path))
        if counts:
            raise AssertionError(f"{len(counts)} days and merchants have rows and no file")

    def lettered(self, written):
        """Names the files of dead letters in the order of their lines; (as Spark wrote it, as it is named)."""
        sources = [name for name, size in written if size > 0]
        self._letter_files = [f"dead-letters-{n:05d}.ndjson" for n in range(1, len(sources) + 1)]
        return list(zip(sources, self._letter_files))

    def outcome(self):
        gone = set(self.gone())
        whole = [(index, row) for index, row in self._ends.items() if index not in gone]
        lines = sum(row["line_count"] for _, row in whole)
        # Erased lines are spaces in the object: they were no blank lines when they landed.
        overwritten = sum(self._overwritten(index)["lines"] for index, _ in whole)
        blank = sum(row["blank_count"] for _, row in whole) - overwritten
        erased = self._erased + overwritten
        curated = self._sums["rows"]
        if self._good != self.duplicates + curated:
            raise AssertionError(f"{self._good} good lines, {self.duplicates} duplicates, {curated} rows written")
        if blank < 0 or lines != blank + self.dead + erased + self.duplicates + curated:
            raise AssertionError(f"the lines do not add up: {lines} lines, {blank} blank, {self.dead} dead, {erased} erased, {self.duplicates} duplicates, {curated} curated")
        counts = {
            "lines": lines,
            "blank": blank,
            "dead": self.dead,
            "erased": erased,
            "duplicates": self.duplicates,
            "curated": curated,
            "quarantined": [self._objects[index]["key"] for index in sorted(gone) if index >= 0],
            "sums": self._sums,
            "reasons": {reason: self._reasons[reason] for reason in self._description["reasons"] if reason in self._reasons},
            "unknownFields": sorted(self._names.values(), key=lambda name: (-name["count"], units(name["field"]))),
            "cards": sum(row["card_count"] for _, row in whole),
        }
        return {
            "counts": counts,
            **({} if self._sent is None else {"sent": self._sent_totals(whole)}),
            "files": sorted(self._files, key=lambda file: file["path"]),
            "deadLetterFiles": self._letter_files,
        }

    def _overwritten(self, index):
        return self._objects[index].get("erased") or {"lines": 0, "amounts": []}

    def _sent_totals(self, whole):
        sums = {currency: list(sum_) for currency, sum_ in self._sent.items()}
        lines = 0
        for index, row in whole:
            if not self._objects[index]["isSent"]:
                continue
            lines += row["line_count"] - row["blank_count"]
            erased = self._overwritten(index)
            lines += erased["lines"]
            for amount in erased["amounts"]:
                total = sums.setdefault(amount["currency"], [0, 0])
                total[0] += amount["count"]
                total[1] += int(amount["amountCents"])
        return {
            "files": len(self.sent_objects()),
            "lines": lines,
            "unreadable": lines - sum(count for count, _ in sums.values()),
            "totals": [{"currency": currency, "count": count, "amountCents": str(cents)} for currency, (count, cents) in sorted(sums.items())],
        }


def units(text):
    """By which JavaScript sorts."""
    return text.encode("utf-16-be", "surrogatepass")


def first_characters(text, most):
    """As JavaScript counts them; half a character may be left, as there."""
    return text.encode("utf-16-le", "surrogatepass")[:2 * most].decode("utf-16-le", "surrogatepass")
