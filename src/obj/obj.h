/* obj: the compiled artifact, one flat file in memory or on disk.
 *
 * Owns: its layout, building it (build.c) and checking it (load.c). Promises: position independent,
 * offsets only, no relocations in the text; every offset and count is checked on load before it is
 * used, in time linear in the number of functions; the same input gives the same bytes.
 * An artifact holds the machine code, what backtraces and traps need, and the module itself without
 * its function bodies: the runtime decodes (and so validates) types, imports and segments
 * from that, so there is no second serialization of a module.
 */
#ifndef STINT_OBJ_H
#define STINT_OBJ_H

#include "base/diag.h"
#include "vmabi/vmabi.h"
#include "wasm/wasm.h"

#define OBJ_MAGIC 0x1a544e4954530a89u
#define OBJ_FORMAT_VERSION 6

/* What the code was compiled for: it runs only in an engine that agrees. All fields are compared;
 * `features` must be a subset of the engine's. */
typedef struct ObjKey {
    u32 format_version; /* OBJ_FORMAT_VERSION */
    u32 abi_version;    /* VM_ABI_VERSION */
    u32 isa;            /* 1 = x86-64; 0 = none, interpreted */
    u32 flags;          /* ObjFlag */
    u64 features;       /* of the ISA, those the code may use */
    u64 wasm_features;  /* WasmFeatures bits the module was validated with */
    u64 compiler;       /* hash of the compiler's version */
} ObjKey;

enum ObjFlag {
    OBJ_GS = 1,              /* memory 0 through gs */
    OBJ_SIGNAL_TRAPS = 2,    /* guard pages and ud1; else explicit checks and calls */
    OBJ_STACK_CHECK = 4,
    OBJ_EPOCH = 8,
    OBJ_FUEL = 16,
    OBJ_EXPLICIT_BOUNDS = 32, /* no access relies on a guard */
    OBJ_CANONICAL_NANS = 1 << 16,
    OBJ_STRICT_RELAXED = 1 << 18, /* as the deterministic profile has relaxed vector operators */
    OBJ_INTERPRETED = 1 << 17, /* no text, and the module whole: bodies are to be interpreted */
};

typedef struct ObjSection {
    u32 off; /* from the artifact's start; aligned to 16, text to 4096 */
    u32 len; /* bytes */
} ObjSection;

/* A change of the distance from rsp to the return address, within the text. */
typedef struct ObjRow {
    u32 code_off;
    u32 ret_offset;
} ObjRow;

/* A location: sorted by code_off. */
typedef struct ObjLoc {
    u32 code_off; /* of a trapping instruction; of calls, the return address less 1 */
    u32 src;      /* byte offset in the original module, or OBJ_PLACE | number of a place */
} ObjLoc;

/* Where an operator of an inlined function stands, and the call that it came by. */
typedef struct ObjPlace {
    u32 src; /* byte offset in the original module */
    u32 up;  /* of the call: such an offset, or OBJ_PLACE | number of a place before this one */
} ObjPlace;
#define OBJ_PLACE 0x80000000u

/* A word of a frame that holds a reference while a call is under way. Sorted by code_off; a call
 * has as many as there are. */
typedef struct ObjRef {
    u32 code_off; /* the call's return address less 1 */
    u32 below;    /* bytes from the word up to the function's own return address */
} ObjRef;

/* Where an exception that leaves a call goes on, in the same function: sorted by ret_off. */
typedef struct ObjPad {
    u32 ret_off; /* the call's return address */
    u32 pad_off;
} ObjPad;

