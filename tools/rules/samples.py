"""Values to try: corners of each type first, then random ones, from a fixed seed."""

import random
import re
import struct

from rules.terms import mask

FLOATS = [0.0, -0.0, 0.5, -0.5, 0.9999, -0.9999, 1.0, -1.0, 1.5, -1.5, 2.5, -2.5, 3.0, 1e10, -1e10,
          2147483647.0, 2147483648.0, -2147483648.0, -2147483649.0, 4294967295.0, 4294967296.0,
          9223372036854774784.0, 9223372036854775808.0, -9223372036854775808.0,
          -9223372036854777856.0, 18446744073709549568.0, 18446744073709551616.0, 2147483647.5,
          4294967295.5, 8388608.5, 4503599627370495.5, 1e300, -1e300, 1e-300]


def float_corners(width):
    form, integer = ("<f", "<I") if width == 32 else ("<d", "<Q")
    out = []
    for real in FLOATS:
        try:
            bits = struct.unpack(integer, struct.pack(form, real))[0]
        except OverflowError:
            continue
        out += [bits, max(bits - 1, 0), bits + 1]
    infinity = 0x7F800000 if width == 32 else 0x7FF0000000000000
    quiet = infinity | 1 << (22 if width == 32 else 51)
    sign = 1 << (width - 1)
    special = [infinity, infinity - 1, infinity + 1, quiet, quiet + 5, 1, (1 << 22) - 1]
    out += special + [sign | value for value in special]
    # The neighbours of the limits of integers, in this format.
    for real in (2.0 ** 31, 2.0 ** 32, 2.0 ** 63, 2.0 ** 64):
        bits = struct.unpack(integer, struct.pack(form, real))[0]
        out += [bits - 1, bits, bits + 1, sign | (bits - 1), sign | bits, sign | (bits + 1)]
    return sorted(set(value & mask(width) for value in out))


def int_corners(width):
    top = 1 << (width - 1)
    out = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 31, 32, 33, 63, 64, 100, 127, 128, 255, 256, 1000,
           32767, 32768, 65535, 65536, 0x12345678, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
           top - 1, top, top + 1, mask(width), mask(width) - 1, mask(width) - 127,
           mask(width) - 128, mask(width) - 0x7FFFFFFF, mask(width) - 0x80000000, 1 << 32,
           # where the last bit decides how a conversion to float rounds
           0x8000008000000000, 0x8000008000000001, 0x8000018000000001, 0x8000000000000400,
           0x8000000000000401, 0xC000000000000C01, 0x1000001, 0x1000003}
    return sorted(value & mask(width) for value in out)


CORNERS = {("int", width): int_corners(width) for width in (32, 64, 128)}
CORNERS.update({("float", width): float_corners(width) for width in (32, 64)})


def short_list(kind, width):
    """The few values of which all pairs are tried."""
    if kind == "int":
        top = 1 << (width - 1)
        return [0, 1, mask(width), top, top - 1, 2, 33]
    infinity = 0x7F800000 if width == 32 else 0x7FF0000000000000
    one = 0x3F800000 if width == 32 else 0x3FF0000000000000
    sign = 1 << (width - 1)
    return [0, sign, one, sign | one, infinity, sign | infinity, infinity + 1,
            infinity | 1 << (22 if width == 32 else 51)]


SHORT = {(kind, width): short_list(kind, width) for kind, width in CORNERS}
# Kinds and widths of a vector's lanes.
LANES = [("int", 8), ("int", 16), ("int", 32), ("int", 64), ("float", 32), ("float", 64),
         ("ones", 8), ("ones", 16), ("ones", 32), ("ones", 64), ("small", 8)]
PAIRS = 64    # samples that go through the short list
RELATED = 96  # up to this one, values are equal or next to one another; then the first variable
# takes every corner value


