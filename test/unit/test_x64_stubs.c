/* The runtime's stubs, run: values of random signatures go from C through the entry stub, guest
 * code, the cross-instance stub and the host stub to C, and results all the way back. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "isa/x64/abi.h"
#include "isa/x64/encode.h"
#include "vmabi/stubs.h"

#include "test.h"

#define CODE_BYTES (1u << 20)
#define MAX_VALS 40

typedef u64 (*Entry)(VmCtx *, void *code, VmVal *, VmActivation *);

/* A context with a memory, as vm_layout() places it. */
typedef struct Instance {
    VmCtx ctx;
    u8 pad[ALIGN_UP(sizeof(VmCtx), 16) - sizeof(VmCtx)];
    VmMemoryRef memory;
} Instance;

static u8 *code_page;
static size_t code_used;
static VmStore store;
static Instance a, b;
static VmFuncRef record_b, record_host;
static VmStubEnv env;
static u8 *trap_exit;
static VmActivation *current;

static void make_writable(void)
{
    check(mprotect(code_page, CODE_BYTES, PROT_READ | PROT_WRITE) == 0);
}
static void make_executable(void)
{
    check(mprotect(code_page, CODE_BYTES, PROT_READ | PROT_EXEC) == 0);
}

/* Room for the next piece of code; took() ends it. */
static u8 *room(void) { return code_page + code_used; }
static u8 *took(size_t n)
{
    u8 *at = code_page + code_used;
    check(n > 0);
    code_used = ALIGN_UP(code_used + n, 16);
    check(code_used < CODE_BYTES);
    return at;
}
static size_t left(void) { return CODE_BYTES - code_used; }

/* ---- the host ---- */

static struct {
    VmHostFunc func; /* first: the stub is given this address */
    VmStubSig sig;
    VmVal want[MAX_VALS], give[MAX_VALS];
    VmCtx *want_caller;
    void *trap;
    u32 calls;
    u32 bad;
    u64 rsp;
} the_host;

/* Bytes of a value that count; the rest of a VmVal is undefined. */
static size_t val_bytes(u8 type)
{
    return type == VM_TYPE_V128 ? 16
           : type == VM_TYPE_I32 || type == VM_TYPE_F32 || type == VM_TYPE_GCREF ? 4
                                                                                   : 8;
}

static void *host_call(VmHostFunc *self, VmCtx *caller, VmVal *vals)
{
    the_host.calls++;
    the_host.rsp = (u64)(uintptr_t)__builtin_frame_address(0);
    the_host.bad += self != &the_host.func || caller != the_host.want_caller;
    the_host.bad += (uintptr_t)__builtin_frame_address(0) % 16 != 0;
    for (u32 i = 0; i < the_host.sig.nparams; i++)
        the_host.bad += memcmp(&vals[i], &the_host.want[i], val_bytes(the_host.sig.params[i])) != 0;
    /* i32 come with whatever above them: the stub must not let it into a register */
    for (u32 i = 0; i < the_host.sig.nresults; i++)
        memcpy(&vals[i], &the_host.give[i], sizeof(VmVal));
    return the_host.trap;
}

static void *trap_seen;
static VmCtx *trap_caller;

static void host_trap(VmCtx *caller, void *trap)
{
    trap_caller = caller;
    trap_seen = trap;
    __asm__ volatile("mov %0, %%rsp; jmp *%1" : : "r"(current->sp), "r"(trap_exit));
    __builtin_unreachable();
}

/* ---- guest code, by hand ---- */

static u8 *guest_mov_record(u8 *out, const VmFuncRef *record)
{
    return x64_put_const(out, X64_R11, (u64)(uintptr_t)record);
}

static u8 *guest_jump(u8 *out, i32 field)
{
    X64Mem m = {.base = X64_R11, .index = X64_NO_REG, .disp = field};
    return x64_put(out, (X64Hand){.op = X64_JMP_M, .mem = &m});
}

/* A function that goes on as another one: its arguments and stack pass through. */
static u8 *make_jump_to(const VmFuncRef *record)
{
    u8 *at = guest_mov_record(room(), record);
    at = guest_jump(at, (i32)offsetof(VmFuncRef, cross));
    return took((size_t)(at - room()));
}

