"""Bars of times over Wasmtime's, as SVG: one group of bars for each row of a table."""

from html import escape

COLOURS = {"stint": "#2166ac", "v8": "#f4a582", "v8tiers": "#d6604d", "clang": "#969696",
           "scalar": "#525252"}
BAR, GAP, LEFT, SCALE, LIMIT = 9, 8, 210, 420, 1.5


def bar(x, y, width, colour, label):
    return (f'<rect x="{x}" y="{y}" width="{width:.0f}" height="{BAR - 1}" fill="{colour}"/>'
            f'<text x="{x + width + 4:.0f}" y="{y + BAR - 2}" class="n">{label}</text>')


def legend(columns, y):
    parts, x = [], LEFT
    for key, heading in columns.items():
        parts.append(f'<rect x="{x}" y="{y}" width="10" height="10" fill="{COLOURS[key]}"/>'
                     f'<text x="{x + 14}" y="{y + 9}">{escape(heading)}</text>')
        x += 40 + 7 * len(heading)
    return parts


def draw(title, columns, rows):
    """The text of an SVG file. columns: {key: heading}; rows: (name, {key: ms}) with Wasmtime's
    as "wt". A bar that would be too long ends at the limit; its figure is right."""
    columns = {key: heading for key, heading in columns.items() if key in COLOURS}
    parts, y = legend(columns, 30), 56
    top = y
    for name, found in rows:
        shown = [key for key in columns if key in found]
        height = BAR * len(shown)
        parts.append(f'<text x="{LEFT - 8}" y="{y + height / 2 + 4:.0f}" text-anchor="end">'
                     f'{escape(name)}</text>')
        for key in shown:
            ratio = found[key] / found["wt"]
            parts.append(bar(LEFT, y, min(ratio, LIMIT) * SCALE, COLOURS[key], f"{ratio:.2f}"))
            y += BAR
        y += GAP
    for mark in (0.5, 1.0):
        x = LEFT + mark * SCALE
        parts.append(f'<line x1="{x:.0f}" y1="{top - 4}" x2="{x:.0f}" y2="{y}" stroke="#000" '
                     f'stroke-dasharray="{"none" if mark == 1 else "2,3"}" stroke-width="0.7"/>')
    width = LEFT + LIMIT * SCALE + 50
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{y + 10}" '
        'font-family="sans-serif" font-size="12">',
        "<style>.n{font-size:8px;fill:#444}</style>",
        f'<rect width="{width:.0f}" height="{y + 10}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>',
        *parts, "</svg>", ""])