class Sampler:
    """Values for the variables of one rule: all pairs of a short list, then related ones, then
    every corner with random others, then random ones. next() begins another sample. The seed is
    the rule's text: what is tried does not change with its place."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number, self.drawn, self.shape = -1, [], None
        found = re.search(r"\b([if])(32|64)x[24]_", seed)
        self.named = found and ("float" if found[1] == "f" else "int", int(found[2]))

    def next(self):
        self.number += 1
        self.drawn, self.shape = [], None

    def value(self, kind, width):
        """A value of an operand."""
        if kind == "vector":
            return self.vector()
        value = self.planned(kind, width)
        if value is None:
            value = self.any_value(kind, width)
        self.drawn.append(value)
        return value

    def vector(self):
        """Lanes of one kind; with a later vector often equal, or next, to those of the first. Every
        other sample goes through the short list's pairs, lane by lane, if the rule names a shape
        that has one."""
        rng = self.random
        if self.named and self.number % 2 == 0:
            return self.planned_vector(*self.named)
        if not self.drawn or self.shape is None:
            self.shape = rng.choice(LANES)
        shape = self.shape if rng.random() < 0.8 else rng.choice(LANES)
        kind, width = shape
        relate = rng.random() < 0.2 if self.drawn else False
        value = 0
        for at in range(0, 128, width):
            if relate and rng.random() < 0.7:
                lane = (self.drawn[-1] >> at) + rng.choice((0, 0, 1, -1))
            else:
                lane = self.lane(kind, width)
            value |= (lane & mask(width)) << at
        self.drawn.append(value)
        return value

    def planned_vector(self, kind, width):
        values, count, total = SHORT[kind, width], 128 // width, 0
        for lane in range(count):
            pair = self.number // 2 * count + lane
            total |= values[pair // len(values) ** len(self.drawn) % len(values)] << lane * width
        self.drawn.append(total)
        return total

    def lane(self, kind, width):
        rng = self.random
        if kind == "ones":
            return rng.choice((0, mask(width)))
        if kind == "small":
            return rng.getrandbits(width - 1)
        if width >= 32:
            return self.any_value(kind, width)
        top = 1 << width - 1
        return rng.choice((0, 1, 2, top, top - 1, top + 1, mask(width), mask(width) - 1)) \
            if rng.random() < 0.5 else rng.getrandbits(width)

    def mask(self):
        """A shuffle: units of some bytes in the order of a zip, a rotation, a merge, or any."""
        rng = self.random
        unit = rng.choice((1, 2, 4, 8))
        count, sources = 16 // unit, rng.choice((1, 2))
        form = rng.randrange(6)
        first = rng.randrange(count * sources)
        if form == 0:
            units = [rng.randrange(count * sources) for _ in range(count)]
        elif form == 1:
            units = [first + i for i in range(count)]
        elif form == 2:
            units = [i + count * rng.randrange(sources) for i in range(count)]
        elif form == 3:
            units = [first] * count
        elif form == 4:
            half = rng.randrange(2)
            units = [i if (i < count // 2) == (half == 0) else rng.randrange(count)
                     for i in range(count)]
            units = [u if (i < count // 2) == (u < count // 2) else i
                     for i, u in enumerate(units)]
        else:
            swap = rng.randrange(2)
            units = [rng.randrange(count) + (count if (i >= count // 2) != swap else 0)
                     for i in range(count)]
        limit = count * sources
        if form == 5:
            limit = 2 * count
        return sum(((units[i // unit] % limit) * unit + i % unit) << 8 * i for i in range(16))

    def planned(self, kind, width):
        if self.number < PAIRS:
            values = SHORT[kind, width]
            return values[self.number // len(values) ** len(self.drawn) % len(values)]
        if self.number < RELATED:
            if self.drawn:
                return self.drawn[-1] + self.random.choice((0, 0, 0, 1, -1)) & mask(width)
        elif not self.drawn and self.number - RELATED < len(CORNERS[kind, width]):
            return CORNERS[kind, width][self.number - RELATED]
        return None

    def any_value(self, kind, width):
        rng = self.random
        choice = rng.random()
        corners = CORNERS[kind, width]
        if choice < 0.55:
            return rng.choice(corners)
        if choice < 0.8:
            return rng.getrandbits(width)
        if kind == "float":
            # Integers of all sizes, halves among them.
            real = rng.getrandbits(rng.randint(1, 66)) / 2 * rng.choice((1, -1))
            form, integer = ("<f", "<I") if width == 32 else ("<d", "<Q")
            return struct.unpack(integer, struct.pack(form, real))[0]
        small = rng.getrandbits(rng.randint(1, width))
        return small if rng.random() < 0.5 else -small & mask(width)

    def constant(self, kind, width):
        """A value of a constant: like an operand's, and often a power of two or beside one."""
        rng = self.random
        if kind == "mask":
            return self.mask()
        if kind == "vector":
            return self.vector()
        if self.number < PAIRS:
            return self.value(kind, width)
        if kind == "int" and rng.random() < 0.3:
            return rng.randrange(width + 1)
        if kind == "int" and rng.random() < 0.5:
            power = 1 << rng.randrange(width)
            form = rng.randrange(6)
            value = (power, power - 1, power + 1, ~power, -power,
                     power * rng.choice((3, 5, 9)))[form]
            return value & mask(width)
        return self.any_value(kind, width)

    def bits(self, width):
        return self.random.getrandbits(width)

    def address(self):
        return self.random.getrandbits(64)
