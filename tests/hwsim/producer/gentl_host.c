/* A GenTL host: makes the calls that its arguments name, `Call` or `Call(argument)`, in their order, and prints the code
 * of each with what it answered. Handles that it was never given are NULL, those of what it closed are stale. */
#include <endian.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gentl.h"
#include "layout.h"

enum { BYTES = 4096, LONG_MS = 10000 };
#define INTERFACE "simcam-interface"
#define STREAM "simcam-stream"

static TL_HANDLE tl;
static IF_HANDLE interface;
static DEV_HANDLE device;
static PORT_HANDLE port;
static DS_HANDLE stream;
static BUFFER_HANDLE buffer;
static EVENT_HANDLE event;
static void *parent;
static char memory[BYTES];
static int64_t answer; /* of the last call, as far as it is a number */

static GC_ERROR command(size_t address)
{
    int64_t one = 1;
    size_t size = sizeof one;

    return GCWritePort(port, address, &one, &size);
}

static GC_ERROR next_frame(uint64_t timeout_ms)
{
    EVENT_NEW_BUFFER_DATA data;
    size_t size = sizeof data;
    GC_ERROR error = EventGetData(event, &data, &size, timeout_ms);

    if (!error)
        buffer = data.BufferHandle;
    return error;
}

static size_t about_buffer(int32_t what)
{
    size_t value = 0, size = sizeof value;

    DSGetBufferInfo(stream, buffer, what, NULL, &value, &size);
    return value;
}

/* The chunk `id` of 8 bytes, found by the trailers alone, from the end of what was filled. A buffer that is queued is
   written meanwhile: what stands in it then is not believed. */
static GC_ERROR chunk_by_trailer(uint32_t id)
{
    const char *base = (const char *)about_buffer(BUFFER_INFO_BASE);
    size_t end = about_buffer(BUFFER_INFO_SIZE_FILLED);

    while (about_buffer(BUFFER_INFO_CONTAINS_CHUNKDATA) && end >= 2 * sizeof(uint32_t)) {
        uint32_t trailer[2]; /* id and size, big-endian */
        end -= sizeof trailer;
        memcpy(trailer, base + end, sizeof trailer);
        if (be32toh(trailer[1]) > end)
            break;
        end -= be32toh(trailer[1]);
        if (be32toh(trailer[0]) == id && be32toh(trailer[1]) == sizeof answer) {
            memcpy(&answer, base + end, sizeof answer);
            return GC_ERR_SUCCESS;
        }
    }
    return GC_ERR_NO_DATA;
}

#define CALL(call) if (!strcmp(name, #call)) return call
#define NAMED(alias) if (!strcmp(name, #alias)) return
#define REGISTER(feature) offsetof(struct simcam_registers, feature)

