/* How often blocks run, guessed from the shape of the control flow alone: one walk in block order
 * hands each block's frequency on to its successors. A loop goes round eight times, and a way out
 * of it is taken once in eight; a branch table shares out between its targets; cold blocks get
 * nothing. The allocator compares these numbers where a store or a move can go in one place or in
 * many: in an interpreter, all cases of a dispatch together run as often as the dispatch.
 *
 * The two ways of a branch are both taken to run as often as the branch. Halves would be nearer the
 * truth, but let code at some depth look cold, and made code larger without making it faster. */
#include "mach/lower_int.h"

#include <math.h>

#define ENTRY_LOG2 16
#define MAX_LOG2 48
#define TURNS 8.0f

/* Is the edge one out of the innermost loop around its source? */
static bool leaves_loop(const IrBlock *blocks, IrBlk from, IrBlk to)
{
    return blocks[to].loop_depth < blocks[from].loop_depth;
}

/* The parts of a block's frequency that each edge gets that stays in the loop, or leaves it. */
typedef struct Shares {
    float stay, leave;
} Shares;

static Shares shares_of(const IrFunc *f, IrBlk b)
{
    const IrBlock *blocks = f->blocks.at;
    u32 stay = 0, leave = 0;
    for (u32 k = 0; k < blocks[b].nsucc; k++) {
        IrBlk to = ir_succs(f, b)[k];
        if (blocks[to].is_cold)
            continue;
        leave += leaves_loop(blocks, b, to);
        stay += !leaves_loop(blocks, b, to);
    }
    bool is_choice = stay && leave;
    Shares shares = {1, is_choice ? 1 / TURNS : 1};
    if (blocks[b].nsucc > 2) {
        shares.stay = (is_choice ? 1 - 1 / TURNS : 1) / (float)MAX(stay, 1u);
        shares.leave /= (float)MAX(leave, 1u);
    }
    return shares;
}

static u8 to_log2(float freq)
{
    i32 exponent;
    frexpf(freq, &exponent);
    return (u8)MAX(1, MIN(exponent - 1, MAX_LOG2));
}

u8 *mach_estimate_freqs(const IrFunc *f, Arena *arena)
{
    const IrBlock *blocks = f->blocks.at;
    u32 n = f->blocks.len;
    float *freq = arena_array(arena, float, n);
    u8 *log2 = arena_array(arena, u8, n);
    freq[0] = (float)(1 << ENTRY_LOG2);
    for (IrBlk b = 0; b < n; b++) {
        if (blocks[b].is_cold)
            continue;
        if (blocks[b].loop == b)
            freq[b] = MIN(freq[b] * TURNS, (float)((u64)1 << MAX_LOG2));
        log2[b] = to_log2(freq[b]);
        Shares shares = shares_of(f, b);
        bool is_table = blocks[b].nsucc > 2;
        for (u32 k = 0; k < blocks[b].nsucc; k++) {
            IrBlk to = ir_succs(f, b)[k];
            float part = freq[b] * (leaves_loop(blocks, b, to) ? shares.leave : shares.stay);
            if (to > b)
                freq[to] = is_table ? freq[to] + part : MAX(freq[to], part);
        }
    }
    return log2;
}
