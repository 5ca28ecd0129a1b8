/* Two modules with hand-written machine code, for the tests of src/rt: what a compiler would
 * make of them, small enough to be read, so that a failing test points at the runtime.
 *
 * Module A owns a memory, a table and globals and imports one host function; module B imports
 * from A. The code stands in the test program's own text section as position-independent blobs,
 * with tables of rows (distance to the return address) and locations beside it. x86-64 only. */
#ifndef STINT_TEST_RT_FIXTURE_H
#define STINT_TEST_RT_FIXTURE_H

#include <stdlib.h>

#include "os/os.h"
#include "rt/rt_int.h"
#include "wasm_bytes.h"

extern const VmStubMaker x64_stub_maker;

/* Offsets of a context and numbers the code below has as literals. */
_Static_assert(offsetof(VmCtx, stack_limit) == 0 && offsetof(VmCtx, libcalls) == 24, "VmCtx");
_Static_assert(sizeof(VmCtx) == 48 && offsetof(VmFuncRef, cross) == 16, "VmCtx");
_Static_assert(VM_LIBCALL_MEMORY_GROW == 0 && VM_LIBCALL_MEMORY_INIT == 1, "libcall.def");
_Static_assert(VM_LIBCALL_EPOCH == 14 && VM_LIBCALL_RAISE == 16, "libcall.def");

/* fn SRC: a function begins, its body at that source offset; row N: from here on the return
 * address is at [rsp + N]; loc SRC: of the instruction that follows; ret_loc SRC: of the call
 * just before. */
