/* Operators around their operands, without recursion.
 *
 * An operator and the operands folded into it cover a row of operators that ends with it. So the
 * first walk only has to note for each operator which others begin with it, outermost first; the
 * second one goes along and prints what begins, the operator itself, and what ends.
 *
 * Any grouping means the same, since the order of operators is kept. Operands are folded as long as
 * each gives values and all of them are used; so arities of unreachable code need not be exact.
 */
#include "wat/print_int.h"

/* Rows of at most so many operators are one line. */
#define ONE_LINE 4

typedef struct Node {
    u32 at;     /* offset of the operator */
    u32 begins; /* the outermost of the nodes that begin here, plus one; 0: none */
    u32 inner;  /* the next of those that begin where this one does, likewise */
    u32 label : 31; /* constructs: how many stand before it */
    u32 is_tall : 1; /* has a construct inside, or is one */
} Node;

typedef struct Operand {
    u32 start; /* node it begins with */
    u32 n_values;
    bool is_tall;
} Operand;

/* A construct that is open. */
typedef struct Open {
    u32 start;
    u32 n_operands; /* of Fold.operands where it begins */
    u32 n_results;
    u32 n_label;    /* values a branch to it takes */
} Open;

typedef struct Fold {
    Printer *p;
    VEC(Node) nodes;
    VEC(Operand) operands;
    VEC(Open) opens; /* the first is the body's */
    u32 n_labels;
} Fold;

static bool is_construct(WasmOp op)
{
    WasmImm imm = (WasmImm)wasm_ops[op].imm;
    return imm == WASM_IMM_BLOCK || imm == WASM_IMM_TRY_TABLE;
}

/* ---- arities ---- */

typedef struct Arity {
    u32 pops, pushes;
} Arity;

static Arity of_signature(const char *sig)
{
    const char *colon = strchr(sig, ':');
    return (Arity){(u32)(colon - sig), (u32)strlen(colon + 1)};
}

static Arity of_call(const WasmFuncType *type, u32 more, bool is_tail)
{
    return (Arity){type->n_params + more, is_tail ? 0 : type->n_results};
}

static u32 label_arity(const Fold *f, u32 label)
{
    return f->opens.at[f->opens.len - 1 - label].n_label;
}

static Arity of_br_table(const Fold *f, WasmReader r)
{
    for (u32 count = wasm_read_u32(&r); count; count--)
        (void)wasm_read_u32(&r);
    return (Arity){label_arity(f, wasm_read_u32(&r)) + 1, 0};
}

static Arity of_new_fixed(WasmReader r)
{
    (void)wasm_read_u32(&r);
    return (Arity){wasm_read_u32(&r), 1};
}

/* Operators whose arity depends on what they name; false: it does not. */
static bool arity_of_named(const Fold *f, WasmReader r, WasmOp op, Arity *out)
{
    const WasmModule *m = f->p->m;
    WasmReader again = r;
    u32 n, first = wasm_ops[op].imm == WASM_IMM_NONE ? 0 : wasm_read_u32(&again);
    switch (op) {
    case WASM_OP_BR: *out = (Arity){label_arity(f, first), 0}; break;
    case WASM_OP_BR_IF:
        n = label_arity(f, first);
        *out = (Arity){n + 1, n};
        break;
    case WASM_OP_BR_ON_NULL:
        n = label_arity(f, first);
        *out = (Arity){n + 1, n + 1};
        break;
    case WASM_OP_BR_ON_NON_NULL:
        n = label_arity(f, first);
        *out = (Arity){n, n - 1};
        break;
    case WASM_OP_BR_ON_CAST:
    case WASM_OP_BR_ON_CAST_FAIL:
        r.at++;
        n = label_arity(f, wasm_read_u32(&r));
        *out = (Arity){n, n};
        break;
    case WASM_OP_BR_TABLE: *out = of_br_table(f, r); break;
    case WASM_OP_RETURN: *out = (Arity){f->opens.at[0].n_label, 0}; break;
    case WASM_OP_CALL:
    case WASM_OP_RETURN_CALL:
        *out = of_call(wasm_type_of_func(m, first), 0, op == WASM_OP_RETURN_CALL);
        break;
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_CALL_REF:
        *out = of_call(&m->types[first].func, 1, false);
        break;
    case WASM_OP_RETURN_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL_REF:
        *out = of_call(&m->types[first].func, 1, true);
        break;
    case WASM_OP_THROW: *out = (Arity){wasm_type_of_tag(m, first)->n_params, 0}; break;
    case WASM_OP_STRUCT_NEW: *out = (Arity){m->types[first].n_fields, 1}; break;
    case WASM_OP_ARRAY_NEW_FIXED: *out = of_new_fixed(r); break;
    default: return false;
    }
    return true;
}

