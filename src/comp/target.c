/* Which ISA this build runs on. Another one is added here and in rules/. */
#include "comp/comp.h"
#include "isa/x64/x64.h"

const MTarget *comp_host_target(const MIsaOptions *isa) { return x64_target(isa); }

u64 comp_host_features(void) { return x64_cpu_features(); }

u64 comp_baseline_features(void)
{
    /* x86-64-v3 */
    return X64_HAS(SSE3) | X64_HAS(SSSE3) | X64_HAS(SSE41) | X64_HAS(SSE42) | X64_HAS(MOVBE) |
           X64_HAS(POPCNT) | X64_HAS(CX16) | X64_HAS(AVX) | X64_HAS(FMA) | X64_HAS(LZCNT) |
           X64_HAS(BMI1) | X64_HAS(AVX2) | X64_HAS(BMI2);
}

int comp_feature_number(const char *name) { return x64_feature_number(name); }

const char *comp_feature_name(u32 number)
{
    return number < X64_FEATURE_COUNT ? x64_feature_text((int)number) : NULL;
}

const VmStubMaker *comp_host_stubs(void) { return &x64_stub_maker; }