/* A function without parameters and results that calls another one and traps by ud2 if its context
 * or stack pointer came back different. */
static u8 *make_call_of(const VmFuncRef *record)
{
    u8 *out = room();
    X64Mem m = {.base = X64_R11, .index = X64_NO_REG, .disp = (i32)offsetof(VmFuncRef, cross)};
    out = x64_put(out, (X64Hand){.op = X64_PUSH_R, .nregs = 1, .regs = {X64_RBX}});
    out = x64_put(out, (X64Hand){.op = X64_PUSH_R, .nregs = 1, .regs = {X64_RBP}});
    out = x64_put(out, (X64Hand){.op = X64_PUSH_R, .nregs = 1, .regs = {X64_RBP}});
    out = x64_put(out, (X64Hand){.op = X64_MOV_RR, .width = 8, .nregs = 2,
                                 .regs = {X64_R15, X64_RBX}});
    out = x64_put(out, (X64Hand){.op = X64_MOV_RR, .width = 8, .nregs = 2,
                                 .regs = {X64_RSP, X64_RBP}});
    out = guest_mov_record(out, record);
    out = x64_put(out, (X64Hand){.op = X64_CALL_M, .mem = &m});
    out = x64_put(out, (X64Hand){.op = X64_CMP_RR, .width = 8, .nregs = 2,
                                 .regs = {X64_R15, X64_RBX}});
    memcpy(out, "\x74\x02\x0f\x0b", 4); /* je +2; ud2 */
    out = x64_put(out + 4, (X64Hand){.op = X64_CMP_RR, .width = 8, .nregs = 2,
                                     .regs = {X64_RSP, X64_RBP}});
    memcpy(out, "\x74\x02\x0f\x0b", 4);
    out = x64_put(out + 4, (X64Hand){.op = X64_POP_R, .nregs = 1, .regs = {X64_RBP}});
    out = x64_put(out, (X64Hand){.op = X64_POP_R, .nregs = 1, .regs = {X64_RBP}});
    out = x64_put(out, (X64Hand){.op = X64_POP_R, .nregs = 1, .regs = {X64_RBX}});
    out = x64_put(out, (X64Hand){.op = X64_RET_PLAIN});
    return took((size_t)(out - room()));
}

/* ---- set-up ---- */

static u64 seed = 1;
static u32 rnd(u32 below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (u32)(seed >> 33) % below;
}

static void fill(VmVal *v, u32 n)
{
    for (u32 i = 0; i < n; i++)
        for (u32 k = 0; k < 16; k++)
            v[i].v128[k] = (u8)rnd(256);
}

static void start(bool use_gs)
{
    size_t off;
    make_writable();
    code_used = 0;
    env = (VmStubEnv){.use_gs = use_gs, .host_trap = (void *)(uintptr_t)host_trap};
    u8 *shared = took(x64_stub_maker.restore(room(), left(), &env, &off));
    env.cross_call = shared;
    env.restore = shared + off;
    trap_exit = took(x64_stub_maker.trap_exit(room(), left(), &env));
    store = (VmStore){.stack_limit = 0x1234};
    a.ctx = (VmCtx){.store = &store};
    b.ctx = (VmCtx){.store = &store};
    a.memory.base = (u8 *)0x11110000;
    b.memory.base = (u8 *)0x22220000;
    the_host.func.call = host_call;
    the_host.calls = the_host.bad = 0;
    the_host.trap = NULL;
    the_host.want_caller = &b.ctx;
    trap_seen = NULL;
}

/* A: jumps to B through `cross`; B: jumps to the host. */
static u8 *make_chain(const VmStubSig *sig)
{
    the_host.sig = *sig;
    record_host = (VmFuncRef){.vmctx = &the_host.func};
    record_host.cross = took(x64_stub_maker.host(room(), left(), sig, &env));
    record_b = (VmFuncRef){.vmctx = &b.ctx};
    record_b.cross = took(x64_stub_maker.cross(room(), left(), sig, &env));
    record_b.code = make_jump_to(&record_host);
    return make_jump_to(&record_b);
}

