/* The runtime's stubs; what each does and why stands in docs/vmabi.md. Written with the encoder's
 * hand-made form: put_m(s, OP, WIDTH, REG, BASE, DISP) is an instruction with memory. */
#include "isa/x64/abi.h"
#include "isa/x64/encode.h"
#include "mach/abi.h"

_Static_assert(VM_TYPE_I32 == (int)IR_I32 && VM_TYPE_I64 == (int)IR_I64 &&
                   VM_TYPE_F32 == (int)IR_F32 && VM_TYPE_F64 == (int)IR_F64 &&
                   VM_TYPE_V128 == (int)IR_V128 && VM_TYPE_REF == (int)IR_REF &&
                   VM_TYPE_GCREF == (int)IR_GCREF,
               "VmType is IrType");
_Static_assert(sizeof(VmVal) == MACH_RESULT_BYTES, "results in memory are VmVal");

#define CTX(field) ((i32)offsetof(VmCtx, field))
#define STORE(field) ((i32)offsetof(VmStore, field))
#define RECORD(field) ((i32)offsetof(VmFuncRef, field))
/* Where the base of memory 0 is in a context that has one. */
#define CTX_MEMORY0 ((i32)ALIGN_UP(sizeof(VmCtx), 16))

/* ---- writing ---- */

typedef struct Stub {
    u8 *start, *at, *end;
    bool full; /* it did not fit */
} Stub;

static void add(Stub *s, const u8 *bytes, size_t n)
{
    if ((size_t)(s->end - s->at) < n) {
        s->full = true;
        return;
    }
    memcpy(s->at, bytes, n);
    s->at += n;
}

static void put(Stub *s, X64Hand h)
{
    u8 tmp[X64_MAX_INST_BYTES];
    add(s, tmp, (size_t)(x64_put(tmp, h) - tmp));
}

static void put_m(Stub *s, u16 op, u8 width, u8 reg, u8 base, i32 disp)
{
    X64Mem m = {.base = base, .index = X64_NO_REG, .disp = disp};
    put(s, (X64Hand){.op = op, .width = width, .nregs = reg != X64_NO_REG, .regs = {reg},
                     .mem = &m});
}

static void put_r(Stub *s, u16 op, u8 reg)
{
    put(s, (X64Hand){.op = op, .nregs = 1, .regs = {reg}});
}

static void put_move(Stub *s, u8 to, u8 from)
{
    put(s, (X64Hand){.op = X64_MOV_RR, .width = 8, .nregs = 2, .regs = {from, to}});
}

/* add or sub to the stack pointer */
static void move_sp(Stub *s, i32 by)
{
    if (by)
        put(s, (X64Hand){.op = by > 0 ? X64_ADD_RI : X64_SUB_RI, .width = 8, .nregs = 2,
                         .regs = {X64_RSP, X64_RSP}, .imm = (u64)(by > 0 ? by : -by)});
}

static void put_const(Stub *s, u8 reg, u64 value)
{
    u8 tmp[16];
    add(s, tmp, (size_t)(x64_put_const(tmp, reg, value) - tmp));
}

static void put_address(Stub *s, u8 reg, const void *address)
{
    put_const(s, reg, (u64)(uintptr_t)address);
}

/* A forward branch; land() gives it its target. */
static u8 *put_jcc(Stub *s, u8 cc)
{
    add(s, (const u8[]){0x0f, (u8)(0x80 | cc), 0, 0, 0, 0}, 6);
    return s->at;
}

static void land(Stub *s, u8 *branch_end)
{
    if (!s->full)
        store_u32(branch_end - 4, (u32)(s->at - branch_end));
}

static void put_ret(Stub *s, u32 pop)
{
    put(s, (X64Hand){.op = pop ? X64_RET_POP : X64_RET_PLAIN, .imm = pop});
}

static Stub begin(u8 *buf, size_t cap)
{
    return (Stub){.start = buf, .at = buf, .end = buf + cap};
}

static size_t finish(const Stub *s) { return s->full ? 0 : (size_t)(s->at - s->start); }

/* ---- values ---- */

