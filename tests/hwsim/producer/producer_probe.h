/* Every info of the producer, with wrong handles, without a place for its size, and with a buffer that is too small. */
#include "producer_rig.h"

typedef GC_ERROR info(void *, int32_t, INFO_DATATYPE *, void *, size_t *);
#define NOWHERE ((void *)UINTPTR_MAX)

/* An answer of any command comes whole, or the size that it takes. */
static void probe_sizes(info *function, void *handle)
{
    INFO_DATATYPE type;
    char text[256];
    size_t size;

    for (int32_t command = -1; command < 40; command++) {
        size = sizeof text;
        FAILS(INVALID_PARAMETER, function(handle, 0, &type, text, NULL));
        FAILS(INVALID_PARAMETER, function(handle, 0, &type, text, NOWHERE));
        FAILS(INVALID_PARAMETER, function(handle, 0, &type, NOWHERE, &size));
        if (function(handle, command, &type, NULL, &size))
            continue;
        size_t needed = size--;
        FAILS(BUFFER_TOO_SMALL, function(handle, command, &type, text, &size));
        char *exact = malloc(needed);
        size = needed;
        OK(function(handle, command, NULL, exact, &size));
        CHECK(size == needed);
        free(exact);
    }
}

static void probe(info *function, void *handle)
{
    void *wrong[] = {NULL, (void *)1, NOWHERE, &function};
    INFO_DATATYPE type;
    size_t size;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        FAILS(INVALID_HANDLE, function(wrong[i], 0, &type, NULL, &size));
    probe_sizes(function, handle);
}

static DS_HANDLE probed_stream;
static const EVENT_NEW_BUFFER_DATA probed_event;

/* Each as an info about `h`, whose command, where it has none, is an index. */
#define INFO(name, call)                                                                                             \
    static GC_ERROR name(void *h, int32_t c, INFO_DATATYPE *t, void *to, size_t *n)                                  \
    {                                                                                                                \
        (void)h, (void)c, (void)t;                                                                                   \
        return call;                                                                                                 \
    }
INFO(of_library, GCGetInfo(c, t, to, n))
INFO(of_last_error, GCGetLastError(&(GC_ERROR){0}, to, n))
INFO(of_interface, TLGetInterfaceInfo(h, INTERFACE_ID, c, t, to, n))
INFO(of_device, IFGetDeviceInfo(h, "A", c, t, to, n))
INFO(of_buffer, DSGetBufferInfo(probed_stream, h, c, t, to, n))
INFO(of_event_data, EventGetDataInfo(h, &probed_event, sizeof probed_event, c, t, to, n))
INFO(of_url, GCGetPortURLInfo(h, 0, c, t, to, n))
INFO(url_list, GCGetPortURL(h, to, n))
INFO(id_of_interface, TLGetInterfaceID(h, c, to, n))
INFO(id_of_device, IFGetDeviceID(h, c, to, n))
INFO(id_of_stream, DevGetDataStreamID(h, c, to, n))

static void probe_all(const struct host *host, BUFFER_HANDLE buffer)
{
    probed_stream = host->stream;
    probe_sizes(of_library, NULL);
    probe_sizes(of_last_error, NULL);
    probe(TLGetInfo, tl);
    probe(of_interface, tl);
    probe(id_of_interface, tl);
    probe(IFGetInfo, interface);
    probe(of_device, interface);
    probe(id_of_device, interface);
    probe(DevGetInfo, host->device);
    probe(id_of_stream, host->device);
    probe(DSGetInfo, host->stream);
    probe(EventGetInfo, host->event);
    probe(of_event_data, host->event);
    probe(of_buffer, buffer);
    void *ports[] = {tl, interface, host->device, host->port, host->stream};
    for (int i = 0; i < 5; i++) {
        probe(GCGetPortInfo, ports[i]);
        probe(of_url, ports[i]);
        probe(url_list, ports[i]);
    }
}
