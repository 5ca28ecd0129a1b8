/* Which values live where.
 *
 * One scan in block order notes each value's definition, extent and weight, and for each block the
 * values it reads from outside ("gens"). Only values read outside their own block get a number and
 * a place in live-in lists; numbers follow the order of definition.
 *
 * Liveness then is solved for 64 numbers at a time. Such a column has a word for each block of a
 * window that reaches from the first of its definitions to the last of its uses, so that
 * the short-lived values of a huge function cost no more than they live. Two sweeps do without a
 * fixpoint, since loops are reducible and contiguous: backwards without back edges; then forwards,
 * adding to each block what is live at the header of the loop around it.
 *
 * What bounds the lists is the sum of extents, known before any list is made. Above the limit the
 * longest-lived values are demoted: they are stored when defined, and between blocks they live in
 * their slots alone, so that no list need name them.
 */
#include "ra/ra_int.h"

/* Entries that count as out of memory. */
#define LIVE_MAX (1u << 28)

/* ---- scan -------------------------------------------------------------------------------------*/

/* Opens and closes loops; headers come before all of their loop. */
static void enter_loops(Ra *ra, u32 b)
{
    const RaBlock *blocks = ra->f->blocks;
    while (ra->loops.len && blocks[vec_last(&ra->loops)].loop_end <= b)
        ra->loops.len--;
    u32 outer = ra->loops.len ? vec_last(&ra->loops) : NONE;
    ra->info[b].parent = ra->info[b].loop = outer;
    if (!blocks[b].loop_end)
        return;
    check(blocks[b].loop_end > b);
    check(blocks[b].loop_end <= (outer == NONE ? ra->f->nblocks : blocks[outer].loop_end));
    if (outer != NONE)
        ra->info[outer].has_inner = true;
    ra->info[b].loop = b;
    vec_push(ra->arena, &ra->loops, b);
}

/* A value from outside lives to the end of all loops that the definition is not in. */
static void extend_over_loops(Ra *ra, u32 v)
{
    RaVal *val = &ra->vals[v];
    u32 low = 0, high = ra->loops.len;
    while (low < high) {
        u32 mid = (low + high) / 2;
        if (ra->loops.at[mid] > val->def_block)
            high = mid;
        else
            low = mid + 1;
    }
    if (low == ra->loops.len)
        return;
    u32 last = ra->f->blocks[ra->loops.at[low]].loop_end - 1;
    u32 end = 2 * ra->f->blocks[last].end - 1;
    if (end > val->end) {
        val->end = end;
        ra->end_block[v] = last;
    }
}

static void read_from_outside(Ra *ra, u32 v, u32 b, u32 at)
{
    RaVal *val = &ra->vals[v];
    check(val->def_block < b);
    val->seen = b;
    val->flags |= VAL_CROSSES;
    vec_push(ra->arena, &ra->gens, (RaGen){v, b, at});
    extend_over_loops(ra, v);
}

static inline void scan_use(Ra *ra, u32 v, u32 b, u32 point, float freq)
{
    RaVal *val = &ra->vals[v];
    val->weight += freq;
    if (val->end < point) {
        val->end = point;
        ra->end_block[v] = b;
    }
    if (val->def_block != b && val->seen != b)
        read_from_outside(ra, v, b, point / 2);
}

static inline void scan_def(Ra *ra, u32 v, u32 b, u32 at, u32 point)
{
    RaVal *val = &ra->vals[v];
    val->def_at = at;
    val->def_block = ra->end_block[v] = b;
    val->end = point;
    ra->order[ra->norder++] = v;
}

static void join_webs(Ra *ra, u32 a, u32 b)
{
    a = ra_web(ra, a);
    b = ra_web(ra, b);
    ra->web[MAX(a, b)] = MIN(a, b);
}

static void scan_phis(Ra *ra, u32 b)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    for (u32 i = block->phi_at; i < block->phi_at + block->nphis; i++) {
        u32 def = f->phis[i].def;
        scan_def(ra, def, b, block->first, 2 * block->first);
        ra->vals[def].flags = (ra->vals[def].flags | VAL_PHI) & (u8)~VAL_REMAT;
        /* Constants never have slots, and would make one web of all that begins with a zero. */
        for (u32 k = 0; k < block->npred; k++)
            if (!(f->vregs[f->phi_inputs[f->phis[i].input + k]].flags & RA_REMAT))
                join_webs(ra, def, f->phi_inputs[f->phis[i].input + k]);
        if (block->npred == 1)
            scan_use(ra, f->phi_inputs[f->phis[i].input], b, 2 * block->first + 1,
                     ra_freq(ra, b));
    }
}

