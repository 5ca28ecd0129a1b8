/* Artifacts: what is built loads again, what is damaged does not, lookups find the right row. */
#include "obj/obj_int.h"

#include <stdlib.h>

#include "test.h"

static const u8 text[] = "0123456789abcdefghijklmnopqrstuvwxyz";
static const u32 entries[] = {0, 8, 8, 30};
static const ObjRow rows[] = {{0, 0}, {3, 16}, {8, 8}, {20, 40}};
static const ObjLoc locs[] = {{2, 100}, {7, 120}, {21, OBJ_PLACE | 1}};
static const ObjPlace places[] = {{112, 105}, {60, OBJ_PLACE}};
static const ObjPad pads[] = {{3, 6}, {5, 1}, {12, 28}, {30, 12}};
static const u8 saves[] = {1, 0, 31};
static const u32 bodies[] = {50, 110, 111};
static const u8 module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

static ObjParts parts(void)
{
    return (ObjParts){
        .key = {.format_version = OBJ_FORMAT_VERSION, .abi_version = 1, .isa = 1, .flags = 6,
                .features = 5, .wasm_features = 77, .compiler = 9},
        .text = text, .text_len = 36,
        .entries = entries, .nfuncs = 3,
        .rows = rows, .nrows = ARRAY_LEN(rows),
        .locs = locs, .nlocs = ARRAY_LEN(locs),
        .places = places, .nplaces = ARRAY_LEN(places),
        .pads = pads, .npads = ARRAY_LEN(pads),
        .saves = saves,
        .bodies = bodies,
        .module = module, .module_len = sizeof module,
    };
}

static u8 *build(size_t *len)
{
    Diag diag = {0};
    ObjParts p = parts();
    u8 *bytes = NULL;
    EXPECT(obj_build(&p, &bytes, len, &diag));
    return bytes;
}

static void built_loads_again(void)
{
    size_t len, len2;
    u8 *bytes = build(&len), *again = build(&len2);
    EXPECT(len == len2 && memcmp(bytes, again, len) == 0);
    free(again);
    ObjImage image;
    Diag diag = {0};
    if (EXPECT(obj_load(bytes, len, &image, &diag))) {
        EXPECT(memcmp(image.text, text, 36) == 0 && (image.text - bytes) % 4096 == 0);
        EXPECT(memcmp(image.entries, entries, sizeof entries) == 0);
        EXPECT(image.nrows == 4 && memcmp(image.rows, rows, sizeof rows) == 0);
        EXPECT(image.nlocs == 3 && memcmp(image.locs, locs, sizeof locs) == 0);
        EXPECT(image.nplaces == 2 && memcmp(image.places, places, sizeof places) == 0);
        EXPECT(image.npads == 4 && memcmp(image.pads, pads, sizeof pads) == 0);
        EXPECT(memcmp(image.saves, saves, sizeof saves) == 0);
        EXPECT(memcmp(image.bodies, bodies, sizeof bodies) == 0);
        EXPECT(image.module_len == 8 && memcmp(image.module, module, 8) == 0);
        EXPECT_U64(image.header->key.wasm_features, 77);
    }
    free(bytes);
}

static void empty_artifact(void)
{
    static const u32 no_entries[] = {0};
    ObjParts p = {.key.format_version = OBJ_FORMAT_VERSION, .entries = no_entries};
    u8 *bytes;
    size_t len;
    ObjImage image;
    Diag diag = {0};
    if (!EXPECT(obj_build(&p, &bytes, &len, &diag)) || !EXPECT(obj_load(bytes, len, &image, &diag)))
        return;
    EXPECT(obj_find_row(&image, 0) == NULL && obj_find_loc(&image, 0) == NULL);
    EXPECT_U64(obj_find_func(&image, 0), UINT32_MAX);
    EXPECT(image.bodies == NULL && image.saves == NULL && obj_find_pad(&image, 0) == NULL);
    free(bytes);
}