static u64 enter(Entry entry, void *code, VmVal *vals)
{
    VmActivation act = {.store = &store};
    current = &act;
    return entry(&a.ctx, code, vals, &act);
}

static u64 read_gs(void)
{
    u64 base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

/* ---- tests ---- */

static const u8 all_types[] = {VM_TYPE_I32, VM_TYPE_I64, VM_TYPE_F32, VM_TYPE_F64, VM_TYPE_V128,
                               VM_TYPE_REF, VM_TYPE_GCREF};

static void one_signature(bool use_gs, u32 nparams, u32 nresults, u32 ntypes)
{
    u8 params[MAX_VALS], results[MAX_VALS];
    VmVal vals[MAX_VALS];
    for (u32 i = 0; i < nparams; i++)
        params[i] = all_types[rnd(ntypes)];
    for (u32 i = 0; i < nresults; i++)
        results[i] = all_types[rnd(ntypes)];
    VmStubSig sig = {params, results, nparams, nresults};
    start(use_gs);
    u8 *code = make_chain(&sig);
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    fill(the_host.want, MAX_VALS);
    fill(the_host.give, MAX_VALS);
    memcpy(vals, the_host.want, sizeof vals);
    EXPECT_U64(enter(entry, code, vals), 0);
    EXPECT_U64(the_host.calls, 1);
    EXPECT_U64(the_host.bad, 0);
    for (u32 i = 0; i < nresults; i++)
        EXPECT(memcmp(&vals[i], &the_host.give[i], val_bytes(results[i])) == 0);
    for (u32 i = 0; i < nresults; i++)
        if (results[i] == VM_TYPE_I32)
            EXPECT(load_u64(&vals[i]) == the_host.give[i].i32); /* upper half cleared on the way */
    EXPECT(a.ctx.stack_limit == 0x1234 && b.ctx.stack_limit == 0x1234);
}

static void all_signatures(bool use_gs)
{
    for (u32 n = 0; n < 12; n++)
        for (u32 r = 0; r < 12; r++)
            one_signature(use_gs, n, r, ARRAY_LEN(all_types));
    for (u32 k = 0; k < 150; k++)
        one_signature(use_gs, rnd(MAX_VALS), rnd(MAX_VALS), 1 + rnd(ARRAY_LEN(all_types)));
}

static void values_pass(void) { all_signatures(false); }

static void values_pass_with_gs(void)
{
    if (!(x64_cpu_features() & X64_HAS(FSGSBASE)))
        SKIP("no FSGSBASE");
    u64 before = read_gs();
    all_signatures(true);
    EXPECT_U64(read_gs(), before);
}

/* exit_sp points at the return address in guest code: here into the restore stub, since A and B
 * jump; it is what a backtrace starts from. */
static void host_stub_leaves_a_trace(void)
{
    VmStubSig sig = {0};
    start(false);
    u8 *code = make_chain(&sig);
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    EXPECT_U64(enter(entry, code, NULL), 0);
    u64 *frame = (u64 *)store.exit_sp;
    EXPECT(frame[0] == (u64)(uintptr_t)env.restore);
    EXPECT(frame[VM_RESTORE_FRAME_R15 / 8] == (u64)(uintptr_t)&a.ctx);
    EXPECT(frame[VM_RESTORE_FRAME_ARGS / 8] == 0);
    u64 back = frame[VM_RESTORE_FRAME_BYTES / 8];
    EXPECT(back > (u64)(uintptr_t)(void *)entry && back < (u64)(uintptr_t)room());
}

static void calls_return_to_their_context(void)
{
    VmStubSig sig = {0};
    start(false);
    make_chain(&sig);
    u8 *code = make_call_of(&record_b);
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    EXPECT_U64(enter(entry, code, NULL), 0);
    EXPECT_U64(the_host.calls, 1);
}

/* A and B jump to each other 100000 times: one restore frame serves them all. The counter is the
 * first parameter; stack arguments make the stub that copies them. */
static void tail_calls_need_no_stack(u32 nparams)
{
    u8 params[MAX_VALS];
    VmVal vals[MAX_VALS];
    VmFuncRef record_a;
    memset(params, VM_TYPE_I64, sizeof params);
    VmStubSig sig = {params, params, nparams, 1};
    start(false);
    make_chain(&sig);
    record_a = (VmFuncRef){.vmctx = &a.ctx, .cross = record_b.cross};
    /* sub rdi, 1; je end; mov r11, record of the other; jmp [r11 + cross]; end: to the host */
    u8 *entries[2];
    for (u32 i = 0; i < 2; i++) {
        u8 *out = room();
        out = x64_put(out, (X64Hand){.op = X64_SUB_RI, .width = 8, .nregs = 2,
                                     .regs = {X64_RDI, X64_RDI}, .imm = 1});
        u8 *je = out;
        memcpy(out, "\x74\x00", 2);
        out = guest_mov_record(out + 2, i ? &record_a : &record_b);
        out = guest_jump(out, (i32)offsetof(VmFuncRef, cross));
        je[1] = (u8)(out - (je + 2));
        out = guest_mov_record(out, &record_host);
        out = guest_jump(out, (i32)offsetof(VmFuncRef, cross));
        entries[i] = took((size_t)(out - room()));
    }
    record_a.code = entries[0];
    record_b.code = entries[1];
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    fill(the_host.want, MAX_VALS);
    memcpy(vals, the_host.want, sizeof vals);
    vals[0].i64 = 2;
    the_host.want[0].i64 = 0;
    the_host.give[0].i64 = 77;
    EXPECT_U64(enter(entry, entries[0], vals), 0);
    u64 rsp_short = the_host.rsp;
    memcpy(vals, the_host.want, sizeof vals);
    vals[0].i64 = 100000;
    EXPECT_U64(enter(entry, entries[0], vals), 0);
    EXPECT_U64(vals[0].i64, 77);
    EXPECT_U64(the_host.rsp, rsp_short);
    EXPECT_U64(the_host.bad, 0);
}

static void tail_calls_in_registers_need_no_stack(void) { tail_calls_need_no_stack(3); }
static void tail_calls_with_stack_arguments_need_no_stack(void) { tail_calls_need_no_stack(13); }

static void traps_unwind(bool use_gs)
{
    VmStubSig sig = {0};
    start(use_gs);
    u8 *code = make_chain(&sig);
    u8 *outer = make_call_of(&record_b);
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    int object;
    the_host.trap = &object;
    EXPECT_U64(enter(entry, code, NULL), 1);
    EXPECT(trap_seen == &object && trap_caller == &b.ctx);
    EXPECT_U64(enter(entry, outer, NULL), 1);
    EXPECT_U64(the_host.bad, 0);
}

static void traps_unwind_to_the_entry(void) { traps_unwind(false); }

static void traps_unwind_with_gs(void)
{
    if (!(x64_cpu_features() & X64_HAS(FSGSBASE)))
        SKIP("no FSGSBASE");
    u64 before = read_gs();
    traps_unwind(true);
    EXPECT_U64(read_gs(), before);
}

/* ---- libcalls ---- */

static u64 libcall_args[6];
static u64 plain_libcall(VmCtx *ctx, u64 x, u64 y)
{
    libcall_args[0] = (u64)(uintptr_t)ctx;
    libcall_args[1] = x;
    libcall_args[2] = y;
    return 99;
}

static void libcalls_store_exit_sp(void)
{
    VmStubSig sig = {0};
    start(false);
    u8 params[] = {VM_TYPE_I64, VM_TYPE_I64, VM_TYPE_I64}, results[] = {VM_TYPE_I64};
    sig = (VmStubSig){params, results, 3, 1};
    /* The first argument is a placeholder: C has the context there. */
    u8 *out = room();
    void *fn = took(x64_stub_maker.libcall(room(), left(), VM_LIBCALL_MEMORY_GROW,
                                           (void *)(uintptr_t)plain_libcall));
    out = room();
    out = x64_put(out, (X64Hand){.op = X64_MOV_RR, .width = 8, .nregs = 2,
                                 .regs = {X64_R15, X64_RDI}});
    out = x64_put_const(out, X64_R11, (u64)(uintptr_t)fn);
    out = x64_put(out, (X64Hand){.op = X64_JMP_R, .nregs = 1, .regs = {X64_R11}});
    u8 *code = took((size_t)(out - room()));
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    VmVal vals[3];
    memset(vals, 0, sizeof vals);
    vals[1].i64 = 5;
    vals[2].i64 = 6;
    EXPECT_U64(enter(entry, code, vals), 0);
    EXPECT(libcall_args[0] == (u64)(uintptr_t)&a.ctx);
    EXPECT(libcall_args[1] == 5 && libcall_args[2] == 6);
    EXPECT_U64(vals[0].i64, 99);
    u64 back = *(u64 *)store.exit_sp;
    EXPECT(back > (u64)(uintptr_t)(void *)entry && back < (u64)(uintptr_t)room());
}

static void ruin_registers(void)
{
    __asm__ volatile("mov $-1, %%rax; mov %%rax, %%rcx; mov %%rax, %%rdx; mov %%rax, %%rsi;"
                     "mov %%rax, %%rdi; mov %%rax, %%r8; mov %%rax, %%r9; mov %%rax, %%r10;"
                     "mov %%rax, %%r11; movq %%rax, %%xmm0; movq %%rax, %%xmm1; movq %%rax, %%xmm7;"
                     "movq %%rax, %%xmm8; movq %%rax, %%xmm14; movq %%rax, %%xmm15"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1",
                       "xmm7", "xmm8", "xmm14", "xmm15");
}

static u32 polls;
static void poll_libcall(VmCtx *ctx)
{
    polls += ctx == &a.ctx && (uintptr_t)__builtin_frame_address(0) % 16 == 0;
    ruin_registers();
}

/* Parameters in all registers are still there after an EPOCH call in front of the host call. */
static void polls_keep_registers(void)
{
    u8 params[16];
    for (u32 i = 0; i < 16; i++)
        params[i] = i < 8 ? VM_TYPE_I64 : VM_TYPE_V128;
    VmStubSig sig = {params, NULL, 16, 0};
    start(false);
    the_host.want_caller = &a.ctx;
    make_chain(&sig);
    void *fn = took(x64_stub_maker.libcall(room(), left(), VM_LIBCALL_EPOCH,
                                           (void *)(uintptr_t)poll_libcall));
    u8 *out = room();
    out = x64_put(out, (X64Hand){.op = X64_PUSH_R, .nregs = 1, .regs = {X64_RBX}});
    out = x64_put_const(out, X64_RBX, (u64)(uintptr_t)fn);
    out = x64_put(out, (X64Hand){.op = X64_CALL_R, .nregs = 1, .regs = {X64_RBX}});
    out = x64_put(out, (X64Hand){.op = X64_POP_R, .nregs = 1, .regs = {X64_RBX}});
    out = guest_mov_record(out, &record_host);
    out = guest_jump(out, (i32)offsetof(VmFuncRef, cross));
    u8 *code = took((size_t)(out - room()));
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    VmVal vals[MAX_VALS];
    fill(the_host.want, MAX_VALS);
    memcpy(vals, the_host.want, sizeof vals);
    polls = 0;
    EXPECT_U64(enter(entry, code, vals), 0);
    EXPECT_U64(polls, 1);
    EXPECT_U64(the_host.calls, 1);
    EXPECT_U64(the_host.bad, 0);
}

/* ---- landing ---- */

static VmLanding landing;
static void (*land)(const VmLanding *);
static u32 unwinds;

/* Gets the guest's registers, and goes on at the pad with others, in the other context. */
static void unwind_libcall(VmCtx *ctx, const u64 *saved)
{
    unwinds += ctx == &a.ctx && (uintptr_t)__builtin_frame_address(0) % 16 == 0;
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++) {
        unwinds += saved[i] == 100 + i;
        landing.saved[i] = saved[i] * 2;
    }
    landing.ctx = (u64)(uintptr_t)&b.ctx;
    landing.sp = store.exit_sp + 8;
    land(&landing);
}