static const MTarget *the_target(void)
{
    static const MIsaOptions options;
    return x64_target(&options);
}

/* A value between a register of the convention and memory. Integers are moved whole to memory; i32
 * from memory are zero-extended. */
static void put_load(Stub *s, u8 type, RaLoc reg, u8 base, i32 disp)
{
    u8 n = (u8)RA_REG_INDEX(reg);
    switch ((VmType)type) {
    case VM_TYPE_I32: case VM_TYPE_GCREF: put_m(s, X64_MOV_RM, 4, n, base, disp); break;
    case VM_TYPE_F32: put_m(s, X64_FMOV_RM, 4, n, base, disp); break;
    case VM_TYPE_F64: put_m(s, X64_FMOV_RM, 8, n, base, disp); break;
    case VM_TYPE_V128: put_m(s, X64_MOVUPS_RM, 16, n, base, disp); break;
    default: put_m(s, X64_MOV_RM, 8, n, base, disp); break;
    }
}

static void put_store(Stub *s, u8 type, RaLoc reg, u8 base, i32 disp)
{
    u8 n = (u8)RA_REG_INDEX(reg);
    switch ((VmType)type) {
    case VM_TYPE_F32: put_m(s, X64_FMOV_MR, 4, n, base, disp); break;
    case VM_TYPE_F64: put_m(s, X64_FMOV_MR, 8, n, base, disp); break;
    case VM_TYPE_V128: put_m(s, X64_MOVUPS_MR, 16, n, base, disp); break;
    default: put_m(s, X64_MOV_MR, 8, n, base, disp); break;
    }
}

/* Copies a value through rax or xmm0. */
static void put_copy(Stub *s, u8 type, u8 from, i32 from_disp, u8 to, i32 to_disp)
{
    if (type == VM_TYPE_V128) {
        put_m(s, X64_MOVUPS_RM, 16, 0, from, from_disp);
        put_m(s, X64_MOVUPS_MR, 16, 0, to, to_disp);
        return;
    }
    u8 width = type == VM_TYPE_I32 || type == VM_TYPE_F32 || type == VM_TYPE_GCREF ? 4 : 8;
    put_m(s, X64_MOV_RM, width, X64_RAX, from, from_disp);
    put_m(s, X64_MOV_MR, 8, X64_RAX, to, to_disp);
}

static bool results_fit(const VmStubSig *sig)
{
    return mach_results_fit(sig->results, sig->nresults);
}

static u32 stack_bytes(const VmStubSig *sig)
{
    return mach_stack_arg_bytes(the_target(), sig->params, sig->nparams, results_fit(sig));
}

static i32 val_disp(u32 i) { return (i32)(i * sizeof(VmVal)); }

/* ---- entering guest code ---- */

static const u8 saved_by_entry[] = {X64_RBX, X64_RBP, X64_R12, X64_R13, X64_R14, X64_R15};

/* From rsp = activation->sp - below back to the C caller, with `result`. */
static void put_entry_exit(Stub *s, u64 result, bool use_gs, u32 below)
{
    put_const(s, X64_RAX, result);
    if (use_gs) {
        move_sp(s, (i32)below);
        put_r(s, X64_POP_R, X64_RCX);
        put_r(s, X64_WRGSBASE, X64_RCX);
        below = 0;
    }
    move_sp(s, (i32)below + (use_gs ? 8 : 16));
    for (u32 i = ARRAY_LEN(saved_by_entry); i-- > 0;)
        put_r(s, X64_POP_R, saved_by_entry[i]);
    put_ret(s, 0);
}

/* The callee's context in r15: its copy of the stack limit, and gs. Uses rax. */
static void put_context_setup(Stub *s, bool use_gs)
{
    put_m(s, X64_MOV_RM, 8, X64_RAX, X64_R15, CTX(store));
    put_m(s, X64_MOV_RM, 8, X64_RAX, X64_RAX, STORE(stack_limit));
    put_m(s, X64_MOV_MR, 8, X64_RAX, X64_R15, CTX(stack_limit));
    if (use_gs) {
        put_m(s, X64_MOV_RM, 8, X64_RAX, X64_R15, CTX_MEMORY0);
        put_r(s, X64_WRGSBASE, X64_RAX);
    }
}

