/* Inlining while building: at a call of a small function its body is read in the place of the
 * call's, into the same IR, with the arguments for its parameters. Folding and value numbering see
 * through it, and nothing has to wait for other functions: a body is bytes, which do not change.
 *
 * A call costs most in a loop or a recursion, so there a larger body is inlined than elsewhere; and
 * all that is inlined into one function has a limit, which grows with the function.
 *
 * A body is inlined only after it was validated, by whichever thread came to it first; what that
 * found out is kept for all (FrontModule.small). A body that is not valid is called like a large
 * one, and reported where it is compiled itself. Which calls are inlined depends on the module and
 * the options alone.
 *
 * A caller is charged fuel at the call and at the return as if there were one, and every operator
 * of the body has a place (IrPlace) that leads to the call, so that a backtrace shows its frame.
 */
#include "front/front_int.h"
#include "front/gc.h"

#define MAX_LOCALS 32
/* So deep a function is inlined into itself. With more, its frame saves more registers, which the
 * calls that return at once pay for too. */
#define MAX_RECURSION 2
/* An operator has hardly more bytes, on the average. */
#define BYTES_PER_OP 4

static const WasmBodyInfo not_small;

void inline_module_init(FrontModule *fm, Arena *arena)
{
    u32 n = fm->m->n_funcs - fm->m->n_imported_funcs;
    if (fm->options.inline_loop_ops)
        fm->small = arena_alloc(arena, n * sizeof *fm->small, _Alignof(FrontSmall));
    for (u32 i = 0; fm->small && i < n; i++)
        atomic_init(&fm->small[i], NULL);
}

static bool is_small(const FrontModule *fm, const WasmBodyInfo *info)
{
    return info->n_ops <= fm->options.inline_loop_ops && info->n_locals <= MAX_LOCALS &&
           !info->max_loop_depth && !(info->flags & WASM_HAS_TAIL_CALL);
}

static void *copy(Arena *arena, const void *from, size_t bytes)
{
    void *to = arena_alloc(arena, bytes, 8);
    if (bytes)
        memcpy(to, from, bytes);
    return to;
}

static FrontSmall *slot(const FrontModule *fm, u32 func)
{
    return &fm->small[func - fm->m->n_imported_funcs];
}

const WasmBodyInfo *front_small_body(const FrontModule *fm, u32 func)
{
    if (!fm->small)
        return NULL;
    const WasmBodyInfo *known = atomic_load_explicit(slot(fm, func), memory_order_acquire);
    return known == &not_small ? NULL : known;
}

/* Two threads may do this at once for one function: what they note is the same. */
void front_note_body(const FrontModule *fm, Arena *keep, const WasmBodyInfo *info)
{
    if (!fm->small)
        return;
    const WasmBodyInfo *known = &not_small;
    if (is_small(fm, info)) {
        WasmBodyInfo *kept = copy(keep, info, sizeof *info);
        kept->runs = copy(keep, info->runs, info->n_runs * sizeof *info->runs);
        kept->flat = copy(keep, info->flat, info->n_flat * sizeof *info->flat);
        kept->constructs =
            copy(keep, info->constructs, info->n_constructs * sizeof *info->constructs);
        kept->callees = copy(keep, info->callees, info->n_callees * sizeof *info->callees);
        kept->assigned = NULL; /* lists are for functions with more locals */
        known = kept;
    }
    atomic_store_explicit(slot(fm, info->func), known, memory_order_release);
}

/* The side table of a function that has at most so many operators, and may be inlined. */
static const WasmBodyInfo *small_body(Front *w, u32 func, u32 max_ops)
{
    const FrontModule *fm = w->fm;
    const WasmBody *body = wasm_func_body(w->m, func);
    if (body->end - body->start > (u64)max_ops * BYTES_PER_OP)
        return NULL;
    if (!atomic_load_explicit(slot(fm, func), memory_order_acquire)) {
        Diag diag = {0};
        WasmBodyInfo info;
        if (wasm_validate_func(w->inliner->validator, w->m, func, &info, &diag))
            front_note_body(fm, w->inliner->keep, &info);
        else if (diag.is_oom)
            longjmp(*w->arena->on_oom, 1);
        else
            atomic_store_explicit(slot(fm, func), &not_small, memory_order_release);
    }
    const WasmBodyInfo *info = front_small_body(fm, func);
    return info && info->n_ops <= max_ops ? info : NULL;
}