static void landing_sets_all(void)
{
    static const u8 shown[] = {X64_RAX, X64_RDX, X64_RCX, X64_RSI, X64_RDI};
    u8 results[6];
    memset(results, VM_TYPE_I64, sizeof results);
    VmStubSig sig = {NULL, results, 0, 6};
    start(false);
    void *fn = took(x64_stub_maker.libcall(room(), left(), VM_LIBCALL_UNWIND,
                                           (void *)(uintptr_t)unwind_libcall));
    land = (void (*)(const VmLanding *))(uintptr_t)took(
        x64_stub_maker.land(room(), left(), &env));
    u8 *out = room();
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++) /* an odd number: the stack is aligned */
        out = x64_put(out, (X64Hand){.op = X64_PUSH_R, .nregs = 1, .regs = {x64_saved[i]}});
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++)
        out = x64_put_const(out, x64_saved[i], 100 + i);
    out = x64_put_const(out, X64_R11, (u64)(uintptr_t)fn);
    out = x64_put(out, (X64Hand){.op = X64_CALL_R, .nregs = 1, .regs = {X64_R11}});
    memcpy(out, "\x0f\x0b", 2); /* ud2: it does not return */
    out += 2;
    landing.pc = (u64)(uintptr_t)out;
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++)
        out = x64_put(out, (X64Hand){.op = X64_MOV_RR, .width = 8, .nregs = 2,
                                     .regs = {x64_saved[i], shown[i]}});
    out = x64_put(out, (X64Hand){.op = X64_MOV_RR, .width = 8, .nregs = 2,
                                 .regs = {X64_R15, X64_R8}});
    for (u32 i = ARRAY_LEN(x64_saved); i-- > 0;)
        out = x64_put(out, (X64Hand){.op = X64_POP_R, .nregs = 1, .regs = {x64_saved[i]}});
    out = x64_put(out, (X64Hand){.op = X64_RET_PLAIN});
    u8 *code = took((size_t)(out - room()));
    Entry entry = (Entry)(uintptr_t)took(x64_stub_maker.entry(room(), left(), &sig, &env));
    make_executable();
    VmVal vals[6];
    unwinds = 0;
    EXPECT_U64(enter(entry, code, vals), 0);
    EXPECT_U64(unwinds, 1 + ARRAY_LEN(x64_saved));
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++)
        EXPECT_U64(vals[i].i64, 200 + 2 * i);
    EXPECT_U64(vals[5].i64, (u64)(uintptr_t)&b.ctx);
}

