/* The camera's registers: what may be written, and what a write does. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "simcam.h"

enum type { TEXT, INTEGER, REAL };
enum flags { ALWAYS, GEOMETRY }; /* GEOMETRY: refused while acquiring or while TLParamsLocked */

struct feature {
    size_t address;
    const char *name;
    enum type type;
    enum flags flags;
    bool (*allowed)(struct device *, double);
    GC_ERROR (*action)(struct device *);
};

static bool flag_ok(struct device *device, double value)
{
    (void)device;
    return value == 0 || value == 1;
}

static bool always_zero(struct device *device, double value)
{
    (void)device;
    return value == 0;
}

static bool one(struct device *device, double value)
{
    (void)device;
    return value == 1;
}

static bool width_ok(struct device *device, double value)
{
    return value >= 1 && value <= device->file->registers.SensorWidth - device->file->registers.OffsetX;
}

static bool height_ok(struct device *device, double value)
{
    return value == device->file->registers.SensorHeight;
}

static bool offset_ok(struct device *device, double value)
{
    return value >= 0 && value <= device->file->registers.SensorWidth - device->file->registers.Width;
}

static bool format_ok(struct device *device, double value)
{
    unsigned bits = value >= 0 && value <= UINT32_MAX ? pixel_bits((int64_t)value) : 0;

    return bits && bits >= device->file->registers.SensorBits;
}

static bool exposure_ok(struct device *device, double value)
{
    return value >= 1 && value <= 1e6 / device->file->registers.AcquisitionFrameRate;
}

static bool rate_ok(struct device *device, double value)
{
    return value >= 0.1 && value <= 1e6 / device->file->registers.ExposureTime;
}

static bool gain_ok(struct device *device, double value)
{
    (void)device;
    return value >= 0 && value <= 24;
}

static bool chunk_ok(struct device *device, double value)
{
    (void)device;
    return value >= 0 && value < SIMCAM_CHUNKS;
}

/* While acquiring, only a source that covers the region may be chosen. */
static bool playable(struct device *device, int source)
{
    if (device->file->head.ring_slots)
        return true;
    return device->sources[source].pixels && (!device->running || source_covers(device, source, &device->geometry));
}

static bool shutter_ok(struct device *device, double value)
{
    int open = device->file->registers.TargetSelector ? SOURCE_WHITE : SOURCE_SCENE;

    return flag_ok(device, value) && playable(device, value ? SOURCE_DARK : open);
}

static bool target_ok(struct device *device, double value)
{
    return flag_ok(device, value) && playable(device, value ? SOURCE_WHITE : SOURCE_SCENE);
}

static GC_ERROR software_trigger(struct device *device)
{
    atomic_fetch_add(&device->file->state.software_triggers, 1);
    return GC_ERR_SUCCESS;
}

static GC_ERROR stop(struct device *device)
{
    camera_stop(device);
    return GC_ERR_SUCCESS;
}

/* A reboot: the camera is away for a while and comes back with its default settings. */
static GC_ERROR reset(struct device *device)
{
    struct simcam_file *file = device->file;

    camera_stop(device);
    memcpy(&file->registers, &file->defaults, sizeof file->registers);
    if (file->control.reboot_ns)
        file_link_drop(file, LINK_DOWN, file->control.reboot_ns);
    return GC_ERR_SUCCESS;
}

#define AT(name) offsetof(struct simcam_registers, name), #name
#define CHUNK(n) offsetof(struct simcam_registers, ChunkEnable) + 8 * (n), "ChunkEnable"

static const struct feature features[] = {
    {AT(DeviceUserID), TEXT, ALWAYS, NULL, NULL},
    {AT(Width), INTEGER, GEOMETRY, width_ok, NULL},
    {AT(Height), INTEGER, GEOMETRY, height_ok, NULL},
    {AT(OffsetX), INTEGER, GEOMETRY, offset_ok, NULL},
    {AT(PixelFormat), INTEGER, GEOMETRY, format_ok, NULL},
    {AT(ExposureTime), REAL, ALWAYS, exposure_ok, NULL},
    {AT(AcquisitionFrameRate), REAL, ALWAYS, rate_ok, NULL},
    {AT(Gain), REAL, ALWAYS, gain_ok, NULL},
    {AT(AcquisitionMode), INTEGER, ALWAYS, always_zero, NULL},
    {AT(AcquisitionStart), INTEGER, ALWAYS, one, camera_start},
    {AT(AcquisitionStop), INTEGER, ALWAYS, one, stop},
    {AT(TriggerMode), INTEGER, ALWAYS, flag_ok, NULL},
    {AT(TriggerSource), INTEGER, ALWAYS, flag_ok, NULL},
    {AT(TriggerSoftware), INTEGER, ALWAYS, one, software_trigger},
    {AT(Shutter), INTEGER, ALWAYS, shutter_ok, NULL},
    {AT(TargetSelector), INTEGER, ALWAYS, target_ok, NULL},
    {AT(ChunkModeActive), INTEGER, GEOMETRY, flag_ok, NULL},
    {AT(ChunkSelector), INTEGER, ALWAYS, chunk_ok, NULL},
    {CHUNK(0), INTEGER, GEOMETRY, flag_ok, NULL},
    {CHUNK(1), INTEGER, GEOMETRY, flag_ok, NULL},
    {CHUNK(2), INTEGER, GEOMETRY, flag_ok, NULL},
    {CHUNK(3), INTEGER, GEOMETRY, flag_ok, NULL},
    {AT(TLParamsLocked), INTEGER, ALWAYS, flag_ok, NULL},
    {AT(DeviceReset), INTEGER, ALWAYS, one, reset},
};

