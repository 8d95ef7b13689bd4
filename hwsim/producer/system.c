/* The system module: one, with one interface. */
#include <string.h>

#include "simcam.h"

static TL_HANDLE handle;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int the_system; /* its address is what the handle stands for */
static bool interfaces_seen; /* since TLOpen */

static GC_ERROR check(TL_HANDLE tl)
{
    void *object;

    return check_handle(tl, KIND_SYSTEM, &object);
}

static GC_ERROR check_interface(TL_HANDLE tl, const char *id)
{
    GC_ERROR error = check(tl);

    if (error)
        return error;
    if (no_pointer(id))
        return fail(GC_ERR_INVALID_PARAMETER, "the interface id is NULL");
    return strcmp(id, INTERFACE_ID) ? fail(GC_ERR_INVALID_ID, "no interface '%s'", id) : GC_ERR_SUCCESS;
}

TL_HANDLE system_handle(void)
{
    return handle;
}

GC_API TLOpen(TL_HANDLE *tl)
{
    CALL_ALONE;
    GC_ERROR error = GC_ERR_SUCCESS;

    if (!library_ready())
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    if (no_pointer(tl))
        return fail(GC_ERR_INVALID_PARAMETER, "phTL is NULL");
    pthread_mutex_lock(&lock);
    if (handle)
        error = fail(GC_ERR_RESOURCE_IN_USE, "the system is open");
    else if (!(handle = handle_new(KIND_SYSTEM, &the_system)))
        error = fail(GC_ERR_OUT_OF_MEMORY, "no memory for a handle");
    else
        *tl = handle;
    pthread_mutex_unlock(&lock);
    return error;
}

void system_close(void)
{
    interface_close();
    pthread_mutex_lock(&lock);
    handle_drop(handle);
    handle = NULL;
    interfaces_seen = false;
    pthread_mutex_unlock(&lock);
}

GC_API TLClose(TL_HANDLE tl)
{
    CALL_ALONE;
    GC_ERROR error = check(tl);

    if (!error)
        system_close();
    return error;
}

GC_API TLGetInfo(TL_HANDLE tl, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    GC_ERROR error = check(tl);

    return error ? error : system_info(command, (struct out){type, buffer, size});
}

GC_API TLGetNumInterfaces(TL_HANDLE tl, uint32_t *n)
{
    CALL;
    GC_ERROR error = check(tl);

    if (error)
        return error;
    if (no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "piNumIfaces is NULL");
    *n = 1;
    return GC_ERR_SUCCESS;
}

GC_API TLGetInterfaceID(TL_HANDLE tl, uint32_t index, char *id, size_t *size)
{
    CALL;
    GC_ERROR error = check(tl);

    if (error)
        return error;
    if (index)
        return fail(GC_ERR_INVALID_INDEX, "there is one interface");
    return put_text((struct out){NULL, id, size}, INTERFACE_ID);
}

GC_API TLGetInterfaceInfo(TL_HANDLE tl, const char *id, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    GC_ERROR error = check_interface(tl, id);

    return error ? error : interface_info(command, (struct out){type, buffer, size});
}

GC_API TLOpenInterface(TL_HANDLE tl, const char *id, IF_HANDLE *interface)
{
    CALL_ALONE;
    GC_ERROR error = check_interface(tl, id);

    if (error)
        return error;
    if (no_pointer(interface))
        return fail(GC_ERR_INVALID_PARAMETER, "phIface is NULL");
    return interface_open(interface);
}

GC_API TLUpdateInterfaceList(TL_HANDLE tl, bool8_t *changed, uint64_t timeout)
{
    CALL;
    GC_ERROR error = check(tl);

    (void)timeout;
    if (error)
        return error;
    pthread_mutex_lock(&lock);
    if (changed)
        *changed = !interfaces_seen;
    interfaces_seen = true;
    pthread_mutex_unlock(&lock);
    return GC_ERR_SUCCESS;
}
