"""The closed set of structural guards: what each asks in C, and what rulecheck makes of it. Any
term of width 1 over the constants of a pattern is a guard too."""


class Guard:
    """c_lower, c_fold: C text with {0}, {1} for the arguments, None where it cannot be asked.
    holds(width, value, number): what it promises of the value of its first argument, given its
    second; None: nothing, it is about shape or options only."""

    def __init__(self, text, c_lower, c_fold=None, holds=None, number=False):
        self.text, self.c_lower, self.c_fold, self.holds = text, c_lower, c_fold, holds
        self.number = number  # the second argument is a term over constants

    def c_test(self, style, args):
        text = getattr(self, style.guard_field)
        if text is None:
            raise KeyError(self.text)
        return text.format(*args, has=style.feature_test(args[0]) if "{has}" in text else "")


GUARDS = {
    "single": Guard("the value has no other use", "cx->uses[{0}] == 1"),
    "shared": Guard("the value has other uses", "cx->uses[{0}] > 1"),
    "zeros": Guard("these bits are known to be zero", None,
                   "({1} & ~fold_zeros(b, {0}, FOLD_DEPTH)) == 0",
                   lambda width, value, number: value & number == 0, number=True),
    "cpu": Guard("the CPU has the feature", "{has}"),
    "no-cpu": Guard("the CPU lacks the feature", "!({has})"),
    "option": Guard("an option of code generation", "cx->options->{0}"),
    "no-option": Guard("an option of code generation is off", "!cx->options->{0}"),
    "unused": Guard("nobody wants the value", "!mach_is_wanted(cx, r)"),
    "two-way": Guard("the branch table has two targets", "mach_last_successor(cx) == 1"),
}