/* Puts the VmVal array at rbx where the convention wants its parameters. */
static void put_arguments(Stub *s, const VmStubSig *sig)
{
    MPlaces on_stack = {.ints = !results_fit(sig)}, in_regs = on_stack;
    i32 off;
    for (u32 i = 0; i < sig->nparams; i++)
        if (mach_place_arg(the_target(), &on_stack, (IrType)sig->params[i], &off) == RA_NONE)
            put_copy(s, sig->params[i], X64_RBX, val_disp(i), X64_RSP, off);
    if (in_regs.ints)
        put_move(s, (u8)RA_REG_INDEX(x64_int_args[0]), X64_RBX);
    for (u32 i = 0; i < sig->nparams; i++) {
        RaLoc reg = mach_place_arg(the_target(), &in_regs, (IrType)sig->params[i], &off);
        if (reg != RA_NONE)
            put_load(s, sig->params[i], reg, X64_RBX, val_disp(i));
    }
}

static size_t entry(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env)
{
    Stub s = begin(buf, cap);
    /* C: rdi = context, rsi = code, rdx = args_results, rcx = activation */
    for (u32 i = 0; i < ARRAY_LEN(saved_by_entry); i++)
        put_r(&s, X64_PUSH_R, saved_by_entry[i]);
    if (env->use_gs) {
        put_r(&s, X64_RDGSBASE, X64_RAX);
        move_sp(&s, -8);
        put_r(&s, X64_PUSH_R, X64_RAX);
    } else {
        move_sp(&s, -16);
    }
    put_m(&s, X64_MOV_MR, 8, X64_RSP, X64_RCX, (i32)offsetof(VmActivation, sp));
    put_move(&s, X64_R15, X64_RDI);
    put_move(&s, X64_R11, X64_RSI);
    put_move(&s, X64_RBX, X64_RDX);
    put_context_setup(&s, env->use_gs);
    move_sp(&s, -(i32)(VM_ENTRY_FRAME_BELOW + stack_bytes(sig)));
    put_arguments(&s, sig);
    put_r(&s, X64_CALL_R, X64_R11);
    if (results_fit(sig)) {
        MPlaces p = {0};
        for (u32 i = 0; i < sig->nresults; i++) {
            RaLoc reg = mach_place_result(the_target(), &p, (IrType)sig->results[i]);
            put_store(&s, sig->results[i], reg, X64_RBX, val_disp(i));
        }
    }
    put_entry_exit(&s, 0, env->use_gs, VM_ENTRY_FRAME_BELOW); /* the callee popped its arguments */
    return finish(&s);
}

static size_t trap_exit(u8 *buf, size_t cap, const VmStubEnv *env)
{
    Stub s = begin(buf, cap);
    put_entry_exit(&s, 1, env->use_gs, 0);
    return finish(&s);
}

/* ---- landing ---- */

/* Writes VmLanding.saved below the stack pointer, with `pad` bytes in between. */
#define SAVED_BYTES (VM_MAX_SAVED * 8)
_Static_assert(ARRAY_LEN(x64_saved) <= VM_MAX_SAVED, "room for all that frames save");
static void put_saved(Stub *s, i32 pad)
{
    move_sp(s, -(SAVED_BYTES + pad));
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++)
        put_m(s, X64_MOV_MR, 8, x64_saved[i], X64_RSP, (i32)(8 * i));
}

static size_t landing(u8 *buf, size_t cap, const VmStubEnv *env)
{
    Stub s = begin(buf, cap);
    put_m(&s, X64_MOV_RM, 8, X64_R15, X64_RDI, (i32)offsetof(VmLanding, ctx));
    if (env->use_gs) {
        put_m(&s, X64_MOV_RM, 8, X64_RAX, X64_R15, CTX_MEMORY0);
        put_r(&s, X64_WRGSBASE, X64_RAX);
    }
    for (u32 i = 0; i < ARRAY_LEN(x64_saved); i++)
        put_m(&s, X64_MOV_RM, 8, x64_saved[i], X64_RDI, (i32)(8 * i));
    put_m(&s, X64_MOV_RM, 8, X64_RAX, X64_RDI, (i32)offsetof(VmLanding, pc));
    put_m(&s, X64_MOV_RM, 8, X64_RSP, X64_RDI, (i32)offsetof(VmLanding, sp));
    put_r(&s, X64_JMP_R, X64_RAX);
    return finish(&s);
}