static GC_ERROR make(const char *name, const char *text)
{
    static char out[BYTES];
    size_t size = sizeof out, entries = 0;
    long n = strtol(text, NULL, 0);
    const char *id = *text ? text : "A";
    INFO_DATATYPE type;
    void *to = &answer;
    size_t *eight = &(size_t){8};

    CALL(GCInitLib)();
    CALL(GCCloseLib)();
    CALL(GCGetInfo)(n, &type, out, &size);
    CALL(GCGetLastError)(&(GC_ERROR){0}, out, &size);
    CALL(TLOpen)(&tl);
    CALL(TLClose)(tl);
    CALL(TLGetInfo)(tl, n, &type, out, &size);
    CALL(TLUpdateInterfaceList)(tl, to, 100);
    CALL(TLGetNumInterfaces)(tl, to);
    CALL(TLGetInterfaceID)(tl, n, out, &size);
    CALL(TLGetInterfaceInfo)(tl, INTERFACE, n, &type, out, &size);
    CALL(TLOpenInterface)(tl, *text ? text : INTERFACE, &interface);
    CALL(IFClose)(interface);
    CALL(IFGetInfo)(interface, n, &type, out, &size);
    CALL(IFUpdateDeviceList)(interface, to, 100);
    CALL(IFGetNumDevices)(interface, to);
    CALL(IFGetDeviceID)(interface, n, out, &size);
    CALL(IFGetDeviceInfo)(interface, id, DEVICE_INFO_ACCESS_STATUS, &type, to, eight);
    CALL(IFOpenDevice)(interface, id, DEVICE_ACCESS_CONTROL, &device);
    NAMED(OpenReadOnly) IFOpenDevice(interface, id, DEVICE_ACCESS_READONLY, &device);
    NAMED(OpenAs) IFOpenDevice(interface, "A", n, &device);
    CALL(IFGetParentTL)(interface, &parent);
    CALL(DevClose)(device);
    NAMED(DevCloseByPort) DevClose(port);
    CALL(DevGetInfo)(device, DEVICE_INFO_ACCESS_STATUS, &type, to, eight);
    CALL(DevGetPort)(device, &port);
    CALL(DevGetNumDataStreams)(device, to);
    CALL(DevGetDataStreamID)(device, n, out, &size);
    CALL(DevOpenDataStream)(device, *text ? text : STREAM, &stream);
    CALL(DevGetParentIF)(device, &parent);
    CALL(DSClose)(stream);
    CALL(DSGetInfo)(stream, n, &type, to, eight);
    CALL(DSAnnounceBuffer)(stream, memory, n ? n : BYTES, memory, &buffer);
    CALL(DSAllocAndAnnounceBuffer)(stream, n ? n : BYTES, NULL, &buffer);
    CALL(DSRevokeBuffer)(stream, buffer, NULL, NULL);
    CALL(DSQueueBuffer)(stream, buffer);
    CALL(DSGetBufferID)(stream, n, &buffer);
    CALL(DSGetBufferInfo)(stream, buffer, n, &type, to, eight);
    CALL(DSGetBufferChunkData)(stream, buffer, NULL, &entries);
    CALL(DSGetNumBufferParts)(stream, buffer, to);
    CALL(DSFlushQueue)(stream, n);
    CALL(DSStartAcquisition)(stream, n, GENTL_INFINITE);
    NAMED(StartFor) DSStartAcquisition(stream, ACQ_START_FLAGS_DEFAULT, n);
    CALL(DSStopAcquisition)(stream, n);
    CALL(DSGetParentDev)(stream, &parent);
    CALL(GCRegisterEvent)(stream, EVENT_NEW_BUFFER, &event);
    NAMED(RegisterOfPort) GCRegisterEvent(port, EVENT_NEW_BUFFER, &event);
    NAMED(RegisterOfDevice) GCRegisterEvent(device, EVENT_NEW_BUFFER, &event);
    CALL(GCUnregisterEvent)(stream, EVENT_NEW_BUFFER);
    CALL(EventGetData)(event, &(EVENT_NEW_BUFFER_DATA){0}, &(size_t){sizeof(EVENT_NEW_BUFFER_DATA)}, n);
    NAMED(NextFrame) next_frame(*text ? n : LONG_MS);
    NAMED(ChunkByTrailer) chunk_by_trailer(n);
    NAMED(SkipFrame) EventGetData(event, NULL, &size, *text ? n : LONG_MS);
    CALL(EventGetInfo)(event, n, &type, to, eight);
    CALL(EventFlush)(event);
    CALL(EventKill)(event);
    CALL(GCReadPort)(port, REGISTER(Width), to, eight);
    NAMED(AcquisitionStart) command(REGISTER(AcquisitionStart));
    NAMED(AcquisitionStop) command(REGISTER(AcquisitionStop));
    NAMED(ChunkModeActive) command(REGISTER(ChunkModeActive));
    CALL(GCGetNumPortURLs)(port, to);
    CALL(GCGetPortURL)(port, out, &size);
    CALL(GCGetPortURLInfo)(port, 0, n, &type, out, &size);
    CALL(GCGetPortInfo)(port, n, &type, out, &size);
    NAMED(BufferPortInfo) GCGetPortInfo(buffer, n, &type, out, &size);
    fprintf(stderr, "no call %s\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *text = argv[i] + strcspn(argv[i], "("), *end = strchr(argv[i], ')');

        if (end)
            *end = *text++ = 0;
        answer = 0;
        GC_ERROR error = make(argv[i], text);
        printf("%d %lld\n", error, (long long)answer);
    }
    return 0;
}
