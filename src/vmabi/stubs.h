/* vmabi/stubs: how the runtime gets its stubs made, without seeing an ISA.
 *
 * The stubs are those of docs/vmabi.md. The runtime is handed a VmStubMaker from outside and calls
 * it once for each signature; the code is position-independent but for the addresses in VmStubEnv,
 * which are absolute. Types only: the makers live in src/isa. */
#ifndef STINT_VMABI_STUBS_H
#define STINT_VMABI_STUBS_H

#include "vmabi/vmabi.h"

/* Types of parameters and results in stubs: the compiler's IrType, by number. */
typedef enum VmType {
    VM_TYPE_VOID,
    VM_TYPE_I32,
    VM_TYPE_I64,
    VM_TYPE_F32,
    VM_TYPE_F64,
    VM_TYPE_V128,
    VM_TYPE_REF,   /* funcref: 64 bits */
    VM_TYPE_GCREF, /* any other reference: 32 bits */
} VmType;

typedef struct VmStubSig {
    const u8 *params, *results; /* VmType */
    u32 nparams, nresults;
} VmStubSig;

/* What a restore frame holds (docs/vmabi.md, function records), from the address that holds the
 * restore address upwards; the real return address follows. All four words are always there. */
enum {
    VM_RESTORE_FRAME_R15 = 8,   /* the caller's context */
    VM_RESTORE_FRAME_GS = 16,   /* the caller's gs base, 0 where gs is not used */
    VM_RESTORE_FRAME_ARGS = 24, /* bytes of the caller's stack arguments above the return address */
    VM_RESTORE_FRAME_BYTES = 32,
};

/* What an entry frame holds, from activation->sp upwards. */
enum {
    VM_ENTRY_FRAME_GS = 0,
    VM_ENTRY_FRAME_RETURN = 64, /* the entry stub's return address, in C */
    VM_ENTRY_FRAME_BYTES = 72,
    VM_ENTRY_FRAME_BELOW = 8, /* from rsp, when guest code has returned, up to it */
};

/* Registers that an exception's way out of frames restores, in the order in which frames save them
 * from the return address down (bit i of ObjImage.saves is register i). The ISA knows which. */
#define VM_MAX_SAVED 8

/* Where an exception is caught: all of the state that landing sets. */
typedef struct VmLanding {
    u64 saved[VM_MAX_SAVED];
    u64 ctx, pc, sp;
} VmLanding;

typedef struct VmStubEnv {
    bool use_gs;             /* gs is the base of memory 0 in the code these stubs serve */
    const void *cross_call;  /* where the `restore` stub was put; for `cross` only */
    const void *restore;     /* its return point: cross_call + *restore_off; for `cross` only */
    /* void (VmCtx *caller, void *trap, const u64 *saved): takes what VmHostFunc.call returned;
     * does not return. saved: VmLanding.saved as the guest left them. For `host` and `direct`. */
    const void *host_trap;
} VmStubEnv;

/* Each maker writes a stub to buf and returns its size in bytes, 0 if cap is too small
 * (vm_stub_bytes always suffices). A stub may be copied elsewhere before it is used, and begins
 * at a multiple of 16. thread: any. */
typedef struct VmStubMaker {
    /* u64 (VmCtx *, void *code, VmVal *args_results, VmActivation *): 0 = returned */
    size_t (*entry)(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env);
    /* where a trap continues, with rsp = activation->sp: the entry stub returns 1 */
    size_t (*trap_exit)(u8 *buf, size_t cap, const VmStubEnv *env);
    /* VmFuncRef.cross of host functions with this signature */
    size_t (*host)(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env);
    /* the same for those whose VmHostFunc.direct it calls */
    size_t (*direct)(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env);
    /* VmFuncRef.cross of WebAssembly functions with this signature; signatures without stack
     * arguments give the same bytes */
    size_t (*cross)(u8 *buf, size_t cap, const VmStubSig *sig, const VmStubEnv *env);
    /* the part all cross stubs of an engine share: calls, then restores. A return address equal to
     * its start + *restore_off is that of a restore frame. */
    size_t (*restore)(u8 *buf, size_t cap, const VmStubEnv *env, size_t *restore_off);
    /* void (const VmLanding *): goes on in guest code with this state; does not return */
    size_t (*land)(u8 *buf, size_t cap, const VmStubEnv *env);
    /* entry of VmCtx.libcalls: stores exit_sp, goes on in the C function. Those of EPOCH and
     * OUT_OF_FUEL also keep all registers, for they are called where nobody expects a call; UNWIND
     * hands on VmLanding.saved as its second argument. */
    size_t (*libcall)(u8 *buf, size_t cap, VmLibcall number, const void *c_function);
} VmStubMaker;

/* Room that suffices for any stub of a signature. */
static inline size_t vm_stub_bytes(const VmStubSig *sig)
{
    return 1024 + (sig ? 32 * ((size_t)sig->nparams + sig->nresults) : 0);
}

#endif
