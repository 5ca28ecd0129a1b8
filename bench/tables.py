"""Tables of docs/PERFORMANCE.md: writing them, reading back what stands there, comparing."""

import math
import re

# By so much a ratio may grow before it is reported.
TOLERANCE = 0.03


def geomean(ratios):
    ratios = list(ratios)
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else float("nan")


def two(title, unit, rows):
    """Wasmtime and Stint. rows: (name, Wasmtime's figure, Stint's)."""
    lines = [f"| {title} | Wasmtime, {unit} | Stint, {unit} | ratio |", "|---|--:|--:|--:|"]
    for name, a, b in rows:
        lines.append(f"| {name} | {a:.1f} | {b:.1f} | {b / a:.2f} |")
    lines.append(f"| **geomean** | | | **{geomean(b / a for _, a, b in rows):.2f}** |")
    return lines


def many(title, columns, rows):
    """Everyone's time over Wasmtime's, and Stint's time over everyone's.
    columns: {key: heading}, wt and stint the first; rows: (name, {key: ms}), keys may be absent."""
    others = [key for key in columns if key != "wt"]
    shown = [key for key in others if any(key in found for _, found in rows)]
    peers = [key for key in shown if key != "stint"]
    lines = ["| " + " | ".join([title, "Wasmtime, ms", *[columns[key] for key in shown],
                                *[f"Stint/{columns[key]}" for key in peers]]) + " |",
             "|---|" + "--:|" * (1 + len(shown) + len(peers))]
    pairs = [(key, "wt") for key in shown] + [("stint", key) for key in peers]

    def cells(found):
        return [f"{found[a] / found[b]:.2f}" if a in found and b in found else "–"
                for a, b in pairs]

    for name, found in rows:
        lines.append("| " + " | ".join([name, f"{found['wt']:.1f}", *cells(found)]) + " |")
    means = [geomean(found[a] / found[b] for _, found in rows if a in found and b in found)
             for a, b in pairs]
    lines.append("| " + " | ".join(["**geomean**", "", *[f"**{mean:.2f}**" for mean in means]])
                 + " |")
    return lines


def ratios_in(text):
    """{(title, row): Stint's figure over Wasmtime's} of the tables in a text."""
    found, title, column = {}, None, 0
    for line in text.splitlines():
        cells = [cell.strip(" *") for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            title = None
        elif title is None:
            title = cells[0]
            wanted = [cell for cell in ("ratio", "Stint") if cell in cells]
            column = cells.index(wanted[0]) if wanted else 0
        elif column and column < len(cells) and re.fullmatch(r"\d+\.\d+", cells[column]):
            found[title, cells[0]] = float(cells[column])
    return found


def worse(before, after):
    """Lines about the ratios that grew by more than the tolerance from one text to another."""
    old = ratios_in(before)
    return [f"{title}: {row}: {old[title, row]:.2f} before, {new:.2f} now"
            for (title, row), new in ratios_in(after).items()
            if new > old.get((title, row), new) * (1 + TOLERANCE)]
