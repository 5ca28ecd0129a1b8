/* What the ABI has and Stint has not: absent.def lists it. */
#include "api/api_int.h"

#pragma GCC diagnostic ignored "-Wunused-parameter" /* nothing here looks at its arguments */

static wasmtime_error_t *not_there(const char *what)
{
    return error_format("%s is not there yet", what);
}

typedef void *Ptr;
typedef wasmtime_error_t *Error;
typedef void (*Finalizer)(void *);

#define ANSWER_void
#define ANSWER_bool false
#define ANSWER_size_t 0
#define ANSWER_uint32_t 0
#define ANSWER_Ptr NULL
#define ANSWER_Error not_there(__func__)

#define CLEAR(out, bytes) memset(out, 0, bytes);
#define FAIL(out) *(Error *)out = not_there(__func__);
#define DROP(env) if (finalizer) finalizer(env);

#define X(T, name, params, effects)   \
    WASM_API_EXTERN T name params;    \
    T name params                     \
    {                                 \
        effects                       \
        return ANSWER_##T;            \
    }
#include "api/absent.def"