/* The block's only successor if that has other predecessors too, else NONE. */
static u32 join_behind(const Ra *ra, u32 b)
{
    const RaBlock *block = &ra->f->blocks[b];
    if (block->nsucc != 1)
        return NONE;
    u32 succ = ra->f->edges[block->succ_at];
    return ra->f->blocks[succ].npred > 1 ? succ : NONE;
}

static void scan_exits(Ra *ra, u32 b)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    for (u32 i = 0; i < block->nsucc; i++) {
        u32 succ = f->edges[block->succ_at + i];
        check(succ > b || f->blocks[succ].loop_end > b);
        check(f->blocks[succ].npred == 1 || block->nsucc == 1);
    }
    u32 join = join_behind(ra, b);
    if (join == NONE)
        return;
    check(f->insts[block->end - 1].nopnds == 0 && f->insts[block->end - 1].clobber == 0);
    const RaBlock *to = &f->blocks[join];
    for (u32 i = to->phi_at; i < to->phi_at + to->nphis; i++)
        scan_use(ra, f->phi_inputs[f->phis[i].input + ra->info[b].join_index], b,
                 2 * block->end - 1, ra_freq(ra, b));
}

/* A fixed use takes a move even from a register, instead of a load. */
static inline float worth_of_register(const RaOpnd *o)
{
    return o->flags & RA_SLOT_OK || o->fixed != RA_ANY_REG ? 0.5f : 1;
}

static void scan_block(Ra *ra, u32 b)
{
    const RaFunc *f = ra->f;
    const RaBlock *block = &f->blocks[b];
    check(block->first < block->end && (b == 0 || f->blocks[b - 1].end <= block->first));
    enter_loops(ra, b);
    ra->info[b].gen_at = ra->gens.len;
    scan_phis(ra, b);
    float freq = ra_freq(ra, b);
    for (u32 i = block->first; i < block->end; i++) {
        const RaOpnd *o = f->opnds + f->insts[i].opnd, *end = o + f->insts[i].nopnds;
        for (; o < end && o->role <= RA_USE_LATE; o++)
            scan_use(ra, o->vreg, b, 2 * i + 1, freq * worth_of_register(o));
        for (; o < end; o++) {
            if (o->role == RA_TEMP)
                continue;
            scan_def(ra, o->vreg, b, i, 2 * i + 2);
            if (f->insts[i].nopnds != 1)
                ra->vals[o->vreg].flags &= (u8)~VAL_REMAT;
        }
    }
    scan_exits(ra, b);
    ra->info[b].gen_end = ra->gens.len;
}

static void index_joins(Ra *ra)
{
    const RaFunc *f = ra->f;
    for (u32 b = 0; b < f->nblocks; b++)
        for (u32 k = 0; k < f->blocks[b].npred; k++) {
            u32 pred = f->edges[f->blocks[b].pred_at + k];
            if (f->blocks[pred].nsucc == 1)
                ra->info[pred].join_index = k;
        }
}

/* ---- which values get a number ----------------------------------------------------------------*/

/* What a value costs in lists and sweeps at most: blocks it may live in, and edges out of them. */
static u64 extent(const Ra *ra, const u64 *reach, u32 v)
{
    return reach[ra->end_block[v] + 1] - reach[ra->vals[v].def_block];
}

/* The longest extent that need not be demoted. */
static u64 longest_kept(const Ra *ra, const u64 *reach)
{
    u64 sums[64] = {0}, total = 0;
    for (u32 i = 0; i < ra->norder; i++) {
        if (!(ra->vals[ra->order[i]].flags & VAL_CROSSES))
            continue;
        u64 size = extent(ra, reach, ra->order[i]);
        sums[63 - clz64(size)] += size;
    }
    for (u32 log = 0; log < 64; log++) {
        total += sums[log];
        if (total > ra->live_limit)
            return (u64)1 << log;
    }
    return UINT64_MAX;
}

static void number_values(Ra *ra)
{
    const RaFunc *f = ra->f;
    u64 *reach = arena_array_raw(ra->arena, u64, (size_t)f->nblocks + 1);
    reach[0] = 0;
    for (u32 b = 0; b < f->nblocks; b++)
        reach[b + 1] = reach[b] + 1 + f->blocks[b].nsucc;
    u64 longest = longest_kept(ra, reach);
    ra->dense = arena_array_raw(ra->arena, u32, (size_t)ra->norder);
    for (u32 i = 0; i < ra->norder; i++) {
        RaVal *val = &ra->vals[ra->order[i]];
        if (!(val->flags & VAL_CROSSES))
            continue;
        /* A reference must be in the lists: they say which slots the collector has to see. */
        if (extent(ra, reach, ra->order[i]) >= longest && !(val->flags & VAL_REF)) {
            val->flags |= VAL_DEMOTED;
            ra->has_demoted = true;
            continue;
        }
        val->dense = ra->ndense;
        ra->dense[ra->ndense++] = ra->order[i];
    }
}