/* The others that ops.def has no signature of. */
static Arity arity_of_special(WasmOp op)
{
    switch (op) {
    case WASM_OP_LOCAL_GET:
    case WASM_OP_GLOBAL_GET:
    case WASM_OP_TABLE_SIZE:
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_FUNC:
    case WASM_OP_STRUCT_NEW_DEFAULT: return (Arity){0, 1};
    case WASM_OP_DROP:
    case WASM_OP_LOCAL_SET:
    case WASM_OP_GLOBAL_SET:
    case WASM_OP_THROW_REF: return (Arity){1, 0};
    case WASM_OP_TABLE_SET:
    case WASM_OP_STRUCT_SET: return (Arity){2, 0};
    case WASM_OP_REF_EQ:
    case WASM_OP_TABLE_GROW:
    case WASM_OP_ARRAY_NEW:
    case WASM_OP_ARRAY_NEW_DATA:
    case WASM_OP_ARRAY_NEW_ELEM:
    case WASM_OP_ARRAY_GET:
    case WASM_OP_ARRAY_GET_S:
    case WASM_OP_ARRAY_GET_U: return (Arity){2, 1};
    case WASM_OP_SELECT:
    case WASM_OP_SELECT_T: return (Arity){3, 1};
    case WASM_OP_TABLE_FILL:
    case WASM_OP_TABLE_COPY:
    case WASM_OP_TABLE_INIT:
    case WASM_OP_MEMORY_COPY:
    case WASM_OP_ARRAY_SET: return (Arity){3, 0};
    case WASM_OP_ARRAY_FILL:
    case WASM_OP_ARRAY_INIT_DATA:
    case WASM_OP_ARRAY_INIT_ELEM: return (Arity){4, 0};
    case WASM_OP_ARRAY_COPY: return (Arity){5, 0};
    case WASM_OP_UNREACHABLE:
    case WASM_OP_RETHROW: return (Arity){0, 0};
    default: return (Arity){1, 1}; /* what reads, tests, casts or converts one reference */
    }
}

static Arity arity_of(const Fold *f, const WasmReader *r, WasmOp op)
{
    Arity arity;
    const char *sig = wasm_ops[op].sig;
    if (*sig != '*')
        return of_signature(sig);
    return arity_of_named(f, *r, op, &arity) ? arity : arity_of_special(op);
}

/* ---- the first walk: what begins where ---- */

/* Folds operands for this many values into the node that is added next. */
static Operand take_operands(Fold *f, u32 pops)
{
    Operand taken = {.start = f->nodes.len};
    u32 floor = vec_last(&f->opens).n_operands;
    while (pops && f->operands.len > floor) {
        Operand last = vec_last(&f->operands);
        if (!last.n_values || last.n_values > pops)
            break;
        f->operands.len--;
        pops -= last.n_values;
        taken.start = last.start;
        taken.is_tall |= last.is_tall;
    }
    return taken;
}

/* Has the newest node begin where an operand does. */
static void begin_node(Fold *f, const Operand *taken)
{
    u32 number = f->nodes.len - 1;
    Node *first = &f->nodes.at[taken->start], *node = &f->nodes.at[number];
    node->is_tall = taken->is_tall;
    node->inner = first->begins;
    first->begins = number + 1;
}

static void plan_construct(Fold *f, WasmReader r, u32 at, WasmOp op)
{
    Printer *p = f->p;
    WasmBlockType type = wasm_read_block_type(&r, p->m);
    WasmFuncType sig = wasm_block_sig(p->m, &type);
    Operand taken = take_operands(f, op == WASM_OP_IF ? sig.n_params + 1 : 0);
    taken.is_tall = true;
    vec_push(&p->scratch, &f->nodes, (Node){.at = at, .label = f->n_labels++ & 0x7FFFFFFF});
    begin_node(f, &taken);
    vec_push(&p->scratch, &f->opens,
             (Open){.start = taken.start,
                    .n_operands = f->operands.len,
                    .n_results = sig.n_results,
                    .n_label = op == WASM_OP_LOOP ? sig.n_params : sig.n_results});
}

static void plan_end(Fold *f)
{
    Open open = vec_pop(&f->opens);
    f->operands.len = open.n_operands;
    vec_push(&f->p->scratch, &f->operands, (Operand){open.start, open.n_results, true});
}

static void plan_plain(Fold *f, const WasmReader *r, u32 at, WasmOp op)
{
    Arity arity = arity_of(f, r, op);
    Operand taken = take_operands(f, arity.pops);
    vec_push(&f->p->scratch, &f->nodes, (Node){.at = at});
    begin_node(f, &taken);
    taken.n_values = arity.pushes;
    vec_push(&f->p->scratch, &f->operands, taken);
}

/* r is left behind the end. */
static void plan(Fold *f, WasmReader *r)
{
    Printer *p = f->p;
    for (;;) {
        u32 at = wasm_reader_offset(r, p->m);
        WasmOp op = wasm_read_op(r);
        bool ends = op == WASM_OP_END || op == WASM_OP_DELEGATE;
        bool divides = op == WASM_OP_ELSE || op == WASM_OP_CATCH || op == WASM_OP_CATCH_ALL;
        if (is_construct(op))
            plan_construct(f, *r, at, op);
        else if (ends || divides)
            vec_push(&p->scratch, &f->nodes, (Node){.at = at});
        else
            plan_plain(f, r, at, op);
        wasm_skip_immediates(r, op);
        if (ends && f->opens.len == 1)
            return;
        if (ends)
            plan_end(f);
        if (divides)
            f->operands.len = vec_last(&f->opens).n_operands;
    }
}

