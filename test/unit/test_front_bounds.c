/* The policy of bounds checks against a model of how memories lie in the address space: for every
 * answer, every index that the check lets pass must reach the memory or addresses that fault, and
 * every access inside must pass. */
#include "front/bounds.h"

#include "test.h"

typedef unsigned __int128 Wide;

#define PAGE ((u64)VM_PAGE_BYTES)

static const u64 numbers[] = {
    0, 1, 2, 7, 8, 15, 16, 4095, 4096, PAGE - 16, PAGE - 8, PAGE - 1, PAGE, PAGE + 1,
    VM_GUARD_BYTES - 16, VM_GUARD_BYTES - 8, VM_GUARD_BYTES - 1, VM_GUARD_BYTES,
    VM_GUARD_BYTES + 1, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8, 0xffffffff, 0x100000000,
    VM_MEMORY32_BYTES + VM_GUARD_BYTES - 8, VM_MEMORY32_BYTES + VM_GUARD_BYTES,
    FRONT_MAX_LENGTH - 16, FRONT_MAX_LENGTH - 1, FRONT_MAX_LENGTH, FRONT_MAX_LENGTH + 1,
    (u64)1 << 63, UINT64_MAX - PAGE, UINT64_MAX - 15, UINT64_MAX - 7, UINT64_MAX,
};
static const u32 widths[] = {1, 2, 4, 8, 16};

/* From the base: [0, length) is open, all else up to `end` faults; beyond are others' addresses. */
typedef struct Place {
    u64 length;
    Wide end;
} Place;

/* The least the runtime promises for a memory of this length. */
static Place place(const BoundsQuery *q, u64 length)
{
    if (q->page_log2 == 0) /* what follows in the last page of the host is open, and not guarded */
        return (Place){length, length};
    if (q->explicit_bounds)
        return (Place){length, length};
    if (q->is_64)
        return (Place){length, (Wide)length + VM_GUARD_BYTES};
    return (Place){length, (Wide)VM_MEMORY32_BYTES + VM_GUARD_BYTES};
}

static bool passes(BoundsCheck check, const BoundsQuery *q, u64 index, u64 length)
{
    switch (check) {
    case BOUNDS_NONE: return true;
    case BOUNDS_INDEX: return index <= length;
    case BOUNDS_END: return (Wide)index + q->offset + q->bytes <= length;
    case BOUNDS_NEVER: return false;
    }
    return false;
}

static u32 judge(const BoundsQuery *q, u64 index, u64 length)
{
    BoundsCheck check = front_bounds(q);
    Place at = place(q, length);
    Wide first = (Wide)index + q->offset, end = first + q->bytes;
    bool is_inside = end <= length;
    if (!passes(check, q, index, length))
        return is_inside; /* refused what it should let pass? */
    return !(is_inside || end <= at.end);
}

static u32 try_lengths(const BoundsQuery *q, u64 index)
{
    u64 largest = q->is_64 ? FRONT_MAX_LENGTH : VM_MEMORY32_BYTES;
    u32 wrong = 0;
    for (u32 i = 0; i < ARRAY_LEN(numbers); i++) {
        u64 length = numbers[i];
        if (q->page_log2 == 16)
            length &= ~(PAGE - 1);
        if (length <= largest)
            wrong += judge(q, index, length);
    }
    return wrong;
}

static u32 try_indices(BoundsQuery q)
{
    u32 wrong = 0;
    for (u32 i = 0; i < ARRAY_LEN(numbers); i++) {
        u64 index = numbers[i];
        if (!q.is_64 && index > UINT32_MAX)
            continue;
        q.is_known = false;
        wrong += try_lengths(&q, index);
        q.is_known = true;
        q.index = index;
        wrong += try_lengths(&q, index);
    }
    return wrong;
}

static void every_answer_keeps_accesses_inside(void)
{
    u32 wrong = 0;
    for (u32 kind = 0; kind < 8; kind++)
        for (u32 o = 0; o < ARRAY_LEN(numbers); o++)
            for (u32 w = 0; w < ARRAY_LEN(widths); w++) {
                BoundsQuery q = {.is_64 = kind & 1, .page_log2 = kind & 2 ? 16 : 0,
                                 .explicit_bounds = kind & 4, .offset = numbers[o],
                                 .bytes = widths[w]};
                if (q.is_64 || q.offset <= UINT32_MAX)
                    wrong += try_indices(q);
            }
    EXPECT(wrong == 0);
}

static void no_check_where_none_is_needed(void)
{
    BoundsQuery q = {.page_log2 = 16, .offset = 100, .bytes = 8};
    EXPECT(front_bounds(&q) == BOUNDS_NONE);
    q.is_64 = true;
    EXPECT(front_bounds(&q) == BOUNDS_INDEX);
    q.is_known = true;
    EXPECT(front_bounds(&q) == BOUNDS_NONE);
}

int main(void)
{
    TEST(every_answer_keeps_accesses_inside);
    TEST(no_check_where_none_is_needed);
    return test_end();
}