/* ---- calling host functions ---- */

/* Spills the parameters to the VmVal array at rsp; the stack arguments begin at `args`. */
static void put_spills(Stub *s, const VmStubSig *sig, i32 args)
{
    MPlaces in_regs = {.ints = !results_fit(sig)}, on_stack = in_regs;
    i32 off;
    for (u32 i = 0; i < sig->nparams; i++) {
        RaLoc reg = mach_place_arg(the_target(), &in_regs, (IrType)sig->params[i], &off);
        if (reg != RA_NONE)
            put_store(s, sig->params[i], reg, X64_RSP, val_disp(i));
    }
    for (u32 i = 0; i < sig->nparams; i++)
        if (mach_place_arg(the_target(), &on_stack, (IrType)sig->params[i], &off) == RA_NONE)
            put_copy(s, sig->params[i], X64_RSP, args + off, X64_RSP, val_disp(i));
}

/* The results from the VmVal array at rsp to where the convention wants them. */
static void put_host_results(Stub *s, const VmStubSig *sig, i32 buffer_slot)
{
    MPlaces p = {0};
    if (results_fit(sig)) {
        for (u32 i = 0; i < sig->nresults; i++) {
            RaLoc reg = mach_place_result(the_target(), &p, (IrType)sig->results[i]);
            put_load(s, sig->results[i], reg, X64_RSP, val_disp(i));
        }
        return;
    }
    put_m(s, X64_MOV_RM, 8, X64_RCX, X64_RSP, buffer_slot);
    for (u32 i = 0; i < sig->nresults; i++)
        put_copy(s, sig->results[i], X64_RSP, val_disp(i), X64_RCX, val_disp(i));
}

#define HOST(field) ((i32)offsetof(VmHostFunc, field))

/* C: call(self, caller, args_results) or direct(env, caller, args_results, n) */
static void put_host_call(Stub *s, const VmStubSig *sig, bool is_direct)
{
    put_m(s, X64_MOV_RM, 8, is_direct ? X64_RAX : X64_RDI, X64_R11, RECORD(vmctx));
    put_move(s, X64_RSI, X64_R15);
    put_move(s, X64_RDX, X64_RSP);
    if (is_direct) {
        put_const(s, X64_RCX, MAX(sig->nparams, sig->nresults));
        put_m(s, X64_MOV_RM, 8, X64_RDI, X64_RAX, HOST(env));
    }
    put_m(s, X64_CALL_M, 0, X64_NO_REG, is_direct ? X64_RAX : X64_RDI,
          is_direct ? HOST(direct) : HOST(call));
}