/* How often is the function open: as the one being built, or inlined into it? */
static u32 count_open(const Front *w, u32 func)
{
    u32 n = w->info->func == func;
    for (u32 i = 0; i < w->callers.len; i++)
        n += w->callers.at[i].info->func == func;
    return n;
}

/* What is called just before an unreachable reports an error: it is rare and does not return. */
static bool is_last(const Front *w) { return *w->reader.at == wasm_ops[WASM_OP_UNREACHABLE].code; }

/* Is the call in a loop, of the body being read or around the calls that lead to it? */
static bool is_in_loop(const Front *w)
{
    u32 construct = vec_last(&w->frames).construct;
    return w->is_called_in_loop ||
           (construct != WASM_NONE && w->info->constructs[construct].loop_depth);
}

static void enter(Front *w, const WasmBodyInfo *body)
{
    Caller caller = {
        .info = w->info,
        .reader = w->reader,
        .next_construct = w->next_construct,
        .first_local = w->first_local,
        .func_frame = w->func_frame,
        .call_src = w->call_src,
        .is_called_in_loop = w->is_called_in_loop,
    };
    w->is_called_in_loop = is_in_loop(w);
    vec_push(w->arena, &w->callers, caller);
    w->inlined_ops += body->n_ops;
    w->fuel = WASM_ENTRY_FUEL;
    w->info = body;
    w->reader = wasm_reader(w->m, body->code_start, body->code_end);
    w->next_construct = 0;
    w->call_src = w->b->src;
    w->first_local = w->locals.len;
    u32 nparams = body->type->n_params;
    w->stack.len -= nparams;
    vec_reserve(w->arena, &w->locals, body->n_locals);
    for (u32 i = 0; i < nparams; i++)
        w->locals.at[w->locals.len++] = w->stack.at[w->stack.len + i];
    front_zero_locals(w);
    control_begin_inlined(w);
}

bool inline_call(Front *w, u32 func)
{
    if (!w->fm->small || !w->inliner || func < w->m->n_imported_funcs ||
        w->callers.len == IR_MAX_INLINE_DEPTH || is_last(w))
        return false;
    u32 n_open = count_open(w, func);
    if (n_open > MAX_RECURSION)
        return false;
    const FrontOptions *options = &w->fm->options;
    u32 max_ops = n_open || is_in_loop(w) ? options->inline_loop_ops : options->inline_ops;
    const WasmBodyInfo *body = small_body(w, func, max_ops);
    if (!body || w->inlined_ops + body->n_ops > w->max_inlined_ops)
        return false;
    front_charge(w);
    enter(w, body);
    return true;
}

void inline_leave(Front *w)
{
    u32 n = w->info->type->n_results;
    if (w->b->cur != IR_NO_BLOCK)
        front_charge(w);
    for (u32 i = 0; i < n && w->b->cur != IR_NO_BLOCK; i++)
        gc_note_type(w, w->stack.at[w->stack.len - n + i], w->info->type->results[i]);
    w->fuel = 0;
    w->locals.len = w->first_local;
    const Caller *caller = &vec_pop(&w->callers);
    w->info = caller->info;
    w->reader = caller->reader;
    w->next_construct = caller->next_construct;
    w->first_local = caller->first_local;
    w->func_frame = caller->func_frame;
    w->call_src = caller->call_src;
    w->is_called_in_loop = caller->is_called_in_loop;
}

u32 inline_place(Front *w, u32 offset)
{
    vec_push(w->arena, &w->f->places, (IrPlace){offset, w->call_src});
    return IR_PLACE | (w->f->places.len - 1);
}
