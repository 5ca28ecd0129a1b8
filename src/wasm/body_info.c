/* The side table: what validation learns about a body on its way and the compiler wants to know
 * before it begins.
 *
 * Construct 0 is the body itself and takes part in everything, so that no hook asks whether there
 * is a construct; it is cut off in the end. Facts are collected at the innermost construct and move
 * outward when it closes.
 *
 * The locals assigned in a construct are a word of bits while a function has at most 64. Otherwise
 * assignments are logged; when a construct closes, its part of the log is sorted, freed of doubles,
 * copied out and left to the enclosing construct. Deep nests could make the copies quadratic, so
 * their total is held below ASSIGNED_PER_OP times the operators read so far (and some to begin
 * with); a construct that would exceed it says WASM_ASSIGNS_ALL, and so do all around it, for whom
 * the work is over.
 */
#include "wasm/validate_int.h"

#define ASSIGNED_PER_OP 4
#define ASSIGNED_FREE (64u << 10)

static void add_construct(WasmValidator *v, WasmConstruct construct)
{
    vec_push(&v->body, &v->constructs, construct);
    v->current = v->constructs.len - 1;
}

void wasm_v_info_begin(WasmValidator *v)
{
    v->constructs.at = NULL;
    v->constructs.len = v->constructs.cap = 0;
    v->log.at = v->assigned.at = v->callees.at = NULL;
    v->log.len = v->log.cap = 0;
    v->assigned.len = v->assigned.cap = 0;
    v->callees.len = v->callees.cap = 0;
    v->max_loop_depth = 0;
    v->is_bitset = v->n_locals <= 64;
    add_construct(v, (WasmConstruct){.parent = WASM_NONE});
}

void wasm_v_info_open(WasmValidator *v, FrameKind kind, WasmBlockType type)
{
    static const u8 kinds[] = {
        [FRAME_BLOCK] = WASM_CONSTRUCT_BLOCK,
        [FRAME_LOOP] = WASM_CONSTRUCT_LOOP,
        [FRAME_IF] = WASM_CONSTRUCT_IF,
        [FRAME_TRY_TABLE] = WASM_CONSTRUCT_TRY_TABLE,
        [FRAME_TRY] = WASM_CONSTRUCT_TRY,
    };
    u32 depth = v_construct(v)->loop_depth;
    if (kind == FRAME_LOOP && depth < UINT16_MAX)
        depth++;
    v->max_loop_depth = MAX(v->max_loop_depth, depth);
    WasmConstruct construct = {.start = in_offset(&v->in, v->op_at),
                               .parent = v->current,
                               .n_ops = v->n_ops, /* read so far; made a difference at the end */
                               .type = type,
                               .loop_depth = (u16)depth,
                               .kind = kinds[kind]};
    if (!v->is_bitset)
        construct.assigned_at = v->log.len; /* where its part of the log begins, until it closes */
    add_construct(v, construct);
}

/* ---- lists of assigned locals ---- */

void wasm_v_info_assign_slow(WasmValidator *v, u32 local)
{
    if (!(v_construct(v)->flags & WASM_ASSIGNS_ALL))
        vec_push(&v->body, &v->log, local);
}

static void sift_down(u32 *a, u32 root, u32 len)
{
    u32 value = a[root];
    for (u32 child; (child = 2 * root + 1) < len; root = child) {
        if (child + 1 < len && a[child + 1] > a[child])
            child++;
        if (a[child] <= value)
            break;
        a[root] = a[child];
    }
    a[root] = value;
}

/* Sorts in place, whatever the order was in n log n steps. */
static void sort(u32 *a, u32 len)
{
    for (u32 i = len / 2; i > 0; i--)
        sift_down(a, i - 1, len);
    for (u32 i = len; i > 1; i--) {
        u32 largest = a[0];
        a[0] = a[i - 1];
        a[i - 1] = largest;
        sift_down(a, 0, i - 1);
    }
}

/* Sorts and drops doubles; returns how many are left. */
static u32 make_set(u32 *a, u32 len)
{
    bool is_rising = true;
    for (u32 i = 1; i < len && is_rising; i++)
        is_rising = a[i - 1] < a[i];
    if (is_rising)
        return len;
    sort(a, len);
    u32 kept = 0;
    for (u32 i = 0; i < len; i++)
        if (!kept || a[kept - 1] != a[i])
            a[kept++] = a[i];
    return kept;
}

static void close_list(WasmValidator *v, WasmConstruct *construct)
{
    u32 first = construct->assigned_at;
    construct->assigned_at = construct->assigned_len = 0;
    if (!(construct->flags & WASM_ASSIGNS_ALL)) {
        u32 count = make_set(v->log.at + first, v->log.len - first);
        v->log.len = first + count;
        u64 room = (u64)ASSIGNED_PER_OP * v->n_ops + ASSIGNED_FREE;
        if (v->assigned.len + (u64)count > room)
            construct->flags |= WASM_ASSIGNS_ALL;
        construct->assigned_len = count;
    }
    if (construct->flags & WASM_ASSIGNS_ALL) {
        construct->assigned_len = 0;
        v->log.len = first;
        return;
    }
    construct->assigned_at = v->assigned.len;
    vec_reserve(&v->body, &v->assigned, construct->assigned_len);
    if (construct->assigned_len)
        memcpy(v->assigned.at + v->assigned.len, v->log.at + first,
               sizeof(u32) * construct->assigned_len);
    v->assigned.len += construct->assigned_len;
}

void wasm_v_info_close(WasmValidator *v)
{
    WasmConstruct *construct = v_construct(v);
    construct->end = in_offset(&v->in, v->op_at);
    construct->after = v->constructs.len - 1; /* construct 0 is not counted */
    construct->n_ops = v->n_ops - construct->n_ops + 1;
    if (!v->is_bitset)
        close_list(v, construct);
    u32 parent = construct->parent;
    v->constructs.at[parent].flags |= construct->flags;
    if (v->is_bitset)
        v->constructs.at[parent].assigned_bits |= construct->assigned_bits;
    construct->parent = parent ? parent - 1 : WASM_NONE;
    v->current = parent;
}

void wasm_v_info_finish(WasmValidator *v, WasmBodyInfo *info)
{
    const WasmConstruct *body = &v->constructs.at[0];
    info->type = v->type;
    info->code_end = in_offset(&v->in, v->in.end);
    info->n_locals = v->n_locals;
    info->n_runs = v->runs.len;
    info->runs = v->runs.at;
    info->n_flat = v->n_flat;
    info->flat = v->flat;
    info->constructs = v->constructs.at + 1;
    info->n_constructs = v->constructs.len - 1;
    info->n_ops = v->n_ops;
    info->n_branches = body->n_branches;
    info->max_height = (u32)(v->highest - v->stack);
    info->max_loop_depth = v->max_loop_depth;
    info->n_callees = make_set(v->callees.at, v->callees.len);
    info->callees = v->callees.at;
    info->assigned = v->assigned.at;
    info->flags = body->flags & (u8)~WASM_ASSIGNS_ALL;
}

bool wasm_assigns(const WasmBodyInfo *info, const WasmConstruct *construct, u32 local)
{
    if (construct->flags & WASM_ASSIGNS_ALL)
        return true;
    if (info->n_locals <= 64)
        return construct->assigned_bits >> local & 1;
    const u32 *list = info->assigned + construct->assigned_at;
    u32 low = 0, high = construct->assigned_len;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (list[middle] < local)
            low = middle + 1;
        else
            high = middle;
    }
    return low < construct->assigned_len && list[low] == local;
}
