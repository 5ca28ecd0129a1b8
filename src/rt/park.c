/* Where threads wait for words of shared memories.
 *
 * Who waits looks at the word and enters under the lock of the word's lot; who wakes takes that
 * lock after he wrote the word. So either he finds the waiter, or the waiter found the new value.
 * Each waiter has a condition of its own: only those that were chosen wake. */
#include "rt/rt_int.h"

void rt_lots_init(RtLot *lots)
{
    for (u32 i = 0; i < RT_LOTS; i++) {
        lots[i].lock = (OsMutex)OS_MUTEX_INIT;
        lots[i].last = &lots[i].first;
    }
}

void rt_lots_free(RtLot *lots)
{
    for (u32 i = 0; i < RT_LOTS; i++) {
        check(!lots[i].first);
        pthread_mutex_destroy(&lots[i].lock);
    }
}

static RtLot *lot_of(RtLot *lots, const u8 *word)
{
    return &lots[(uintptr_t)word / 8 % RT_LOTS];
}

static u64 read_word(const u8 *word, u32 bytes)
{
    return bytes == 4 ? __atomic_load_n((const u32 *)(const void *)word, __ATOMIC_SEQ_CST)
                      : __atomic_load_n((const u64 *)(const void *)word, __ATOMIC_SEQ_CST);
}

RtPark rt_park_begin(RtLot *lots, RtWaiter *w, const u8 *word, u32 bytes, u64 expected)
{
    *w = (RtWaiter){.lot = lot_of(lots, word), .word = word};
    if (!os_cond_init(&w->cond))
        return RT_PARK_REFUSED;
    os_lock(&w->lot->lock);
    bool is_same = read_word(word, bytes) == expected;
    if (is_same) {
        *w->lot->last = w;
        w->lot->last = &w->next;
    }
    os_unlock(&w->lot->lock);
    if (!is_same)
        os_cond_free(&w->cond);
    return is_same ? RT_PARKED : RT_PARK_OTHER_VALUE;
}

bool rt_park_sleep(RtWaiter *w, u64 until)
{
    os_lock(&w->lot->lock);
    while (!w->is_woken && os_monotonic_ns() < until)
        os_wait(&w->cond, &w->lot->lock, until);
    bool is_woken = w->is_woken;
    os_unlock(&w->lot->lock);
    return is_woken;
}

/* Unlinks the waiter that *at points to. */
static void take_out(RtLot *lot, RtWaiter **at)
{
    RtWaiter *w = *at;
    *at = w->next;
    if (lot->last == &w->next)
        lot->last = at;
}

bool rt_park_end(RtWaiter *w)
{
    RtLot *lot = w->lot;
    os_lock(&lot->lock);
    bool is_woken = w->is_woken;
    for (RtWaiter **at = &lot->first; *at && !is_woken; at = &(*at)->next)
        if (*at == w) {
            take_out(lot, at);
            break;
        }
    os_unlock(&lot->lock);
    os_cond_free(&w->cond);
    return is_woken;
}

u32 rt_unpark(RtLot *lots, const u8 *word, u32 count)
{
    RtLot *lot = lot_of(lots, word);
    u32 n = 0;
    os_lock(&lot->lock);
    for (RtWaiter **at = &lot->first; *at && n < count;) {
        RtWaiter *w = *at;
        if (w->word != word) {
            at = &w->next;
            continue;
        }
        take_out(lot, at);
        w->is_woken = true;
        os_wake(&w->cond); /* he cannot go before the lock is free */
        n++;
    }
    os_unlock(&lot->lock);
    return n;
}
