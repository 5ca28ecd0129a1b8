#include "os/os.h"

#include <stdio.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static u64 clock_ns(clockid_t clock)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts) != 0)
        return 0;
    return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

u64 os_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
u64 os_wall_ns(void) { return clock_ns(CLOCK_REALTIME); }
u64 os_process_cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

/* The CPU's word is not enough: only kernels that save and restore the base announce it here. */
bool os_has_fsgsbase(void)
{
#if defined(__x86_64__) && defined(__linux__)
    return getauxval(AT_HWCAP2) & 2; /* HWCAP2_FSGSBASE */
#else
    return false;
#endif
}

u64 os_max_map_count(void)
{
    FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
    unsigned long long count;
    if (!f)
        return 0;
    bool known = fscanf(f, "%llu", &count) == 1;
    fclose(f);
    return known ? count : 0;
}

u32 os_process_id(void) { return (u32)getpid(); }

u64 os_random_u64(void)
{
    u64 value;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) == sizeof value)
        return value;
    /* Early in booting there may be none yet; the loader's random bytes and the clock must do. */
    const u8 *seed = (const u8 *)getauxval(AT_RANDOM); /* NOLINT: an address by the ABI */
    return (seed ? load_u64(seed) : 0) ^ os_monotonic_ns() * 0x9E3779B97F4A7C15u;
}