__asm__(
    ".intel_syntax noprefix\n"
    ".macro fn base, src\n"
    " .balign 16, 0x90\n"
    " 90: .pushsection .rodata.\\base\\()_e,\"a\"\n .long 90b - \\base\n .popsection\n"
    " .pushsection .rodata.\\base\\()_b,\"a\"\n .long \\src\n .popsection\n"
    " row \\base, 0\n"
    ".endm\n"
    ".macro row base, n\n"
    " 91: .pushsection .rodata.\\base\\()_r,\"a\"\n .long 91b - \\base, \\n\n .popsection\n"
    ".endm\n"
    ".macro loc base, src\n"
    " 92: .pushsection .rodata.\\base\\()_l,\"a\"\n .long 92b - \\base, \\src\n .popsection\n"
    ".endm\n"
    ".macro ret_loc base, src\n" /* of the call just before */
    " 93: .pushsection .rodata.\\base\\()_l,\"a\"\n .long 93b - 1 - \\base, \\src\n .popsection\n"
    ".endm\n"
    ".macro tables base\n"
    " .pushsection .rodata.\\base\\()_e,\"a\"\n .balign 4\n .globl \\base\\()_entries\n"
    " \\base\\()_entries:\n .popsection\n"
    " .pushsection .rodata.\\base\\()_b,\"a\"\n .balign 4\n .globl \\base\\()_bodies\n"
    " \\base\\()_bodies:\n .popsection\n"
    " .pushsection .rodata.\\base\\()_r,\"a\"\n .balign 4\n .globl \\base\\()_rows\n"
    " \\base\\()_rows:\n .popsection\n"
    " .pushsection .rodata.\\base\\()_l,\"a\"\n .balign 4\n .globl \\base\\()_locs\n"
    " \\base\\()_locs:\n .popsection\n"
    ".endm\n"
    ".macro done base\n"
    " .balign 16, 0x90\n \\base\\()_end:\n .globl \\base\\()_end\n"
    " .pushsection .rodata.\\base\\()_e,\"a\"\n .long \\base\\()_end - \\base\n .popsection\n"
    " .pushsection .rodata.\\base\\()_r,\"a\"\n .globl \\base\\()_rows_end\n"
    " \\base\\()_rows_end:\n .popsection\n"
    " .pushsection .rodata.\\base\\()_l,\"a\"\n .globl \\base\\()_locs_end\n"
    " \\base\\()_locs_end:\n .popsection\n"
    ".endm\n"
    ".macro trap code\n .byte 0x0f, 0xb9, 0x80\n .long \\code\n.endm\n"

    ".text\n .balign 16\n .globl code_a\n code_a:\n tables code_a\n"
    "fn code_a, 100\n" /* 1 add(i32 i32): i32 */
    " lea eax, [rdi+rsi]\n ret\n"
    "fn code_a, 200\n" /* 2 load(i32): i32 */
    " mov eax, edi\n mov rcx, [r15+48]\n"
    " loc code_a, 210\n mov eax, [rcx+rax]\n ret\n"
    "fn code_a, 300\n boom_a:\n" /* 3 boom */
    " loc code_a, 310\n trap 9\n"
    "fn code_a, 400\n outer_a:\n" /* 4 outer: boom */
    " sub rsp, 24\n row code_a, 24\n call boom_a\n ret_loc code_a, 410\n"
    " add rsp, 24\n row code_a, 0\n ret\n"
    "fn code_a, 500\n" /* 5 callhost(i32): i32 */
    " sub rsp, 8\n row code_a, 8\n mov r11, [r15+72]\n call [r11+16]\n ret_loc code_a, 510\n"
    " add rsp, 8\n row code_a, 0\n ret\n"
    "fn code_a, 600\n" /* 6 grow(i32): i32 */
    " sub rsp, 8\n row code_a, 8\n mov esi, edi\n mov rdi, r15\n xor edx, edx\n"
    " mov rax, [r15+24]\n call [rax]\n ret_loc code_a, 610\n"
    " mov eax, eax\n add rsp, 8\n row code_a, 0\n ret\n"
    "fn code_a, 700\n deep_a:\n" /* 7 deep: itself, without end */
    " cmp rsp, [r15]\n jb 1f\n sub rsp, 1000\n row code_a, 1000\n call deep_a\n"
    " ret_loc code_a, 710\n add rsp, 1000\n row code_a, 0\n ret\n"
    "1: loc code_a, 720\n trap 0\n"
    "fn code_a, 800\n" /* 8 many(10 x i64): i64 = a8 * 100 + a9, or a trap if a0 is 0 */
    " test rdi, rdi\n je 1f\n imul rax, [rsp+8], 100\n add rax, [rsp+16]\n ret 16\n"
    "1: loc code_a, 810\n trap 9\n"
    "fn code_a, 900\n" /* 9 epoch: the libcall; all registers are kept */
    " sub rsp, 8\n row code_a, 8\n mov rbx, 77\n mov rax, [r15+24]\n call [rax+8*14]\n"
    " ret_loc code_a, 910\n add rsp, 8\n row code_a, 0\n ret\n"
    "fn code_a, 1000\n" /* 10 init(i32 dst, src, len): memory.init of segment 1 */
    " sub rsp, 8\n row code_a, 8\n mov r8d, edx\n mov ecx, esi\n mov edx, edi\n mov esi, 1\n"
    " xor r9d, r9d\n mov rdi, r15\n mov rax, [r15+24]\n call [rax+8]\n ret_loc code_a, 1010\n"
    " add rsp, 8\n row code_a, 0\n ret\n"
    "fn code_a, 1100\n" /* 11 hidden(): i32, named by nothing */
    " mov eax, 11\n ret\n"
    "fn code_a, 1200\n" /* 12 raise(i32) by libcall */
    " sub rsp, 8\n row code_a, 8\n mov esi, edi\n mov rdi, r15\n mov rax, [r15+24]\n"
    " call [rax+8*16]\n ret_loc code_a, 1210\n ud2\n"
    "fn code_a, 1300\n" /* 13 wild: a fault that is nobody's guest's */
    " xor eax, eax\n row code_a, 0x10\n mov eax, [rax+0x1234]\n ret\n"
    "fn code_a, 1400\n" /* 14 divide(i32 i32): i32 */
    " mov eax, edi\n xor edx, edx\n loc code_a, 1410\n div esi\n ret\n"
    " done code_a\n"

    ".balign 16\n .globl code_b\n code_b:\n tables code_b\n"
    "fn code_b, 100\n" /* 2 relay: A's outer */
    " sub rsp, 8\n row code_b, 8\n mov r11, [r15+72]\n call [r11+16]\n ret_loc code_b, 110\n"
    " add rsp, 8\n row code_b, 0\n ret\n"
    "fn code_b, 200\n relaymany_b:\n" /* 3 relaymany: i64 = A's many(g, .., 8, 9) */
    " sub rsp, 24\n row code_b, 24\n mov rax, [r15+88]\n mov edi, [rax]\n"
    " mov qword ptr [rsp], 8\n mov qword ptr [rsp+8], 9\n"
    " mov r11, [r15+80]\n mov eax, 7\n call [r11+16]\n row code_b, 8\n ret_loc code_b, 210\n"
    " sub rsp, 16\n row code_b, 24\n add rsp, 24\n row code_b, 0\n ret\n"
    "fn code_b, 300\n" /* 4 tail: return_call of A's outer */
    " mov r11, [r15+72]\n jmp [r11+16]\n"
    "fn code_b, 400\n" /* 5 nest: relaymany */
    " sub rsp, 40\n row code_b, 40\n call relaymany_b\n ret_loc code_b, 410\n"
    " add rsp, 40\n row code_b, 0\n ret\n"
    " done code_b\n"
    ".att_syntax prefix\n");