/* By value, where blocks read it from outside: next.c looks for the first place in a loop. */
static void list_gens(Ra *ra)
{
    u32 *at = ra->gen_at = arena_array(ra->arena, u32, (size_t)ra->ndense + 2);
    for (u32 i = 0; i < ra->gens.len; i++)
        if (ra->vals[ra->gens.at[i].vreg].dense != NONE)
            at[ra->vals[ra->gens.at[i].vreg].dense + 2]++;
    for (u32 d = 1; d <= ra->ndense; d++)
        at[d + 1] += at[d];
    ra->gen_reads = arena_array_raw(ra->arena, u32, ra->gens.len);
    for (u32 i = 0; i < ra->gens.len; i++) {
        u32 dense = ra->vals[ra->gens.at[i].vreg].dense;
        if (dense != NONE)
            ra->gen_reads[at[dense + 1]++] = ra->gens.at[i].at;
    }
}

/* ---- columns ----------------------------------------------------------------------------------*/

typedef struct Column {
    u32 low, high; /* blocks of the window */
    u64 *bits;     /* by block - low: which of the 64 live at its start */
} Column;

static Column *new_columns(Ra *ra, u32 ncolumns)
{
    Column *columns = arena_array_raw(ra->arena, Column, ncolumns);
    for (u32 c = 0; c < ncolumns; c++) {
        u32 high = 0;
        for (u32 d = c * 64; d < MIN(c * 64 + 64, ra->ndense); d++)
            high = MAX(high, ra->end_block[ra->dense[d]]);
        u32 low = ra->vals[ra->dense[c * 64]].def_block;
        columns[c] = (Column){low, high, arena_array(ra->arena, u64, (size_t)(high - low) + 1)};
    }
    for (u32 i = 0; i < ra->gens.len; i++) {
        u32 dense = ra->vals[ra->gens.at[i].vreg].dense;
        if (dense == NONE)
            continue;
        Column *column = &columns[dense / 64];
        column->bits[ra->gens.at[i].block - column->low] |= (u64)1 << (dense % 64);
    }
    return columns;
}

static void solve_column(Ra *ra, const Column *column, u32 first)
{
    const RaFunc *f = ra->f;
    u32 low = column->low, high = column->high;
    u64 *bits = column->bits;
    u32 defs = MIN(first + 64, ra->ndense);
    for (u32 b = high + 1; b-- > low;) {
        const u32 *succ = f->edges + f->blocks[b].succ_at, *end = succ + f->blocks[b].nsucc;
        u64 live = 0;
        for (; succ < end; succ++)
            if (*succ - low <= high - low)
                live |= bits[*succ - low];
        for (; defs > first && ra->vals[ra->dense[defs - 1]].def_block == b; defs--)
            live &= ~((u64)1 << (defs - 1 - first));
        bits[b - low] |= live;
    }
    for (u32 b = low; b <= high; b++) {
        u32 loop = ra->info[b].loop == b ? ra->info[b].parent : ra->info[b].loop;
        if (loop != NONE && loop >= low)
            bits[b - low] |= bits[loop - low];
    }
}

/* Columns come by their first block, so that those a block is in the window of are kept in a list
 * that the walk over the blocks updates. */
static void list_live(Ra *ra, const Column *columns, u32 ncolumns)
{
    u32 *open = arena_array_raw(ra->arena, u32, ncolumns);
    u32 nopen = 0, next = 0;
    for (u32 b = 0; b < ra->f->nblocks; b++) {
        u32 kept = 0;
        ra->info[b].live_at = ra->live.len;
        for (; next < ncolumns && columns[next].low <= b; next++)
            open[nopen++] = next;
        for (u32 i = 0; i < nopen; i++) {
            u32 c = open[i];
            if (columns[c].high < b)
                continue;
            open[kept++] = c;
            vec_reserve(ra->arena, &ra->live, 64);
            for (u64 bits = columns[c].bits[b - columns[c].low]; bits; bits &= bits - 1)
                ra->live.at[ra->live.len++] = (RaLive){ra->dense[c * 64 + ctz64(bits)], 0};
        }
        nopen = kept;
        ra->info[b].live_len = ra->live.len - ra->info[b].live_at;
        /* Only references can do this; the way out is to ask for too much. */
        if (ra->live.len > LIVE_MAX)
            arena_alloc(ra->arena, SIZE_MAX, 1);
    }
}

void ra_find_live(Ra *ra)
{
    index_joins(ra);
    for (u32 b = 0; b < ra->f->nblocks; b++)
        scan_block(ra, b);
    number_values(ra);
    list_gens(ra);
    u32 ncolumns = (ra->ndense + 63) / 64;
    Column *columns = new_columns(ra, ncolumns);
    for (u32 c = 0; c < ncolumns; c++)
        solve_column(ra, &columns[c], c * 64);
    list_live(ra, columns, ncolumns);
}
