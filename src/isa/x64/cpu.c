/* The one place that asks the CPU. */
#include "isa/x64/x64.h"

#include <cpuid.h>
#include <sys/auxv.h>

/* What the system must save at a task switch for a feature to be usable: bits of xcr0. */
enum { NONE = 0, YMM = 0x6, ZMM = 0xe6 };

typedef struct Feature {
    const char *text;
    u32 leaf, subleaf;
    u8 reg, bit;
    u8 os;
} Feature;

static const Feature features[X64_FEATURE_COUNT] = {
#define X(name, text, leaf, subleaf, reg, bit, os) {text, leaf, subleaf, reg, bit, os},
#include "../rules/x64/features.def"
#undef X
};

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE 2
#endif

static u64 saved_state(void)
{
    u32 a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return a | (u64)d << 32;
}

u64 x64_cpu_features(void)
{
    u64 set = 0, saved = saved_state();
    for (u32 i = 0; i < X64_FEATURE_COUNT; i++) {
        const Feature *f = &features[i];
        u32 r[4] = {0};
        if (!__get_cpuid_count(f->leaf, f->subleaf, &r[0], &r[1], &r[2], &r[3]))
            continue;
        if (r[f->reg] >> f->bit & 1 && (saved & f->os) == f->os)
            set |= (u64)1 << i;
    }
    /* The instructions fault unless the kernel enabled them, which only it can tell. */
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE))
        set &= ~X64_HAS(FSGSBASE);
    return set;
}

int x64_feature_number(const char *text)
{
    for (int i = 0; i < X64_FEATURE_COUNT; i++)
        if (!strcmp(features[i].text, text))
            return i;
    return -1;
}

const char *x64_feature_text(int number)
{
    return number >= 0 && number < X64_FEATURE_COUNT ? features[number].text : NULL;
}