static size_t put_host(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env,
                       bool is_direct)
{
    Stub s = begin(buf, cap);
    /* The array, then the address of the caller's result buffer, if it passed one. */
    i32 buffer_slot = val_disp(MAX(sig->nparams, sig->nresults));
    i32 frame = buffer_slot + (results_fit(sig) ? 0 : 16) + 8;
    move_sp(&s, -frame);
    put_spills(&s, sig, frame + 8);
    if (!results_fit(sig))
        put_m(&s, X64_MOV_MR, 8, (u8)RA_REG_INDEX(x64_int_args[0]), X64_RSP, buffer_slot);
    put_m(&s, X64_LEA, 8, X64_RAX, X64_RSP, frame);
    if (stack_bytes(sig)) {
        put_const(&s, X64_RCX, (u64)(stack_bytes(sig) >> 4) << VM_EXIT_POPS_SHIFT);
        put(&s, (X64Hand){.op = X64_OR_RR, .width = 8, .nregs = 3,
                          .regs = {X64_RAX, X64_RCX, X64_RAX}});
    }
    put_m(&s, X64_MOV_RM, 8, X64_RCX, X64_R15, CTX(store));
    put_m(&s, X64_MOV_MR, 8, X64_RAX, X64_RCX, STORE(exit_sp));
    put_host_call(&s, sig, is_direct);
    put(&s, (X64Hand){.op = X64_TEST_RR, .width = 8, .nregs = 2, .regs = {X64_RAX, X64_RAX}});
    u8 *trap = put_jcc(&s, X64_CC_NE);
    put_host_results(&s, sig, buffer_slot);
    move_sp(&s, frame);
    put_ret(&s, stack_bytes(sig));
    land(&s, trap);
    put_saved(&s, 0);
    put_move(&s, X64_RDI, X64_R15);
    put_move(&s, X64_RSI, X64_RAX);
    put_move(&s, X64_RDX, X64_RSP);
    put_address(&s, X64_RAX, env->host_trap);
    put_r(&s, X64_CALL_R, X64_RAX); /* a call, for the stack's alignment; it does not return */
    add(&s, (const u8[]){0x0f, 0x0b}, 2);
    return finish(&s);
}

static size_t host(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env)
{
    return put_host(buf, cap, sig, env, false);
}

static size_t direct(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env)
{
    return put_host(buf, cap, sig, env, true);
}

/* ---- calls between instances ---- */

/* xmm15 keeps rax meanwhile: all other registers may hold arguments. */
static void put_save_rax(Stub *s)
{
    put(s, (X64Hand){.op = X64_MOV_XR, .width = 8, .nregs = 2, .regs = {X64_RAX, X64_SCRATCH_XMM}});
}

static void put_reload_rax(Stub *s)
{
    put(s, (X64Hand){.op = X64_MOV_RX, .width = 8, .nregs = 2, .regs = {X64_SCRATCH_XMM, X64_RAX}});
}

static void put_switch_context(Stub *s, bool use_gs)
{
    put_m(s, X64_MOV_RM, 8, X64_R15, X64_R11, RECORD(vmctx));
    put_context_setup(s, use_gs);
    put_reload_rax(s);
}

static void put_jump_to(Stub *s, const void *address)
{
    /* Through memory behind the jump: no register is free. */
    add(s, (const u8[]){0xff, 0x25, 0, 0, 0, 0}, 6);
    u64 target = (u64)(uintptr_t)address;
    add(s, (const u8 *)&target, 8);
}

static size_t cross(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env)
{
    Stub s = begin(buf, cap);
    u32 args = stack_bytes(sig);
    put_save_rax(&s);
    put_address(&s, X64_RAX, env->restore);
    put_m(&s, X64_CMP_RM, 8, X64_RAX, X64_RSP, 0);
    u8 *again = put_jcc(&s, X64_CC_E);
    /* The restore frame; its lowest word is the return address that the call pushes. */
    put(&s, (X64Hand){.op = X64_PUSH_I, .imm = args});
    if (env->use_gs)
        put_r(&s, X64_RDGSBASE, X64_RAX);
    else
        put_r(&s, X64_ZERO_R, X64_RAX);
    put_r(&s, X64_PUSH_R, X64_RAX);
    put_r(&s, X64_PUSH_R, X64_R15);
    move_sp(&s, -(i32)args);
    for (u32 at = 0; at < args; at += 8)
        put_copy(&s, VM_TYPE_I64, X64_RSP, (i32)(args + VM_RESTORE_FRAME_BYTES + at), X64_RSP,
                 (i32)at);
    put_switch_context(&s, env->use_gs);
    put_jump_to(&s, env->cross_call);
    land(&s, again);
    put_switch_context(&s, env->use_gs);
    put_m(&s, X64_JMP_M, 0, X64_NO_REG, X64_R11, RECORD(code));
    return finish(&s);
}

/* The frame is popped without touching registers of results (r9 to r11 are none). A real call and
 * a real return keep the CPU's return predictor in step. */
