/* Ports: the register access of every module, and where its XML is. Only the remote device has registers. */
#include <stdio.h>
#include <string.h>

#include "simcam.h"

#define XML_ADDRESS UINT64_C(0x100000)

struct port {
    enum kind kind;
    struct device *device; /* of KIND_REMOTE, KIND_DEVICE and KIND_STREAM */
    const uint8_t *xml;
    size_t xml_bytes;
    const char *name, *module, *file;
};

static GC_ERROR resolve(PORT_HANDLE handle, struct port *port)
{
    static const char *const modules[] = {"", "TLSystem", "TLInterface", "TLDevice", "Device", "TLDataStream"};
    void *object = NULL;

    if (!library_ready())
        return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib was not called");
    port->kind = handle_find(handle, &object);
    if (port->kind == KIND_BUFFER)
        return fail(GC_ERR_NOT_IMPLEMENTED, "a buffer has no port");
    if (port->kind < KIND_SYSTEM || port->kind > KIND_STREAM)
        return fail(GC_ERR_INVALID_HANDLE, "not a handle with a port, or closed: %p", handle);
    port->device = port->kind == KIND_STREAM ? ((struct stream *)object)->device : object;
    port->module = modules[port->kind];
    bool remote = port->kind == KIND_REMOTE;
    const struct simcam_file *own = remote ? port->device->file : NULL;
    port->xml = remote ? xml_camera : xml_module;
    port->xml_bytes = remote ? xml_camera_end - xml_camera : xml_module_end - xml_module;
    if (own && own->head.xml_bytes) {
        port->xml = (const uint8_t *)own + own->head.xml_offset;
        port->xml_bytes = own->head.xml_bytes;
    }
    port->name = remote ? "Device" : "ModulePort";
    port->file = remote ? "simcam_camera.xml" : "simcam_module.xml";
    return GC_ERR_SUCCESS;
}

static GC_ERROR link_state(const struct port *port)
{
    if (port->kind != KIND_REMOTE)
        return GC_ERR_SUCCESS;
    if (device_link(port->device) == LINK_SILENT)
        return fail(GC_ERR_TIMEOUT, "camera '%s' does not answer", port->device->id);
    if (device_link(port->device) == LINK_DOWN || fault_access(port->device, FAULT_REGISTER_ERROR))
        return fail(GC_ERR_IO, "camera '%s' cannot be reached", port->device->id);
    return GC_ERR_SUCCESS;
}

static GC_ERROR read_port(const struct port *port, uint64_t address, void *buffer, size_t size)
{
    GC_ERROR error = link_state(port);
    uint64_t offset = address - XML_ADDRESS;

    if (error)
        return error;
    if (no_pointer(buffer))
        return fail(GC_ERR_INVALID_PARAMETER, "pBuffer is NULL");
    if (address < XML_ADDRESS && port->kind == KIND_REMOTE)
        return registers_read(port->device, address, buffer, size);
    if (address < XML_ADDRESS || offset > port->xml_bytes || size > port->xml_bytes - offset)
        return fail(GC_ERR_INVALID_ADDRESS, "nothing to read at 0x%llx", (unsigned long long)address);
    memcpy(buffer, port->xml + offset, size);
    return GC_ERR_SUCCESS;
}

static GC_ERROR write_port(const struct port *port, uint64_t address, const void *buffer, size_t size)
{
    GC_ERROR error = link_state(port);

    if (error)
        return error;
    if (no_pointer(buffer))
        return fail(GC_ERR_INVALID_PARAMETER, "pBuffer is NULL");
    if (port->kind != KIND_REMOTE)
        return fail(GC_ERR_INVALID_ADDRESS, "module %s has no registers", port->module);
    return registers_write(port->device, address, buffer, size);
}

GC_API GCReadPort(PORT_HANDLE handle, uint64_t address, void *buffer, size_t *size)
{
    CALL;
    struct port port;
    GC_ERROR error = resolve(handle, &port);

    if (error)
        return error;
    if (no_pointer(size))
        return fail(GC_ERR_INVALID_PARAMETER, "piSize is NULL");
    return read_port(&port, address, buffer, *size);
}

GC_API GCWritePort(PORT_HANDLE handle, uint64_t address, const void *buffer, size_t *size)
{
    CALL;
    struct port port;
    GC_ERROR error = resolve(handle, &port);

    if (error)
        return error;
    if (no_pointer(size))
        return fail(GC_ERR_INVALID_PARAMETER, "piSize is NULL");
    return write_port(&port, address, buffer, *size);
}

GC_API GCReadPortStacked(PORT_HANDLE handle, PORT_REGISTER_STACK_ENTRY *entries, size_t *n)
{
    CALL;
    struct port port;
    GC_ERROR error = resolve(handle, &port);
    size_t i;

    if (error)
        return error;
    if (no_pointer(entries) || no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "pEntries or piNumEntries is NULL");
    for (i = 0; i < *n && !error; i++)
        error = read_port(&port, entries[i].Address, entries[i].pBuffer, entries[i].Size);
    *n = error ? i - 1 : i;
    return error;
}

