"""The closed set of structural guards: what each asks in C, and what rulecheck makes of it. Any term of
width 1 over the constants of a pattern is a guard too."""


class Guard:
    """c: C text with {0}, {1} for the arguments. `holds(value)`: what it promises of the value of its
    first argument (None: nothing, it is about shape or options only). `options`: it asks for an
    option or CPU feature, so that rulecheck need not."""

    def __init__(self, text, c, holds=None):
        self.text, self.c, self.holds = text, c, holds

    def c_test(self, style, args):
        return self.c.format(*args, has=style.feature_test(args[0]) if "{has}" in self.c else "")


GUARDS = {
    "single": Guard("the value has no other use", "cx->uses[{0}] == 1"),
    "shared": Guard("the value has other uses", "cx->uses[{0}] > 1"),
    "zx32": Guard("bits 32 and up of the i64 are zero", "mach_is_zx32(cx, {0})",
                  lambda width, value: value >> 32 == 0),
    "bool": Guard("the i32 is 0 or 1", "fold_is_bool(cx, {0})",
                  lambda width, value: value in (0, 1)),
    "sx32": Guard("the i64 is the sign extension of its low half", "fold_is_sx32(cx, {0})",
                  lambda width, value: (value + (1 << 31)) >> 32 in (0, 1 << 32)),
    "cpu": Guard("the CPU has the feature", "{has}"),
    "no-cpu": Guard("the CPU lacks the feature", "!({has})"),
    "option": Guard("an option of code generation", "cx->options->{0}"),
    "no-option": Guard("an option of code generation is off", "!cx->options->{0}"),
    "different": Guard("two different nodes", "{0} != {1}"),
}
