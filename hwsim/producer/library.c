/* GCInitLib to GCCloseLib, and what is asked of the producer before anything is open. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

#include "simcam.h"

static atomic_bool ready;

bool library_ready(void)
{
    return atomic_load(&ready);
}

GC_ERROR check_handle(void *handle, enum kind kind, void **object)
{
    if (!library_ready())
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    *object = handle_object(handle, kind);
    return *object ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_HANDLE, "not a handle of that kind, or closed: %p", handle);
}

GC_API GCInitLib(void)
{
    CALL_ALONE;
    bool was = false;

    if (!atomic_compare_exchange_strong(&ready, &was, true))
        return fail(GC_ERR_RESOURCE_IN_USE, "GCInitLib was called already");
    return GC_ERR_SUCCESS;
}

GC_API GCCloseLib(void)
{
    CALL_ALONE;
    if (!library_ready())
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    system_close();
    atomic_store(&ready, false);
    return GC_ERR_SUCCESS;
}

static const char *own_path(void)
{
    Dl_info found;

    return dladdr((void *)own_path, &found) && found.dli_fname ? found.dli_fname : "simcam.cti";
}

GC_ERROR system_info(int32_t command, struct out out)
{
    const char *path = own_path(), *slash = strrchr(path, '/');
    uint32_t major = 1, minor = 5;

    switch (command) {
    case TL_INFO_ID:
    case TL_INFO_PATHNAME:
        return put_text(out, path);
    case TL_INFO_VENDOR:
        return put_text(out, VENDOR);
    case TL_INFO_MODEL:
        return put_text(out, PRODUCER_MODEL);
    case TL_INFO_VERSION:
        return put_text(out, PRODUCER_VERSION);
    case TL_INFO_TLTYPE:
        return put_text(out, TL_TYPE);
    case TL_INFO_NAME:
        return put_text(out, slash ? slash + 1 : path);
    case TL_INFO_DISPLAYNAME:
        return put_text(out, "Oreline simulated cameras");
    case TL_INFO_CHAR_ENCODING:
        return put_i32(out, 1);
    case TL_INFO_GENTL_VER_MAJOR:
        return put(out, INFO_DATATYPE_UINT32, &major, sizeof major);
    case TL_INFO_GENTL_VER_MINOR:
        return put(out, INFO_DATATYPE_UINT32, &minor, sizeof minor);
    }
    return unknown_command("TL info", command);
}

GC_API GCGetInfo(int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    if (!library_ready())
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    return system_info(command, (struct out){type, buffer, size});
}
