/* The interface module: the directory of cameras, listed anew by IFUpdateDeviceList. A camera whose id is known needs
 * no list to be opened. */
#include <stdlib.h>
#include <string.h>

#include "simcam.h"

static IF_HANDLE handle;
static int the_interface; /* its address is what the handle stands for */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct identity *cameras;
static size_t n_cameras;

static GC_ERROR check(IF_HANDLE interface)
{
    void *object;

    return check_handle(interface, KIND_INTERFACE, &object);
}

static bool listed(const char *id, struct identity *found)
{
    bool is = false;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < n_cameras && !is; i++)
        if ((is = !strcmp(cameras[i].id, id)))
            *found = cameras[i];
    pthread_mutex_unlock(&lock);
    return is;
}

static GC_ERROR find(IF_HANDLE interface, const char *id, struct identity *found)
{
    GC_ERROR error = check(interface);
    int link;

    if (error)
        return error;
    if (no_pointer(id))
        return fail(GC_ERR_INVALID_PARAMETER, "the device id is NULL");
    if (listed(id, found) || file_identity(id, found, &link))
        return GC_ERR_SUCCESS;
    return fail(GC_ERR_INVALID_ID, "no camera '%.63s'", id);
}

IF_HANDLE interface_handle(void)
{
    return handle;
}

GC_ERROR interface_open(IF_HANDLE *interface)
{
    GC_ERROR error = GC_ERR_SUCCESS;

    pthread_mutex_lock(&lock);
    if (handle)
        error = fail(GC_ERR_RESOURCE_IN_USE, "the interface is open");
    else if (!(handle = handle_new(KIND_INTERFACE, &the_interface)))
        error = fail(GC_ERR_OUT_OF_MEMORY, "no memory for a handle");
    else
        *interface = handle;
    pthread_mutex_unlock(&lock);
    return error;
}

void interface_close(void)
{
    device_close_all();
    pthread_mutex_lock(&lock);
    handle_drop(handle);
    handle = NULL;
    free(cameras);
    cameras = NULL;
    n_cameras = 0;
    pthread_mutex_unlock(&lock);
}

GC_API IFClose(IF_HANDLE interface)
{
    CALL_ALONE;
    GC_ERROR error = check(interface);

    if (!error)
        interface_close();
    return error;
}

GC_ERROR interface_info(int32_t command, struct out out)
{
    switch (command) {
    case INTERFACE_INFO_ID:
        return put_text(out, INTERFACE_ID);
    case INTERFACE_INFO_DISPLAYNAME:
        return put_text(out, "Simulated cameras of this machine");
    case INTERFACE_INFO_TLTYPE:
        return put_text(out, TL_TYPE);
    }
    return unknown_command("interface info", command);
}

GC_API IFGetInfo(IF_HANDLE interface, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    GC_ERROR error = check(interface);

    return error ? error : interface_info(command, (struct out){type, buffer, size});
}

GC_API IFUpdateDeviceList(IF_HANDLE interface, bool8_t *changed, uint64_t timeout)
{
    CALL;
    GC_ERROR error = check(interface);
    struct identity *list;
    size_t n;

    (void)timeout;
    if (error)
        return error;
    pthread_mutex_lock(&lock);
    n = file_list(&list);
    if (changed)
        *changed = n != n_cameras || (n && memcmp(list, cameras, n * sizeof *list));
    free(cameras);
    cameras = list;
    n_cameras = n;
    pthread_mutex_unlock(&lock);
    return GC_ERR_SUCCESS;
}

GC_API IFGetNumDevices(IF_HANDLE interface, uint32_t *n)
{
    CALL;
    GC_ERROR error = check(interface);

    if (error)
        return error;
    if (no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "piNumDevices is NULL");
    pthread_mutex_lock(&lock);
    *n = (uint32_t)n_cameras;
    pthread_mutex_unlock(&lock);
    return GC_ERR_SUCCESS;
}

GC_API IFGetDeviceID(IF_HANDLE interface, uint32_t index, char *id, size_t *size)
{
    CALL;
    GC_ERROR error = check(interface);

    if (error)
        return error;
    pthread_mutex_lock(&lock);
    if (index >= n_cameras)
        error = fail(GC_ERR_INVALID_INDEX, "%zu cameras were listed", n_cameras);
    else
        error = put_text((struct out){NULL, id, size}, cameras[index].id);
    pthread_mutex_unlock(&lock);
    return error;
}

GC_API IFGetDeviceInfo(IF_HANDLE interface, const char *id, int32_t command, INFO_DATATYPE *type, void *buffer,
                       size_t *size)
{
    CALL;
    struct identity identity;
    GC_ERROR error = find(interface, id, &identity);

    if (error)
        return error;
    return put_device((struct out){type, buffer, size}, command, &identity, file_access(id));
}

GC_API IFOpenDevice(IF_HANDLE interface, const char *id, int32_t flags, DEV_HANDLE *device)
{
    CALL_ALONE;
    struct identity identity;
    GC_ERROR error = find(interface, id, &identity);

    if (error)
        return error;
    if (no_pointer(device))
        return fail(GC_ERR_INVALID_PARAMETER, "phDevice is NULL");
    if (flags == DEVICE_ACCESS_READONLY)
        return fail(GC_ERR_NOT_IMPLEMENTED, "a simulated camera has no read-only access");
    if (flags != DEVICE_ACCESS_CONTROL && flags != DEVICE_ACCESS_EXCLUSIVE)
        return fail(GC_ERR_INVALID_PARAMETER, "no access flags %d", flags);
    return device_open(id, device);
}

GC_API IFGetParentTL(IF_HANDLE interface, TL_HANDLE *tl)
{
    CALL;
    GC_ERROR error = check(interface);

    if (error)
        return error;
    if (no_pointer(tl))
        return fail(GC_ERR_INVALID_PARAMETER, "phSystem is NULL");
    *tl = system_handle();
    return GC_ERR_SUCCESS;
}
