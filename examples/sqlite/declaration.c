/* declaration.c: the name of an export is a line of SQL.
 *
 *   name(params) -> type             a function
 *   name(params) -> aggregate type   with the export name.final
 *   name(params) -> table(columns)   with name.next and perhaps name.close
 *
 * A parameter is a type, or a name and a type; a column has both. Types: integer, real, text, blob
 * and any. An export with a plain name is a function if it takes and gives i64 and f64 alone.
 */
#include "wasm.h"

#include <ctype.h>
#include <string.h>

SQLITE_EXTENSION_INIT3

static const char *const type_names[] = {"integer", "real", "text", "blob", "any"};
/* What stands for a value in a call. */
static const char *const param_types[] = {"I", "F", "ii", "ii", "i"};
static const char *const result_types[] = {"I", "F", "I", "I", "i"};

const char *type_name(Type type)
{
    return type_names[type];
}

/* ---- Types of WebAssembly ------------------------------------------------------------------ */

static bool is_list(const wasm_valtype_vec_t *types, const char *list)
{
    for (size_t i = 0; i < types->size; i++) {
        wasm_valkind_t kind = wasm_valtype_kind(types->data[i]);
        char letter = kind == WASM_I32 ? 'i' : kind == WASM_I64 ? 'I' : 'F';
        if (list[i] != letter || (letter == 'F' && kind != WASM_F64))
            return false; /* also at the end of the list */
    }
    return list[types->size] == 0;
}

bool has_type(const wasm_functype_t *type, const char *params, const char *result)
{
    return is_list(wasm_functype_params(type), params) &&
           is_list(wasm_functype_results(type), result);
}

static bool fits(const wasm_functype_t *type, const Declaration *is)
{
    char params[MAX_RAW + 1] = "";
    if (is->kind == AGGREGATE)
        strcat(params, "i");
    for (int i = 0; i < is->n_params; i++)
        strcat(params, param_types[is->params[i].type]);
    return has_type(type, params, is->kind == SCALAR ? result_types[is->result] : "i");
}

/* ---- Reading a declaration ----------------------------------------------------------------- */

static bool take(const char **at, const char *what)
{
    while (**at == ' ')
        (*at)++;
    size_t len = strlen(what);
    if (strncmp(*at, what, len))
        return false;
    *at += len;
    return true;
}

/* A word, or "" if there is none or it is too long. */
static const char *take_word(const char **at, char word[MAX_NAME])
{
    while (**at == ' ')
        (*at)++;
    size_t len = 0;
    while (isalnum((unsigned char)(*at)[len]) || (*at)[len] == '_')
        len++;
    if (len >= MAX_NAME)
        len = 0;
    memcpy(word, *at, len);
    word[len] = 0;
    *at += len;
    return word;
}

static bool to_type(const char *word, Type *type)
{
    for (Type t = INTEGER; t <= ANY; t++)
        if (!strcmp(word, type_names[t]))
            return *type = t, true;
    return false;
}

/* Types, or names and types, between brackets. */
static bool take_fields(const char **at, Field *fields, int max, int *n)
{
    *n = 0;
    if (!take(at, "("))
        return false;
    if (take(at, ")"))
        return true;
    for (; *n < max; take(at, ",")) {
        Field *field = &fields[(*n)++];
        char word[MAX_NAME];
        take_word(at, field->name);
        if (*take_word(at, word) == 0) { /* a type alone */
            strcpy(word, field->name);
            field->name[0] = 0;
        }
        if (!to_type(word, &field->type))
            return false;
        if (take(at, ")"))
            return true;
        if (**at != ',')
            return false;
    }
    return false;
}

static bool take_declaration(const char *at, Declaration *out)
{
    char word[MAX_NAME];
    if (*take_word(&at, out->name) == 0 ||
        !take_fields(&at, out->params, MAX_PARAMS, &out->n_params) || !take(&at, "->"))
        return false;
    take_word(&at, word);
    if (!strcmp(word, "table")) {
        out->kind = TABLE;
        if (!take_fields(&at, out->columns, MAX_COLUMNS, &out->n_columns) || !out->n_columns)
            return false;
        for (int i = 0; i < out->n_columns; i++)
            if (!out->columns[i].name[0])
                return false;
        return *at == 0;
    }
    if (!strcmp(word, "aggregate")) {
        out->kind = AGGREGATE;
        take_word(&at, word);
    }
    return to_type(word, &out->result) && *at == 0;
}

/* A plain name: what the type of the function says, if it is one of 64-bit numbers. */
static bool is_numeric(const wasm_functype_t *type, Declaration *out)
{
    const wasm_valtype_vec_t *params = wasm_functype_params(type);
    const wasm_valtype_vec_t *results = wasm_functype_results(type);
    if (results->size != 1 || params->size > MAX_PARAMS)
        return false;
    for (size_t i = 0; i <= params->size; i++) {
        const wasm_valtype_t *value = i < params->size ? params->data[i] : results->data[0];
        Type *into = i < params->size ? &out->params[i].type : &out->result;
        wasm_valkind_t kind = wasm_valtype_kind(value);
        if (kind != WASM_I64 && kind != WASM_F64)
            return false;
        *into = kind == WASM_I64 ? INTEGER : REAL;
    }
    out->n_params = (int)params->size;
    return true;
}

char *declaration_read(const wasm_exporttype_t *export, Declaration *out, bool *is_ours)
{
    const wasm_name_t *name = wasm_exporttype_name(export);
    const wasm_functype_t *type =
        wasm_externtype_as_functype_const(wasm_exporttype_type(export));
    memset(out, 0, sizeof *out);
    *is_ours = false;
    if (!type || memchr(name->data, 0, name->size))
        return NULL;
    char *text = sqlite3_mprintf("%.*s", (int)name->size, name->data);
    if (!text)
        return sqlite3_mprintf("out of memory");
    char *error = NULL;
    const char *rest = text;
    if (strchr(text, '(')) {
        *is_ours = true;
        if (!take_declaration(text, out))
            error = sqlite3_mprintf("\"%s\" is no declaration", text);
        else if (!fits(type, out))
            error = sqlite3_mprintf("\"%s\" is declared otherwise than it is defined", text);
    } else if (*take_word(&rest, out->name) && !*rest) {
        *is_ours = is_numeric(type, out);
    }
    sqlite3_free(text);
    return error;
}