/* ---- the second walk ---- */

#define NO_NODE UINT32_MAX

typedef struct Page {
    Printer *p;
    const Fold *f;
    u32 depth;
    u32 line_of; /* the node that is being printed in one line, or NO_NODE */
    VEC(WasmOp) constructs; /* the open ones */
} Page;

static void begin_line(Page *g, u32 number, u32 first)
{
    const Node *node = &g->f->nodes.at[number];
    if (g->line_of != NO_NODE) {
        sb_putc(g->p->out, ' ');
        return;
    }
    print_line(g->p, g->depth, g->f->nodes.at[first].at);
    if (!node->is_tall && number - first < ONE_LINE)
        g->line_of = number;
}

/* What stands before the operands of a node. */
static void open_node(Page *g, u32 number, u32 first)
{
    const Node *node = &g->f->nodes.at[number];
    WasmReader r = wasm_reader(g->p->m, node->at, g->p->m->size);
    WasmOp op = wasm_read_op(&r);
    begin_line(g, number, first);
    print_hint(g->p, node->at);
    sb_putc(g->p->out, '(');
    put(g->p, wasm_op_name(op));
    g->p->n_labels = node->label;
    print_operands(g->p, &r, op);
    if (is_construct(op))
        print_label_comment(g->p);
    g->depth++;
}

/* A part of an if or try: its closing parenthesis has a line of its own. */
static void open_part(Page *g, u32 at, const char *word)
{
    print_line(g->p, g->depth++, at);
    sb_putc(g->p->out, '(');
    put(g->p, word);
}

static void close_part(Page *g, u32 at)
{
    print_line(g->p, --g->depth, at);
    sb_putc(g->p->out, ')');
}

static void enter_construct(Page *g, u32 number, WasmOp op)
{
    const Node *node = &g->f->nodes.at[number];
    g->p->n_labels = node->label;
    print_open_label(g->p);
    vec_push(&g->p->scratch, &g->constructs, op);
    if (op == WASM_OP_IF || op == WASM_OP_TRY)
        open_part(g, node->at, op == WASM_OP_IF ? "then" : "do");
}

/* else, catch, catch_all, delegate: the part before it ends. */
static void divide_construct(Page *g, WasmReader *r, u32 at, WasmOp op)
{
    close_part(g, at);
    if (op == WASM_OP_DELEGATE)
        print_close_label(g->p);
    open_part(g, at, wasm_op_name(op));
    print_operands(g->p, r, op);
    if (op == WASM_OP_DELEGATE) {
        g->depth--;
        sb_putc(g->p->out, ')');
    }
}

static void leave_construct(Page *g, u32 at, WasmOp op)
{
    WasmOp construct = vec_pop(&g->constructs);
    if (op == WASM_OP_END) {
        print_close_label(g->p);
        if (construct == WASM_OP_IF || construct == WASM_OP_TRY)
            close_part(g, at);
    }
    close_part(g, at);
}

/* False behind the last one. */
static bool print_node(Page *g, u32 number)
{
    const Node *node = &g->f->nodes.at[number];
    WasmReader r = wasm_reader(g->p->m, node->at, g->p->m->size);
    WasmOp op = wasm_read_op(&r);
    for (u32 n = node->begins; n; n = g->f->nodes.at[n - 1].inner)
        open_node(g, n - 1, number);
    if (is_construct(op)) {
        enter_construct(g, number, op);
    } else if (op == WASM_OP_ELSE || op == WASM_OP_CATCH || op == WASM_OP_CATCH_ALL) {
        divide_construct(g, &r, node->at, op);
    } else if (op == WASM_OP_END || op == WASM_OP_DELEGATE) {
        if (!g->constructs.len)
            return false;
        if (op == WASM_OP_DELEGATE)
            divide_construct(g, &r, node->at, op);
        leave_construct(g, node->at, op);
    } else {
        g->depth--;
        sb_putc(g->p->out, ')');
        if (g->line_of == number)
            g->line_of = NO_NODE;
    }
    return true;
}

/* Leaves scratch memory to the caller. */
static void fold(Printer *p, WasmReader *r, u32 n_results, bool is_one_line)
{
    Fold f = {.p = p};
    vec_push(&p->scratch, &f.opens, (Open){.n_label = n_results});
    plan(&f, r);
    Page g = {.p = p, .f = &f, .depth = 2, .line_of = is_one_line ? NO_NODE - 1 : NO_NODE};
    for (u32 i = 0; print_node(&g, i); i++)
        ;
    p->n_labels = f.n_labels;
}

void print_folded_body(Printer *p, WasmReader *r)
{
    fold(p, r, wasm_type_of_func(p->m, p->func)->n_results, false);
}

void print_const(Printer *p, WasmReader *r)
{
    ArenaMark mark = arena_mark(&p->scratch);
    fold(p, r, 1, true);
    arena_release(&p->scratch, mark);
}