static size_t restore(u8 *buf, size_t cap, const VmStubEnv *env, size_t *restore_off)
{
    Stub s = begin(buf, cap);
    put_m(&s, X64_CALL_M, 0, X64_NO_REG, X64_R11, RECORD(code));
    *restore_off = (size_t)(s.at - s.start);
    put_r(&s, X64_POP_R, X64_R15);
    put_r(&s, X64_POP_R, X64_R11);
    if (env->use_gs)
        put_r(&s, X64_WRGSBASE, X64_R11);
    put_r(&s, X64_POP_R, X64_R11);
    put(&s, (X64Hand){.op = X64_TEST_RR, .width = 8, .nregs = 2, .regs = {X64_R11, X64_R11}});
    u8 *pops = put_jcc(&s, X64_CC_NE);
    put_ret(&s, 0);
    land(&s, pops);
    put_r(&s, X64_POP_R, X64_R10);
    put(&s, (X64Hand){.op = X64_ADD_RR, .width = 8, .nregs = 3,
                      .regs = {X64_RSP, X64_R11, X64_RSP}});
    put_r(&s, X64_JMP_R, X64_R10);
    return finish(&s);
}

/* ---- libcalls ---- */

static const u8 caller_saved[] = {X64_RAX, X64_RCX, X64_RDX, X64_RSI, X64_RDI,
                                  X64_R8,  X64_R9,  X64_R10, X64_R11};

/* Saves or restores what C may change, in a frame of KEEP_BYTES at rsp. */
#define KEEP_BYTES (16 * 16 + 9 * 8)
static void put_keep(Stub *s, bool save)
{
    for (u8 i = 0; i < 16; i++)
        put_m(s, save ? X64_MOVUPS_MR : X64_MOVUPS_RM, 16, i, X64_RSP, 16 * i);
    for (u8 i = 0; i < ARRAY_LEN(caller_saved); i++)
        put_m(s, save ? X64_MOV_MR : X64_MOV_RM, 8, caller_saved[i], X64_RSP, 256 + 8 * i);
}

static size_t libcall(u8 *buf, size_t cap, VmLibcall number, const void *c_function)
{
    Stub s = begin(buf, cap);
    if (number == VM_LIBCALL_UNWIND) {
        put_m(&s, X64_MOV_RM, 8, X64_RAX, X64_R15, CTX(store));
        put_m(&s, X64_MOV_MR, 8, X64_RSP, X64_RAX, STORE(exit_sp));
        put_saved(&s, 8);
        put_move(&s, X64_RSI, X64_RSP);
        put_address(&s, X64_RAX, c_function);
        put_r(&s, X64_CALL_R, X64_RAX); /* does not return */
        add(&s, (const u8[]){0x0f, 0x0b}, 2);
        return finish(&s);
    }
    bool keep = number == VM_LIBCALL_EPOCH || number == VM_LIBCALL_OUT_OF_FUEL;
    if (!keep) {
        put_m(&s, X64_MOV_RM, 8, X64_RAX, X64_R15, CTX(store));
        put_m(&s, X64_MOV_MR, 8, X64_RSP, X64_RAX, STORE(exit_sp));
        put_address(&s, X64_RAX, c_function);
        put_r(&s, X64_JMP_R, X64_RAX);
        return finish(&s);
    }
    move_sp(&s, -KEEP_BYTES);
    put_keep(&s, true);
    put_m(&s, X64_LEA, 8, X64_RCX, X64_RSP, KEEP_BYTES);
    put_m(&s, X64_MOV_RM, 8, X64_RAX, X64_R15, CTX(store));
    put_m(&s, X64_MOV_MR, 8, X64_RCX, X64_RAX, STORE(exit_sp));
    put_move(&s, X64_RDI, X64_R15);
    put_address(&s, X64_RAX, c_function);
    put_r(&s, X64_CALL_R, X64_RAX);
    put_keep(&s, false);
    move_sp(&s, KEEP_BYTES);
    put_ret(&s, 0);
    return finish(&s);
}

const VmStubMaker x64_stub_maker = {
    .entry = entry,
    .trap_exit = trap_exit,
    .host = host,
    .direct = direct,
    .cross = cross,
    .restore = restore,
    .land = landing,
    .libcall = libcall,
};
