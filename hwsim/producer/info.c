/* Answers to info commands: the size protocol, once. */
#include <stdio.h>
#include <string.h>

#include "simcam.h"

GC_ERROR put(struct out out, INFO_DATATYPE type, const void *data, size_t size)
{
    if (no_pointer(out.size) || (out.type && no_pointer(out.type)) || (out.buffer && no_pointer(out.buffer)))
        return fail(GC_ERR_INVALID_PARAMETER, "piSize, piType or pBuffer is no pointer");
    if (out.type)
        *out.type = type;
    if (out.buffer && *out.size < size) {
        size_t given = *out.size;
        *out.size = size;
        return fail(GC_ERR_BUFFER_TOO_SMALL, "the answer takes %zu bytes, the buffer has %zu", size, given);
    }
    if (out.buffer)
        memcpy(out.buffer, data, size);
    *out.size = size;
    return GC_ERR_SUCCESS;
}

GC_ERROR put_text(struct out out, const char *text)
{
    return put(out, INFO_DATATYPE_STRING, text, strlen(text) + 1);
}

GC_ERROR put_bool(struct out out, bool value)
{
    bool8_t byte = value;

    return put(out, INFO_DATATYPE_BOOL8, &byte, sizeof byte);
}

GC_ERROR put_size(struct out out, size_t value)
{
    return put(out, INFO_DATATYPE_SIZET, &value, sizeof value);
}

GC_ERROR put_u64(struct out out, uint64_t value)
{
    return put(out, INFO_DATATYPE_UINT64, &value, sizeof value);
}

GC_ERROR put_i32(struct out out, int32_t value)
{
    return put(out, INFO_DATATYPE_INT32, &value, sizeof value);
}

GC_ERROR put_pointer(struct out out, void *value)
{
    return put(out, INFO_DATATYPE_PTR, &value, sizeof value);
}

static GC_ERROR put_display_name(struct out out, const struct identity *identity)
{
    char name[4 * SIMCAM_TEXT];

    if (*identity->user)
        return put_text(out, identity->user);
    snprintf(name, sizeof name, "%s %s (%s)", identity->vendor, identity->model, identity->id);
    return put_text(out, name);
}

GC_ERROR put_device(struct out out, int32_t command, const struct identity *identity, int32_t access)
{
    switch (command) {
    case DEVICE_INFO_ID:
        return put_text(out, identity->id);
    case DEVICE_INFO_VENDOR:
        return put_text(out, identity->vendor);
    case DEVICE_INFO_MODEL:
        return put_text(out, identity->model);
    case DEVICE_INFO_TLTYPE:
        return put_text(out, TL_TYPE);
    case DEVICE_INFO_DISPLAYNAME:
        return put_display_name(out, identity);
    case DEVICE_INFO_USER_DEFINED_NAME:
        return put_text(out, identity->user);
    case DEVICE_INFO_ACCESS_STATUS:
        return put_i32(out, access);
    case DEVICE_INFO_SERIAL_NUMBER:
        return put_text(out, identity->serial);
    case DEVICE_INFO_VERSION:
        return put_text(out, PRODUCER_VERSION);
    case DEVICE_INFO_TIMESTAMP_FREQUENCY:
        return put_u64(out, 1000000000);
    }
    return unknown_command("device info", command);
}

GC_ERROR unknown_command(const char *function, int32_t command)
{
    return fail(GC_ERR_NOT_IMPLEMENTED, "%s: no command %d", function, command);
}