/* A buffer too small by any amount is refused and not overrun. */
static void small_buffers_are_refused(void)
{
    u8 params[10];
    memset(params, VM_TYPE_V128, sizeof params);
    VmStubSig sig = {params, params, 10, 10};
    u8 buf[2048];
    start(false);
    size_t need = x64_stub_maker.host(buf, sizeof buf, &sig, &env);
    EXPECT(need > 0 && need <= vm_stub_bytes(&sig));
    for (size_t cap = 0; cap < need; cap += 3) {
        memset(buf, 0xcc, sizeof buf);
        EXPECT_U64(x64_stub_maker.host(buf, cap, &sig, &env), 0);
        EXPECT_U64(buf[cap], 0xcc);
    }
    EXPECT(x64_stub_maker.libcall(buf, sizeof buf, VM_LIBCALL_EPOCH, buf) <= vm_stub_bytes(NULL));
    EXPECT(x64_stub_maker.entry(buf, sizeof buf, &sig, &env) <= vm_stub_bytes(&sig));
    EXPECT(x64_stub_maker.cross(buf, sizeof buf, &sig, &env) <= vm_stub_bytes(&sig));
}

int main(void)
{
    code_page = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(code_page != MAP_FAILED);
    TEST(values_pass);
    TEST(values_pass_with_gs);
    TEST(host_stub_leaves_a_trace);
    TEST(calls_return_to_their_context);
    TEST(tail_calls_in_registers_need_no_stack);
    TEST(tail_calls_with_stack_arguments_need_no_stack);
    TEST(traps_unwind_to_the_entry);
    TEST(traps_unwind_with_gs);
    TEST(libcalls_store_exit_sp);
    TEST(polls_keep_registers);
    TEST(landing_sets_all);
    TEST(small_buffers_are_refused);
    return test_end();
}