static void lookups(void)
{
    size_t len;
    u8 *bytes = build(&len);
    ObjImage image;
    Diag diag = {0};
    if (!EXPECT(obj_load(bytes, len, &image, &diag)))
        return;
    static const u32 ret[][2] = {{0, 0}, {2, 0},  {3, 16},  {7, 16},
                                 {8, 8}, {19, 8}, {20, 40}, {99, 40}};
    for (u32 i = 0; i < ARRAY_LEN(ret); i++)
        EXPECT_U64(obj_find_row(&image, ret[i][0])->ret_offset, ret[i][1]);
    for (u32 off = 0; off < 40; off++) {
        const ObjLoc *loc = obj_find_loc(&image, off);
        EXPECT_U64(loc ? loc->src : 0,
                   off == 2 ? 100 : off == 7 ? 120 : off == 21 ? (OBJ_PLACE | 1) : 0);
        const ObjPad *pad = obj_find_pad(&image, off);
        EXPECT_U64(pad ? pad->pad_off : 0,
                   off == 3 ? 6 : off == 5 ? 1 : off == 12 ? 28 : off == 30 ? 12 : 0);
        u32 func = obj_find_func(&image, off);
        EXPECT_U64(func, off < 8 ? 0 : off < 30 ? 2 : UINT32_MAX); /* function 1 is empty */
    }
    free(bytes);
}

/* Location 21: an operator of function 0, inlined into 2, and with that into function 0 again. */
static void places_lead_outwards(void)
{
    size_t len;
    u8 *bytes = build(&len);
    ObjImage image;
    Diag diag = {0};
    if (!EXPECT(obj_load(bytes, len, &image, &diag)))
        return;
    u32 origin = obj_find_loc(&image, 21)->src;
    EXPECT_U64(obj_leave_place(&image, &origin), 60);
    EXPECT_U64(origin, OBJ_PLACE);
    EXPECT_U64(obj_leave_place(&image, &origin), 112);
    EXPECT_U64(origin, 105);
    EXPECT_U64(obj_leave_place(&image, &origin), 105);
    EXPECT_U64(origin, 0);
    static const u32 in[][2] = {{49, UINT32_MAX}, {50, 0}, {109, 0}, {110, 1}, {111, 2}, {900, 2}};
    for (u32 i = 0; i < ARRAY_LEN(in); i++)
        EXPECT_U64(obj_find_body(&image, in[i][0]), in[i][1]);
    free(bytes);
}

static bool loads(const u8 *bytes, size_t len)
{
    ObjImage image;
    Diag diag = {0};
    u8 *copy = malloc(len + 1); /* exactly sized, so that the sanitizer sees each step beyond it */
    memcpy(copy, bytes, len);
    bool ok = obj_load(copy, len, &image, &diag);
    EXPECT(ok || (diag.is_set && diag.text[0]));
    free(copy);
    return ok;
}

/* Tables whose checksum is right, and which would have an exception land where it must not. */
static void wrong_landing_pads_are_refused(void)
{
    static const struct {
        ObjPad pads[2];
        const char *why;
    } wrong[] = {
        {{{12, 28}, {3, 6}}, "landing pad 1 is out of order"},
        {{{3, 6}, {3, 7}}, "landing pad 1 is out of order"},
        {{{0, 6}, {12, 28}}, "landing pad 0 lies outside its function"},
        {{{3, 8}, {12, 28}}, "landing pad 0 lies outside its function"},
        {{{3, 0}, {12, 28}}, "landing pad 0 lies outside its function"},
        {{{3, 6}, {12, 7}}, "landing pad 1 lies outside its function"},
        {{{3, 6}, {12, 8}}, "landing pad 1 lies outside its function"},
        {{{3, 6}, {12, 30}}, "landing pad 1 lies outside its function"},
        {{{3, 6}, {31, 12}}, "landing pad 1 lies outside its function"},
        {{{3, 6}, {UINT32_MAX, UINT32_MAX}}, "landing pad 1 lies outside its function"},
    };
    for (u32 i = 0; i < ARRAY_LEN(wrong); i++) {
        ObjParts p = parts();
        u8 *bytes;
        size_t len;
        ObjImage image;
        Diag diag = {0};
        p.pads = wrong[i].pads;
        p.npads = 2;
        EXPECT(obj_build(&p, &bytes, &len, &diag));
        EXPECT(!obj_load(bytes, len, &image, &diag));
        EXPECT(strstr(diag.text, wrong[i].why) != NULL);
        free(bytes);
    }
}

static void damage_is_found(void)
{
    size_t len;
    u8 *bytes = build(&len);
    for (size_t cut = 0; cut < len; cut += cut < 300 ? 1 : 37)
        EXPECT(!loads(bytes, cut));
    for (size_t at = 0; at < len; at++) {
        bytes[at] ^= 0x40;
        EXPECT(!loads(bytes, len));
        bytes[at] ^= 0x40;
    }
    free(bytes);
}

static bool mend_and_load(u8 *bytes, size_t len)
{
    store_u64(bytes + offsetof(ObjHeader, checksum), obj_checksum(bytes, len));
    bool ok = loads(bytes, len);
    free(bytes);
    return ok;
}

