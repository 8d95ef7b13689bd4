/* The device module: an opened camera. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "simcam.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct device *opened;

static GC_ERROR check(DEV_HANDLE handle, struct device **device)
{
    return check_handle(handle, KIND_DEVICE, (void **)device);
}

struct device *device_by_id(const char *id)
{
    struct device *device;

    pthread_mutex_lock(&lock);
    for (device = opened; device && strcmp(device->id, id); device = device->next)
        ;
    pthread_mutex_unlock(&lock);
    return device;
}

static void copy_text(char *to, const char *from)
{
    size_t length = strnlen(from, SIMCAM_TEXT - 1);

    memcpy(to, from, length);
    memset(to + length, 0, SIMCAM_TEXT - length);
}

void device_identity(const struct simcam_file *file, const char *id, struct identity *identity)
{
    memset(identity, 0, sizeof *identity);
    copy_text(identity->id, id);
    copy_text(identity->vendor, file->registers.DeviceVendorName);
    copy_text(identity->model, file->registers.DeviceModelName);
    copy_text(identity->serial, file->registers.DeviceSerialNumber);
    copy_text(identity->user, file->registers.DeviceUserID);
}

/* Does a line wait for a buffer, rather than be lost? */
bool device_lossless(const struct device *device)
{
    const struct simcam_control *control = &device->file->control;

    return control->speed == 0 || control->patient || control->stepped;
}

/* Up, unless the simulator says otherwise or has died. */
int device_link(const struct device *device)
{
    return file_locked(device->fd, LOCK_SIMULATOR) ? file_link(device->file) : LINK_DOWN;
}

static void release(struct device *device)
{
    handle_drop(device->handle);
    handle_drop(device->remote);
    source_close_all(device);
    file_close(device->fd, device->file);
    pthread_mutex_destroy(&device->lock);
    pthread_mutex_destroy(&device->stream.lock);
    pthread_cond_destroy(&device->stream.changed);
    free(device);
}

/* Takes over the open file; closes it where that fails. */
static GC_ERROR make(const char *id, int fd, struct simcam_file *file, struct device **made)
{
    struct device *device = calloc(1, sizeof *device);
    GC_ERROR error;

    if (!device) {
        file_close(fd, file);
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a device");
    }
    copy_text(device->id, id);
    device->fd = fd;
    device->file = file;
    pthread_mutex_init(&device->lock, NULL);
    stream_init(&device->stream, device);
    error = source_open_all(device);
    if (!error) {
        device->handle = handle_new(KIND_DEVICE, device);
        device->remote = handle_new(KIND_REMOTE, device);
        if (!device->handle || !device->remote)
            error = fail(GC_ERR_OUT_OF_MEMORY, "no memory for a handle");
    }
    if (error)
        release(device);
    *made = device;
    return error;
}

static GC_ERROR open_locked(const char *id, struct device **device)
{
    struct simcam_file *file;
    GC_ERROR error;
    int fd;

    error = file_open(id, &fd, &file);
    if (error)
        return error;
    if (file_link(file) != LINK_UP)
        error = fail(GC_ERR_NOT_AVAILABLE, "camera '%s' does not answer", id);
    else if (!file_lock(fd, LOCK_HOST))
        error = fail(GC_ERR_ACCESS_DENIED, "camera '%s' is in use by another process", id);
    if (error) {
        file_close(fd, file);
        return error;
    }
    file->registers.TLParamsLocked = 0;
    file->state.acquiring = 0;
    return make(id, fd, file, device);
}

GC_ERROR device_open(const char *id, DEV_HANDLE *handle)
{
    struct device *device = NULL;
    GC_ERROR error;

    if (device_by_id(id))
        return fail(GC_ERR_RESOURCE_IN_USE, "camera '%s' is open", id);
    error = open_locked(id, &device);
    if (error)
        return error;
    pthread_mutex_lock(&lock);
    device->next = opened;
    opened = device;
    pthread_mutex_unlock(&lock);
    *handle = device->handle;
    return GC_ERR_SUCCESS;
}

static void device_close(struct device *device)
{
    struct device **link;

    pthread_mutex_lock(&lock);
    for (link = &opened; *link != device; link = &(*link)->next)
        ;
    *link = device->next;
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&device->lock);
    camera_stop(device);
    pthread_mutex_unlock(&device->lock);
    stream_close(&device->stream);
    release(device);
}

void device_close_all(void)
{
    while (opened)
        device_close(opened);
}

GC_API DevClose(DEV_HANDLE handle)
{
    CALL_ALONE;
    struct device *device;
    GC_ERROR error = check(handle, &device);

    if (!error)
        device_close(device);
    return error;
}

GC_API DevGetInfo(DEV_HANDLE handle, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    struct identity identity;
    struct device *device;
    GC_ERROR error = check(handle, &device);

    if (error)
        return error;
    device_identity(device->file, device->id, &identity);
    return put_device((struct out){type, buffer, size}, command, &identity, file_access(device->id));
}

GC_API DevGetPort(DEV_HANDLE handle, PORT_HANDLE *port)
{
    CALL;
    struct device *device;
    GC_ERROR error = check(handle, &device);

    if (error)
        return error;
    if (no_pointer(port))
        return fail(GC_ERR_INVALID_PARAMETER, "phRemoteDevice is NULL");
    *port = device->remote;
    return GC_ERR_SUCCESS;
}

GC_API DevGetNumDataStreams(DEV_HANDLE handle, uint32_t *n)
{
    CALL;
    struct device *device;
    GC_ERROR error = check(handle, &device);

    if (error)
        return error;
    if (no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "piNumDataStreams is NULL");
    *n = 1;
    return GC_ERR_SUCCESS;
}

GC_API DevGetDataStreamID(DEV_HANDLE handle, uint32_t index, char *id, size_t *size)
{
    CALL;
    struct device *device;
    GC_ERROR error = check(handle, &device);

    if (error)
        return error;
    if (index)
        return fail(GC_ERR_INVALID_INDEX, "a camera has one stream");
    return put_text((struct out){NULL, id, size}, STREAM_ID);
}

GC_API DevOpenDataStream(DEV_HANDLE handle, const char *id, DS_HANDLE *stream)
{
    CALL_ALONE;
    struct device *device;
    GC_ERROR error = check(handle, &device);

    if (error)
        return error;
    if (no_pointer(id) || no_pointer(stream))
        return fail(GC_ERR_INVALID_PARAMETER, "the stream id or phDataStream is NULL");
    if (strcmp(id, STREAM_ID))
        return fail(GC_ERR_INVALID_ID, "no stream '%.63s'", id);
    if (device->stream.handle)
        return fail(GC_ERR_RESOURCE_IN_USE, "the stream is open");
    device->stream.handle = handle_new(KIND_STREAM, &device->stream);
    if (!device->stream.handle)
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for a handle");
    *stream = device->stream.handle;
    return GC_ERR_SUCCESS;
}

GC_API DevGetParentIF(DEV_HANDLE handle, IF_HANDLE *interface)
{
    CALL;
    struct device *device;
    GC_ERROR error = check(handle, &device);

    if (error)
        return error;
    if (no_pointer(interface))
        return fail(GC_ERR_INVALID_PARAMETER, "phInterface is NULL");
    *interface = interface_handle();
    return GC_ERR_SUCCESS;
}