GC_API GCWritePortStacked(PORT_HANDLE handle, PORT_REGISTER_STACK_ENTRY *entries, size_t *n)
{
    CALL;
    struct port port;
    GC_ERROR error = resolve(handle, &port);
    size_t i;

    if (error)
        return error;
    if (no_pointer(entries) || no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "pEntries or piNumEntries is NULL");
    for (i = 0; i < *n && !error; i++)
        error = write_port(&port, entries[i].Address, entries[i].pBuffer, entries[i].Size);
    *n = error ? i - 1 : i;
    return error;
}

GC_API GCGetNumPortURLs(PORT_HANDLE handle, uint32_t *n)
{
    CALL;
    struct port port;
    GC_ERROR error = resolve(handle, &port);

    if (error)
        return error;
    if (no_pointer(n))
        return fail(GC_ERR_INVALID_PARAMETER, "piNumURLs is NULL");
    *n = 1;
    return GC_ERR_SUCCESS;
}

enum { URL_BYTES = 128 };

/* Ends with two zeros, as a list of one URL does. */
static void url_of(const struct port *port, char url[URL_BYTES])
{
    memset(url, 0, URL_BYTES);
    snprintf(url, URL_BYTES - 1, "local:///%s;%llX;%zX?SchemaVersion=1.1.0", port->file,
             (unsigned long long)XML_ADDRESS, port->xml_bytes);
}

GC_API GCGetPortURLInfo(PORT_HANDLE handle, uint32_t index, int32_t command, INFO_DATATYPE *type, void *buffer,
                        size_t *size)
{
    CALL;
    struct out out = {type, buffer, size};
    struct port port;
    GC_ERROR error = resolve(handle, &port);
    char url[URL_BYTES];

    if (error)
        return error;
    if (index)
        return fail(GC_ERR_INVALID_INDEX, "there is one URL");
    switch (command) {
    case URL_INFO_URL:
        url_of(&port, url);
        return put_text(out, url);
    case URL_INFO_SCHEMA_VER_MAJOR:
    case URL_INFO_SCHEMA_VER_MINOR:
    case URL_INFO_FILE_VER_MAJOR:
        return put_i32(out, 1);
    case URL_INFO_FILE_VER_MINOR:
    case URL_INFO_FILE_VER_SUBMINOR:
        return put_i32(out, 0);
    case URL_INFO_FILE_SHA1_HASH:
        return fail(GC_ERR_NOT_AVAILABLE, "no hash of the XML");
    case URL_INFO_FILE_REGISTER_ADDRESS:
        return put_u64(out, XML_ADDRESS);
    case URL_INFO_FILE_SIZE:
        return put_u64(out, port.xml_bytes);
    case URL_INFO_SCHEME:
        return put_i32(out, URL_SCHEME_LOCAL);
    case URL_INFO_FILENAME:
        return put_text(out, port.file);
    }
    return unknown_command("URL info", command);
}

GC_API GCGetPortURL(PORT_HANDLE handle, char *list, size_t *size)
{
    CALL;
    struct out out = {NULL, list, size};
    struct port port;
    GC_ERROR error = resolve(handle, &port);
    char url[URL_BYTES];

    if (error)
        return error;
    url_of(&port, url);
    return put(out, INFO_DATATYPE_STRING, url, strlen(url) + 2);
}

static const char *module_id(const struct port *port)
{
    switch (port->kind) {
    case KIND_SYSTEM:
        return PRODUCER_MODEL;
    case KIND_INTERFACE:
        return INTERFACE_ID;
    case KIND_STREAM:
        return STREAM_ID;
    default:
        return port->device->id;
    }
}

GC_API GCGetPortInfo(PORT_HANDLE handle, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    struct out out = {type, buffer, size};
    struct port port;
    GC_ERROR error = resolve(handle, &port);

    if (error)
        return error;
    switch (command) {
    case PORT_INFO_ID:
        return put_text(out, module_id(&port));
    case PORT_INFO_VENDOR:
        return put_text(out, VENDOR);
    case PORT_INFO_MODEL:
        return put_text(out, PRODUCER_MODEL);
    case PORT_INFO_TLTYPE:
        return put_text(out, TL_TYPE);
    case PORT_INFO_MODULE:
        return put_text(out, port.module);
    case PORT_INFO_LITTLE_ENDIAN:
    case PORT_INFO_ACCESS_READ:
        return put_bool(out, true);
    case PORT_INFO_BIG_ENDIAN:
    case PORT_INFO_ACCESS_NI:
        return put_bool(out, false);
    case PORT_INFO_ACCESS_WRITE:
        return put_bool(out, port.kind == KIND_REMOTE);
    case PORT_INFO_ACCESS_NA:
        return put_bool(out, port.kind == KIND_REMOTE && device_link(port.device) != LINK_UP);
    case PORT_INFO_VERSION:
        return put_text(out, PRODUCER_VERSION);
    case PORT_INFO_PORTNAME:
        return put_text(out, port.name);
    }
    return unknown_command("port info", command);
}