static const struct feature *find(uint64_t address)
{
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (features[i].address == address)
            return &features[i];
    return NULL;
}

struct geometry registers_geometry(const struct simcam_registers *registers)
{
    struct geometry g = {.width = registers->Width, .height = registers->Height, .x_offset = registers->OffsetX};
    size_t pixels = g.width * g.height;

    g.pixel_format = registers->PixelFormat;
    g.image_bytes = pixel_bytes(g.pixel_format, pixels);
    g.image_chunk_bytes = (g.image_bytes + 7) / 8 * 8;
    for (unsigned i = 0; i < SIMCAM_CHUNKS; i++)
        if (registers->ChunkModeActive && registers->ChunkEnable[i])
            g.chunks |= 1u << i;
    g.payload_bytes = g.image_bytes;
    if (g.chunks)
        g.payload_bytes = g.image_chunk_bytes + TRAILER_BYTES +
                          (CHUNK_BYTES + TRAILER_BYTES) * (size_t)__builtin_popcount(g.chunks);
    return g;
}

/* Which source the camera looks at. */
int registers_source(const struct simcam_registers *registers)
{
    if (registers->Shutter)
        return SOURCE_DARK;
    return registers->TargetSelector ? SOURCE_WHITE : SOURCE_SCENE;
}

/* An exposure that was read back as it was written, until it is rounded. Under the device's lock. */
static void settle(struct device *device)
{
    const struct simcam_control *control = &device->file->control;
    _Atomic double *exposure = &device->file->registers.ExposureTime;

    if (!device->exposure_ns || now_ns() - device->exposure_ns < control->settle_ns)
        return;
    device->exposure_ns = 0;
    if (control->exposure_step > 0)
        *exposure = fmax(1, round(*exposure / control->exposure_step)) * control->exposure_step;
}

GC_ERROR registers_read(struct device *device, uint64_t address, void *buffer, size_t size)
{
    if (address > sizeof device->file->registers || size > sizeof device->file->registers - address)
        return fail(GC_ERR_INVALID_ADDRESS, "no register at 0x%llx", (unsigned long long)address);
    pthread_mutex_lock(&device->lock);
    settle(device);
    memcpy(buffer, (const char *)&device->file->registers + address, size);
    pthread_mutex_unlock(&device->lock);
    return GC_ERR_SUCCESS;
}

static GC_ERROR write_text(char *to, const char *text, size_t size)
{
    if (size > SIMCAM_TEXT || memchr(text, 0, size) == NULL)
        return fail(GC_ERR_INVALID_VALUE, "a text has at most %d characters", SIMCAM_TEXT - 1);
    memset(to, 0, SIMCAM_TEXT);
    memcpy(to, text, strlen(text));
    return GC_ERR_SUCCESS;
}

static GC_ERROR write_number(struct device *device, const struct feature *feature, const void *buffer, size_t size)
{
    char *to = (char *)&device->file->registers + feature->address;
    int64_t integer;
    double real;

    if (size != 8)
        return fail(GC_ERR_INVALID_PARAMETER, "%s is a register of 8 bytes, not %zu", feature->name, size);
    memcpy(&integer, buffer, 8);
    memcpy(&real, buffer, 8);
    if (feature->type == INTEGER)
        real = (double)integer;
    if (!feature->allowed(device, real))
        return fail(GC_ERR_INVALID_VALUE, "%s cannot be %g now", feature->name, real);
    if (feature->action)
        return feature->action(device);
    if (feature->type == INTEGER)
        atomic_store((_Atomic int64_t *)to, integer);
    else
        atomic_store((_Atomic double *)to, real);
    if (feature->address == offsetof(struct simcam_registers, ExposureTime))
        device->exposure_ns = now_ns();
    return GC_ERR_SUCCESS;
}

static GC_ERROR write_locked(struct device *device, const struct feature *feature, const void *buffer, size_t size)
{
    struct simcam_registers *registers = &device->file->registers;
    GC_ERROR error;

    if (feature->flags == GEOMETRY && (device->running || registers->TLParamsLocked))
        return fail(GC_ERR_BUSY, "%s is locked while the camera acquires", feature->name);
    if (feature->type == TEXT)
        return write_text((char *)registers + feature->address, buffer, size);
    error = write_number(device, feature, buffer, size);
    registers->PayloadSize = registers_geometry(registers).payload_bytes;
    return error;
}

GC_ERROR registers_write(struct device *device, uint64_t address, const void *buffer, size_t size)
{
    const struct feature *feature = find(address);
    GC_ERROR error;

    if (!feature && address < offsetof(struct simcam_registers, reserved))
        return fail(GC_ERR_ACCESS_DENIED, "the register at 0x%llx is read-only", (unsigned long long)address);
    if (!feature)
        return fail(GC_ERR_INVALID_ADDRESS, "no register at 0x%llx", (unsigned long long)address);
    pthread_mutex_lock(&device->lock);
    error = write_locked(device, feature, buffer, size);
    pthread_mutex_unlock(&device->lock);
    if (!error) {
        bell_ring(&device->file->state.write_seq);
        bell_ring(&device->file->state.doorbell);
    }
    return error;
}
