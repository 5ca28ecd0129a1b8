/* Which module a pc belongs to: a sorted array, read by signal handlers while others change it.
 *
 * Changing means making a new array and swapping the pointer. An array that was swapped out may
 * still be in the hands of a reader, so it is freed at a later change at which no reader is at
 * work. Nobody waits, and readers only count themselves in and out.
 *
 * One registry for the process, since a signal handler does not know an engine.
 */
#include "rt/rt_int.h"

#include <stdlib.h>

typedef struct CodeRange {
    u64 start, end;
    const RtModule *module;
} CodeRange;

typedef struct CodeMap {
    struct CodeMap *next_retired;
    u32 len;
    CodeRange ranges[];
} CodeMap;

static CodeMap *current;    /* atomic; NULL: no code */
static u32 readers;         /* atomic */
static CodeMap *retired;    /* under the lock */
static OsMutex change_lock = OS_MUTEX_INIT;

/* Publishes a map (NULL: an empty one). A reader that counts itself in after the readers were seen
 * to be none finds the new map, so then the old ones are nobody's. */
static void publish(CodeMap *map)
{
    CodeMap *old = __atomic_exchange_n(&current, map, __ATOMIC_SEQ_CST);
    if (old) {
        old->next_retired = retired;
        retired = old;
    }
    if (__atomic_load_n(&readers, __ATOMIC_SEQ_CST) != 0)
        return;
    while (retired) {
        CodeMap *next = retired->next_retired;
        free(retired);
        retired = next;
    }
}

bool rt_code_add(const RtModule *module)
{
    CodeRange add = {(u64)(uintptr_t)module->text,
                     (u64)(uintptr_t)module->text + module->image.header->text.len, module};
    if (add.start == add.end)
        return true;
    os_lock(&change_lock);
    u32 len = current ? current->len : 0;
    CodeMap *map = malloc(sizeof *map + (len + (size_t)1) * sizeof map->ranges[0]);
    if (map) {
        u32 at = 0;
        while (at < len && current->ranges[at].start < add.start)
            at++;
        map->len = len + 1;
        if (at)
            memcpy(map->ranges, current->ranges, at * sizeof add);
        map->ranges[at] = add;
        if (at < len)
            memcpy(map->ranges + at + 1, current->ranges + at, (len - at) * sizeof add);
        publish(map);
    }
    os_unlock(&change_lock);
    return map != NULL;
}

/* Removing must not fail: without memory for a new array, the module's range is made empty in
 * place, which keeps the order. */
void rt_code_remove(const RtModule *module)
{
    os_lock(&change_lock);
    u32 at = 0, len = current ? current->len : 0;
    while (at < len && current->ranges[at].module != module)
        at++;
    if (at < len) {
        CodeMap *map = malloc(sizeof *map + len * sizeof map->ranges[0]);
        if (map) {
            map->len = len - 1;
            memcpy(map->ranges, current->ranges, at * sizeof map->ranges[0]);
            memcpy(map->ranges + at, current->ranges + at + 1,
                   (len - 1 - at) * sizeof map->ranges[0]);
            publish(map);
        } else {
            __atomic_store_n(&current->ranges[at].end, current->ranges[at].start,
                             __ATOMIC_RELAXED);
            current->ranges[at].module = NULL;
        }
    }
    os_unlock(&change_lock);
}

const RtModule *rt_code_find(u64 pc)
{
    const RtModule *found = NULL;
    __atomic_fetch_add(&readers, 1, __ATOMIC_SEQ_CST);
    const CodeMap *map = __atomic_load_n(&current, __ATOMIC_SEQ_CST);
    u32 low = 0, high = map ? map->len : 0; /* ranges before low start at or below pc */
    while (low < high) {
        u32 mid = low + (high - low) / 2;
        if (map->ranges[mid].start <= pc)
            low = mid + 1;
        else
            high = mid;
    }
    if (low && pc < __atomic_load_n(&map->ranges[low - 1].end, __ATOMIC_RELAXED))
        found = map->ranges[low - 1].module;
    __atomic_fetch_sub(&readers, 1, __ATOMIC_SEQ_CST);
    return found;
}
