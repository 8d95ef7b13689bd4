/* The directory of cameras and their shared files. A file whose simulator has died is no camera. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "simcam.h"

#define SUFFIX ".simcam"

/* Where cameras are looked for: a path of this user's own where the environment names none. */
static const char *directory(void)
{
    static _Thread_local char own[64];
    const char *path = getenv("ORELINE_SIMCAM");

    if (path && *path)
        return path;
    snprintf(own, sizeof own, "/dev/shm/oreline-%u/cameras", (unsigned)geteuid());
    return own;
}

static struct flock one_byte(int byte)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
}

/* Is the byte locked by somebody else? Looks without touching. */
bool file_locked(int fd, int byte)
{
    struct flock lock = one_byte(byte);

    return !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

bool file_lock(int fd, int byte)
{
    struct flock lock = one_byte(byte);

    return !fcntl(fd, F_OFD_SETLK, &lock);
}

static int open_by_id(const char *id)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s" SUFFIX, directory(), id);

    errno = ENOENT;
    if (*id == '.' || strchr(id, '/') || strlen(id) >= SIMCAM_TEXT || length < 0 || (size_t)length >= sizeof path)
        return -1;
    return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

static const char *why_not(const struct simcam_file *file, size_t bytes)
{
    const struct simcam_registers *registers = &file->registers;
    uint64_t width = registers->SensorWidth, height = registers->SensorHeight;
    uint64_t ring = bytes - sizeof *file, dark = file->head.dark_offset;
    uint64_t at = file->head.xml_offset, xml = file->head.xml_bytes;

    if (memcmp(file->head.magic, SIMCAM_MAGIC, sizeof file->head.magic))
        return "it is not a simulated camera";
    if (file->head.version != SIMCAM_VERSION)
        return "it was written for another version of the producer";
    if (file->head.file_bytes != bytes)
        return "it is truncated";
    if (width - 1 >= 65536 || height - 1 >= 65536)
        return "its sensor has no sensible size";
    if (dark && (dark < sizeof *file || dark % 8 || dark > bytes || bytes - dark < width * height * 4))
        return "its dark level lies outside of it";
    if (xml && (at < sizeof *file || at > bytes || bytes - at < xml))
        return "its node map lies outside of it";
    if (!file->head.ring_slots)
        return NULL;
    if (file->head.slot_bytes < SIMCAM_PIXELS + width * height * 2 || file->head.slot_bytes % 8 ||
        ring / file->head.slot_bytes < file->head.ring_slots)
        return "its ring is too small for its sensor";
    return NULL;
}

static struct simcam_file *map(int fd, const char **why)
{
    struct simcam_file *file;
    struct stat status;

    *why = "it belongs to another user, or others can write to it";
    if (fstat(fd, &status) || status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)))
        return NULL;
    *why = "it is too short";
    if ((size_t)status.st_size < sizeof *file)
        return NULL;
    file = mmap(NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    *why = "it cannot be mapped";
    if (file == MAP_FAILED)
        return NULL;
    *why = why_not(file, status.st_size);
    if (!*why && !file_locked(fd, LOCK_SIMULATOR))
        *why = "its simulator has died";
    if (!*why)
        return file;
    munmap(file, status.st_size);
    return NULL;
}

GC_ERROR file_open(const char *id, int *fd, struct simcam_file **file)
{
    const char *why;

    *fd = open_by_id(id);
    if (*fd < 0)
        return fail(GC_ERR_NOT_AVAILABLE, "camera '%.63s': %s", id, strerror(errno));
    *file = map(*fd, &why);
    if (*file)
        return GC_ERR_SUCCESS;
    close(*fd);
    return fail(GC_ERR_NOT_AVAILABLE, "camera '%.63s': %s", id, why);
}

void file_close(int fd, struct simcam_file *file)
{
    munmap(file, file->head.file_bytes);
    close(fd);
}

/* As the simulator says, or a fault; the worse of the two. */
int file_link(const struct simcam_file *file)
{
    int said = file->control.link, fault = now_ns() < file->state.link_until ? (int)file->state.link : LINK_UP;

    return said > fault ? said : fault;
}

/* `ns` 0: for ever. */
void file_link_drop(struct simcam_file *file, int link, int64_t ns)
{
    file->state.link = link;
    file->state.link_until = ns ? now_ns() + ns : INT64_MAX;
}

int32_t file_access(const char *id)
{
    struct device *device = device_by_id(id);
    int32_t access = DEVICE_ACCESS_STATUS_READWRITE;
    struct simcam_file *file;
    int fd;

    if (device)
        return device_link(device) == LINK_UP ? DEVICE_ACCESS_STATUS_OPEN_READWRITE : DEVICE_ACCESS_STATUS_NOACCESS;
    if (file_open(id, &fd, &file))
        return DEVICE_ACCESS_STATUS_NOACCESS;
    if (file_link(file) != LINK_UP)
        access = DEVICE_ACCESS_STATUS_NOACCESS;
    else if (file_locked(fd, LOCK_HOST))
        access = DEVICE_ACCESS_STATUS_BUSY;
    file_close(fd, file);
    return access;
}

/* False: there is no such camera. */
bool file_identity(const char *id, struct identity *identity, int *link)
{
    struct simcam_file *file;
    int fd;

    if (file_open(id, &fd, &file))
        return false;
    device_identity(file, id, identity);
    *link = file_link(file);
    file_close(fd, file);
    return true;
}

/* Is the file of that name a camera that answers? */
static bool is_camera(const char *name, struct identity *identity)
{
    size_t length = strlen(name), suffix = strlen(SUFFIX);
    char id[NAME_MAX + 1];
    int link;

    if (length <= suffix || strcmp(name + length - suffix, SUFFIX))
        return false;
    snprintf(id, sizeof id, "%.*s", (int)(length - suffix), name);
    return file_identity(id, identity, &link) && link == LINK_UP;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct identity *)a)->id, ((const struct identity *)b)->id);
}

/* The cameras, sorted by id, to be freed by the caller; NULL and 0 where there are none. */
size_t file_list(struct identity **list)
{
    DIR *folder = opendir(directory());
    struct dirent *entry;
    size_t n = 0;

    *list = NULL;
    while (folder && (entry = readdir(folder))) {
        struct identity found, *longer;
        if (!is_camera(entry->d_name, &found))
            continue;
        longer = realloc(*list, (n + 1) * sizeof found);
        if (!longer)
            break;
        *list = longer;
        longer[n++] = found;
    }
    if (folder)
        closedir(folder);
    if (n)
        qsort(*list, n, sizeof **list, by_id);
    return n;
}