typedef struct ObjHeader {
    u64 magic;
    ObjKey key;
    u32 total_len;
    u32 nfuncs;         /* functions defined by the module */
    ObjSection text;
    ObjSection entries; /* u32[nfuncs + 1]: text offset of each entry, rising; then the end */
    ObjSection rows;    /* ObjRow[], sorted by code_off */
    ObjSection locs;    /* ObjLoc[] */
    ObjSection places;  /* ObjPlace[]; only with bodies */
    ObjSection refs;    /* ObjRef[] */
    ObjSection pads;    /* ObjPad[] */
    ObjSection saves;   /* u8[nfuncs]: registers the frame saves (VM_MAX_SAVED); or empty: none */
    ObjSection bodies;  /* u32[nfuncs]: byte offset of each body in the original module; or empty */
    ObjSection sealed;  /* u32[]: tables that code takes for sealed */
    ObjSection module;  /* with empty function bodies, and of custom sections only the names; whole
                         * where it is interpreted */
    u64 checksum;       /* of everything but itself; last in the header */
} ObjHeader;

/* A checked artifact; points into the bytes given to obj_load. */
typedef struct ObjImage {
    const u8 *bytes;
    const ObjHeader *header;
    const u8 *text;
    const u32 *entries;
    const ObjRow *rows;
    u32 nrows;
    const ObjLoc *locs;
    u32 nlocs;
    const ObjPlace *places;
    u32 nplaces;
    const ObjRef *refs;
    u32 nrefs;
    const ObjPad *pads;
    u32 npads;
    const u8 *saves;   /* NULL: no function saves any */
    const u32 *bodies; /* NULL: unknown */
    const u32 *sealed;
    u32 nsealed;
    const u8 *module;
    u32 module_len;
} ObjImage;

/* Everything an artifact is made of; borrowed for the call. */
typedef struct ObjParts {
    ObjKey key;
    const u8 *text;
    u32 text_len;
    const u32 *entries; /* nfuncs + 1 */
    u32 nfuncs;
    const ObjRow *rows;
    u32 nrows;
    const ObjLoc *locs;
    u32 nlocs;
    const ObjPlace *places;
    u32 nplaces;
    const ObjRef *refs;
    u32 nrefs;
    const ObjPad *pads;
    u32 npads;
    const u8 *saves;    /* nfuncs; NULL: left out */
    const u32 *sealed;
    u32 nsealed;
    const u32 *bodies;  /* nfuncs: byte offsets of bodies in the original module; NULL: left out */
    const u8 *module;
    u32 module_len;
} ObjParts;

/* Builds an artifact in malloc memory, to be freed by the caller. False: out of memory, or over
 * 4 GiB (diag says which). */
bool obj_build(const ObjParts *parts, u8 **bytes, size_t *len, Diag *diag);

/* Checks bytes (8-aligned, len long, kept by the caller) from anywhere, hostile or not: the layout
 * and the checksum, not the code. Does not compare the key: see obj_key_matches. */
bool obj_load(const u8 *bytes, size_t len, ObjImage *image, Diag *diag);

/* Whether code made for `have` runs in an engine of `want`; says what differs. */
bool obj_key_matches(const ObjKey *have, const ObjKey *want, Diag *diag);

/* The row that holds for a text offset, the location or the landing pad recorded for exactly this
 * offset, and the index of the function containing it; NULL or UINT32_MAX if there is none.
 * O(log n); safe in signal handlers. */
const ObjRow *obj_find_row(const ObjImage *image, u32 code_off);
const ObjLoc *obj_find_loc(const ObjImage *image, u32 code_off);
const ObjPad *obj_find_pad(const ObjImage *image, u32 ret_off);
u32 obj_find_func(const ObjImage *image, u32 code_off);
/* The offset of an operator, of which *origin is ObjLoc.src or what the call before left there.
 * Leaves in *origin that of the call by which the operator was inlined, or 0 if it was not. */
u32 obj_leave_place(const ObjImage *image, u32 *origin);
/* The function in whose body an offset of the original module is; UINT32_MAX: unknown. */
u32 obj_find_body(const ObjImage *image, u32 offset);
/* The references of the call whose return address less 1 is code_off: *n of them. */
const ObjRef *obj_find_refs(const ObjImage *image, u32 code_off, u32 *n);

/* The counts that decide the layout of a module's context: compiler and runtime take them here. */
VmCounts obj_vm_counts(const WasmModule *m);

#endif
