/* Functions: signature, locals, body. */
#include "wat/wat_int.h"

/* (local $id t) or (local t*): runs of equal types. */
typedef struct Runs {
    u32 count;   /* runs written to p->locals, without the last */
    u32 len;     /* locals in the last */
    u32 type_at; /* of its type in p->tmp, which goes to the end */
} Runs;

static void flush_run(WatParser *p, Runs *runs)
{
    if (!runs->len)
        return;
    wat_put_uleb(p, &p->locals, runs->len);
    wat_put_bytes(p, &p->locals, p->tmp.at + runs->type_at, p->tmp.len - runs->type_at);
    runs->count++;
    runs->len = 0;
}

/* One local of the type that is the current token. */
static void read_local_type(WatParser *p, Runs *runs)
{
    u32 at = p->tmp.len, old_len = at - runs->type_at;
    wat_val_type(p, &p->tmp);
    u32 len = p->tmp.len - at;
    bool is_same = runs->len && old_len == len &&
                   !memcmp(p->tmp.at + runs->type_at, p->tmp.at + at, len);
    if (!is_same) {
        p->tmp.len = at;
        flush_run(p, runs);
        memmove(p->tmp.at, p->tmp.at + at, len);
        runs->type_at = 0;
        at = len;
    }
    p->tmp.len = at;
    runs->len++;
}

static void read_locals(WatParser *p)
{
    Runs runs = {0};
    p->tmp.len = p->locals.len = 0;
    while (wat_form(p) == WAT_KW_LOCAL) {
        wat_step_form(p);
        if (p->lex.tok.kind == WAT_TOK_ID) {
            wat_declare_local(p);
            read_local_type(p, &runs);
        } else {
            for (; p->lex.tok.kind != WAT_TOK_RIGHT; p->n_locals++)
                read_local_type(p, &runs);
        }
        wat_step_right(p);
    }
    flush_run(p, &runs);
    wat_put_uleb(p, &p->body, runs.count);
    wat_put_buf(p, &p->body, &p->locals);
}

/* Appends the body that was read to the code section. */
static void flush_body(WatParser *p, u32 first_mark)
{
    WatBuf *to = wat_section(p, WAT_SEC_CODE);
    wat_put_uleb(p, to, p->body.len);
    for (u32 i = first_mark; i < p->marks.len; i++)
        if (p->marks.at[i].section == WAT_SEC_CODE)
            p->marks.at[i].at += to->len;
    wat_put_buf(p, to, &p->body);
    p->sections[WAT_SEC_CODE].count++;
}

void wat_func(WatParser *p, u32 index, u32 at)
{
    bool is_named;
    u32 first_mark = p->marks.len;
    p->func_stamp++;
    p->n_locals = p->n_labels = 0;
    p->body.len = 0;
    u32 type = wat_type_use(p, WAT_IDS_LOCALS, &is_named);
    wat_put_uleb(p, wat_section(p, WAT_SEC_FUNC), is_named ? type : wat_sig_type(p));
    p->sections[WAT_SEC_FUNC].count++;
    wat_mark(p, WAT_SEC_CODE, &p->body, at);
    read_locals(p);
    p->in_func = true;
    wat_expr(p, WAT_SEC_CODE, &p->body);
    p->in_func = false;
    flush_body(p, first_mark);
    wat_flush_names(p, &p->local_names, &p->own_locals, index);
    wat_flush_names(p, &p->label_names, &p->own_labels, index);
    wat_flush_names(p, &p->hints, &p->own_hints, index);
}