#define BLOB(name)                                              \
    extern const u8 name[], name##_end[];                       \
    extern const u32 name##_entries[], name##_bodies[];         \
    extern const ObjRow name##_rows[], name##_rows_end[];       \
    extern const ObjLoc name##_locs[], name##_locs_end[];
BLOB(code_a)
BLOB(code_b)

typedef struct Blob {
    const u8 *text, *text_end;
    const u32 *entries, *bodies;
    const ObjRow *rows, *rows_end;
    const ObjLoc *locs, *locs_end;
    u32 nfuncs;
    const char *sections[12]; /* contents by section id, in hex; the code section is made */
} Blob;

static const Blob blob_a = {
    code_a, code_a_end, code_a_entries, code_a_bodies, code_a_rows, code_a_rows_end, code_a_locs,
    code_a_locs_end,
    14,
    {
        /* types: 0 [i32]->[i32]  1 [i32 i32]->[i32]  2 []->[]  3 [i64 x 10]->[i64]
         *        4 [i32 i32 i32]->[]  5 []->[i32]  6 [i32]->[] */
        [1] = "07 60017f017f 60027f7f017f 600000 600a7e7e7e7e7e7e7e7e7e7e017e 60037f7f7f00"
              "   6000017f 60017f00",
        [2] = "01 03656e76 04686f7374 00 00",             /* env.host: type 0 */
        [3] = "0e 01 00 02 02 00 00 02 03 02 04 05 06 02 01",
        [4] = "01 70 01 04 08",                           /* 4 8 funcref */
        [5] = "01 01 01 03",                              /* 1 3 */
        /* (mut i32) 7; funcref add; i64 40 + 2; externref null */
        [6] = "04 7f01 41070b  7000 d2010b  7e00 4228 4202 7c 0b  6f00 d06f0b",
        [7] = "11 036d656d 0200 03746162 0100 0167 0300 0168 0301 0169 0302 03616464 0001"
              "   046c6f6164 0002 04626f6f6d 0003 056f75746572 0004 0863616c6c686f7374 0005"
              "   0467726f77 0006 0464656570 0007 046d616e79 0008 0565706f6368 0009"
              "   04696e6974 000a 057261697365 000c 0477696c64 000d",
        [9] = "01 00 41010b 02 01 03",                    /* (i32.const 1): add boom */
        [11] = "02 00 41080b 05 68656c6c6f  01 07 70617373697665", /* (8) hello; passive */
    },
};
static const Blob blob_b = {
    code_b, code_b_end, code_b_entries, code_b_bodies, code_b_rows, code_b_rows_end, code_b_locs,
    code_b_locs_end,
    4,
    {
        [1] = "03 600000 600a7e7e7e7e7e7e7e7e7e7e017e 6000017e",
        [2] = "04 0161 056f75746572 0000  0161 046d616e79 0001  0161 03746162 0170010208"
              "   0161 0167 037f01",
        [3] = "04 00 02 00 02",
        [7] = "04 0572656c6179 0002 0972656c61796d616e79 0003 047461696c 0004 046e657374 0005",
        [9] = "01 00 41030b 01 02",                       /* (i32.const 3): relay */
    },
};

