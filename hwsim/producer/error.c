/* The last error of each thread, for GCGetLastError. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simcam.h"

static _Thread_local GC_ERROR last_code;
static _Thread_local char last_text[256] = "No Error";

GC_ERROR fail(GC_ERROR code, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(last_text, sizeof last_text, format, arguments);
    va_end(arguments);
    return last_code = code;
}

GC_API GCGetLastError(GC_ERROR *code, char *text, size_t *size)
{
    CALL;
    size_t needed = strlen(last_text) + 1;

    if (!library_ready())
        return GC_ERR_NOT_INITIALIZED;
    if (no_pointer(code) || no_pointer(size) || (text && no_pointer(text)))
        return GC_ERR_INVALID_PARAMETER;
    *code = last_code;
    if (text && *size < needed) {
        *size = needed;
        return GC_ERR_BUFFER_TOO_SMALL;
    }
    if (text)
        memcpy(text, last_text, needed);
    *size = needed;
    return GC_ERR_SUCCESS;
}
