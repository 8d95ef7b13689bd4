/* What GenTL 1.6 added; this producer says that it is one of 1.5. */
#include "simcam.h"

static GC_ERROR later(DS_HANDLE handle)
{
    void *stream;
    GC_ERROR error = check_handle(handle, KIND_STREAM, &stream);

    return error ? error : fail(GC_ERR_NOT_IMPLEMENTED, "not in GenTL 1.5");
}

GC_API DSAnnounceCompositeBuffer(DS_HANDLE handle, size_t n, void **segments, size_t *sizes, void *user,
                                 BUFFER_HANDLE *buffer)
{
    CALL;
    (void)n, (void)segments, (void)sizes, (void)user, (void)buffer;
    return later(handle);
}

GC_API DSGetBufferInfoStacked(DS_HANDLE handle, BUFFER_HANDLE buffer, void *infos, size_t n)
{
    CALL;
    (void)buffer, (void)infos, (void)n;
    return later(handle);
}

GC_API DSGetBufferPartInfoStacked(DS_HANDLE handle, BUFFER_HANDLE buffer, void *infos, size_t n)
{
    CALL;
    (void)buffer, (void)infos, (void)n;
    return later(handle);
}

GC_API DSGetNumFlows(DS_HANDLE handle, uint32_t *n)
{
    CALL;
    (void)n;
    return later(handle);
}

GC_API DSGetFlowInfo(DS_HANDLE handle, uint32_t flow, int32_t command, INFO_DATATYPE *type, void *buffer, size_t *size)
{
    CALL;
    (void)flow, (void)command, (void)type, (void)buffer, (void)size;
    return later(handle);
}

GC_API DSGetNumBufferSegments(DS_HANDLE handle, BUFFER_HANDLE buffer, uint32_t *n)
{
    CALL;
    (void)buffer, (void)n;
    return later(handle);
}

GC_API DSGetBufferSegmentInfo(DS_HANDLE handle, BUFFER_HANDLE buffer, uint32_t segment, int32_t command,
                              INFO_DATATYPE *type, void *answer, size_t *size)
{
    CALL;
    (void)buffer, (void)segment, (void)command, (void)type, (void)answer, (void)size;
    return later(handle);
}