__attribute__((unused)) static void free_bytes(const u8 *bytes, size_t len)
{
    (void)len;
    free((void *)(uintptr_t)bytes);
}

static inline Bytes fixture_module(const Blob *blob)
{
    static const u8 order[] = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11};
    Bytes m = bytes_header();
    for (u32 i = 0; i < sizeof order; i++) {
        Bytes contents = {0};
        if (order[i] == 10) {
            bytes_u32(&contents, blob->nfuncs);
            for (u32 k = 0; k < blob->nfuncs; k++)
                bytes_hex(&contents, "02000b");
        } else if (blob->sections[order[i]]) {
            bytes_hex(&contents, blob->sections[order[i]]);
        } else {
            continue;
        }
        bytes_section(&m, order[i], &contents);
    }
    return m;
}

/* The artifact of a blob, in malloc memory; NULL if memory runs out. */
/* A host function that its store frees. */
typedef struct FixtureHost {
    RtHostFunc f; /* first */
    void *env;
    void (*finalizer)(void *); /* called with env when the store goes; may be NULL */
} FixtureHost;

static inline void fixture_free_host(void *object)
{
    FixtureHost *host = object;
    if (host->finalizer)
        host->finalizer(host->env);
    free(host);
}

/* NULL: memory ran out; the finalizer is not called. */
static inline RtHostFunc *fixture_host(RtStore *store, u32 type,
                                       void *(*call)(VmHostFunc *, VmCtx *, VmVal *), void *env,
                                       void (*finalizer)(void *))
{
    FixtureHost *host = calloc(1, sizeof *host);
    if (host && rt_host_func_init(store->engine, &host->f, type, call) &&
        rt_store_keep(store, host, fixture_free_host)) {
        host->env = env;
        host->finalizer = finalizer;
        return &host->f;
    }
    free(host);
    return NULL;
}

static inline u8 *fixture_artifact(const Blob *blob, u32 flags, size_t *len)
{
    Diag diag = {0};
    Bytes module = fixture_module(blob);
    ObjParts parts = {
        .key = {.format_version = OBJ_FORMAT_VERSION, .abi_version = VM_ABI_VERSION, .isa = 1,
                .flags = flags, .wasm_features = wasm_features_all().bits},
        .text = blob->text, .text_len = (u32)(blob->text_end - blob->text),
        .entries = blob->entries, .bodies = blob->bodies, .nfuncs = blob->nfuncs,
        .rows = blob->rows, .nrows = (u32)(blob->rows_end - blob->rows),
        .locs = blob->locs, .nlocs = (u32)(blob->locs_end - blob->locs),
        .module = module.at, .module_len = (u32)module.len,
    };
    u8 *bytes = NULL;
    bool ok = obj_build(&parts, &bytes, len, &diag);
    bytes_free(&module);
    return ok ? bytes : NULL;
}

static inline RtModule *fixture_load(RtEngine *engine, const Blob *blob, Diag *diag)
{
    u32 flags = OBJ_STACK_CHECK;
    const RtOptions *o = rt_engine_options(engine);
    flags |= o->signals ? OBJ_SIGNAL_TRAPS : 0;
    flags |= o->explicit_bounds ? OBJ_EXPLICIT_BOUNDS : 0;
    RtArtifact artifact = {.release = free_bytes};
    RtModule *m = NULL;
    u8 *bytes = fixture_artifact(blob, flags, &artifact.len);
    artifact.bytes = bytes;
    if (!bytes) {
        diag_oom(diag);
        return NULL;
    }
    if (!rt_module_new(engine, artifact, &m, diag)) {
        free(bytes);
        return NULL;
    }
    return m;
}

#endif
