#include "os/os.h"

#include <sys/mman.h>
#include <unistd.h>

size_t os_page_bytes(void)
{
    static size_t bytes; /* the same for all who race to set it */
    size_t known = __atomic_load_n(&bytes, __ATOMIC_RELAXED);
    if (UNLIKELY(!known)) {
        known = (size_t)sysconf(_SC_PAGESIZE);
        __atomic_store_n(&bytes, known, __ATOMIC_RELAXED);
    }
    return known;
}

static int native_prot(OsProt prot)
{
    static const int native[] = {
        [OS_NONE] = PROT_NONE,
        [OS_READ] = PROT_READ,
        [OS_READ_WRITE] = PROT_READ | PROT_WRITE,
        [OS_READ_EXEC] = PROT_READ | PROT_EXEC,
    };
    return native[prot];
}

void *os_map(size_t bytes, OsProt prot)
{
    /* Not MAP_NORESERVE: inaccessible pages count for nothing anyway, and once they are opened the
     * kernel shall refuse what the machine cannot have, rather than kill somebody later. */
    void *at = mmap(NULL, bytes, native_prot(prot), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void os_unmap(void *at, size_t bytes)
{
    check(munmap(at, bytes) == 0);
}

bool os_protect(void *at, size_t bytes, OsProt prot)
{
    return mprotect(at, bytes, native_prot(prot)) == 0;
}

bool os_discard(void *at, size_t bytes)
{
    return madvise(at, bytes, MADV_DONTNEED) == 0;
}

void os_code_written(void *at, size_t bytes)
{
    __builtin___clear_cache((char *)at, (char *)at + bytes);
}