/* Changes one word of a section, mends the checksum, and loads. */
static bool loads_with(size_t section, u32 word, u32 value)
{
    size_t len;
    u8 *bytes = build(&len);
    ObjSection s;
    memcpy(&s, bytes + section, sizeof s);
    store_u32(bytes + s.off + 4 * word, value);
    return mend_and_load(bytes, len);
}

static bool header_loads_with(size_t at, u32 value)
{
    size_t len;
    u8 *bytes = build(&len);
    store_u32(bytes + at, value);
    return mend_and_load(bytes, len);
}

static void hostile_contents_are_found(void)
{
    EXPECT(loads_with(offsetof(ObjHeader, entries), 1, 7));
    EXPECT(!loads_with(offsetof(ObjHeader, entries), 1, 9));  /* beyond the next */
    EXPECT(loads_with(offsetof(ObjHeader, entries), 3, 36));
    EXPECT(!loads_with(offsetof(ObjHeader, entries), 3, 37)); /* beyond the text */
    EXPECT(!loads_with(offsetof(ObjHeader, rows), 2, 0));     /* the same place twice */
    EXPECT(!loads_with(offsetof(ObjHeader, rows), 6, 37));
    EXPECT(!loads_with(offsetof(ObjHeader, locs), 2, 2));
    EXPECT(!loads_with(offsetof(ObjHeader, locs), 4, UINT32_MAX));
    EXPECT(loads_with(offsetof(ObjHeader, locs), 5, OBJ_PLACE));
    EXPECT(!loads_with(offsetof(ObjHeader, locs), 5, OBJ_PLACE | 2)); /* no such place */
    EXPECT(loads_with(offsetof(ObjHeader, places), 3, 7));
    EXPECT(!loads_with(offsetof(ObjHeader, places), 3, OBJ_PLACE | 1)); /* leads to itself */
    EXPECT(!loads_with(offsetof(ObjHeader, places), 1, OBJ_PLACE | 1)); /* to a later one */
    EXPECT(!loads_with(offsetof(ObjHeader, places), 2, OBJ_PLACE));     /* no offset */
    EXPECT(!header_loads_with(offsetof(ObjHeader, nfuncs), UINT32_MAX));
    EXPECT(!header_loads_with(offsetof(ObjHeader, nfuncs), 2));
    EXPECT(!header_loads_with(offsetof(ObjHeader, bodies) + 4, 0)); /* places need them */
    EXPECT(!header_loads_with(offsetof(ObjHeader, bodies) + 4, 8));
    static const size_t sections[] = {
        offsetof(ObjHeader, text), offsetof(ObjHeader, entries), offsetof(ObjHeader, rows),
        offsetof(ObjHeader, locs), offsetof(ObjHeader, places), offsetof(ObjHeader, bodies),
        offsetof(ObjHeader, sealed), offsetof(ObjHeader, module),
    };
    static const u32 offs[] = {0, 8, 0x7FFFFFF0, 0xFFFFFFF0, 0xFFFFF000};
    for (u32 i = 0; i < ARRAY_LEN(sections); i++) {
        for (u32 k = 0; k < ARRAY_LEN(offs); k++)
            EXPECT(!header_loads_with(sections[i], offs[k]));
        EXPECT(!header_loads_with(sections[i] + 4, 0xFFFFFFF0));
    }
}

static void keys(void)
{
    ObjKey want = parts().key, have = want;
    Diag diag = {0};
    EXPECT(obj_key_matches(&have, &want, &diag));
    have.features = 4; /* fewer than the machine has: runs */
    EXPECT(obj_key_matches(&have, &want, &diag));
    have.features = 7;
    EXPECT(!obj_key_matches(&have, &want, &diag) && strstr(diag.text, "processor"));
    u32 *fields[] = {&have.abi_version, &have.isa, &have.flags};
    for (u32 i = 0; i < ARRAY_LEN(fields); i++) {
        have = want;
        ++*fields[i];
        diag = (Diag){0};
        EXPECT(!obj_key_matches(&have, &want, &diag) && diag.is_set);
    }
    have = want;
    have.wasm_features ^= 1;
    EXPECT(!obj_key_matches(&have, &want, &diag));
    have = want;
    have.compiler ^= 1;
    EXPECT(!obj_key_matches(&have, &want, &diag));
}

int main(void)
{
    TEST(built_loads_again);
    TEST(empty_artifact);
    TEST(lookups);
    TEST(places_lead_outwards);
    TEST(wrong_landing_pads_are_refused);
    TEST(damage_is_found);
    TEST(hostile_contents_are_found);
    TEST(keys);
    return test_end();
}
