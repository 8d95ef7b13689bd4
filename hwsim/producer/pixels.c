/* Pixel formats: how many bits a pixel has, and how pixels lie in a buffer. */
#include "simcam.h"

/* BITS: a stream of bits, the lowest first, without padding but at its end (Mono12p). PAIRS: two pixels in three bytes,
 * the high eight bits of each about a byte of the low ones of both (GigE Vision's Mono12Packed). */
enum packing { WORDS, BITS, PAIRS };

static const struct pixel_format {
    int64_t code;
    unsigned bits;
    enum packing packing;
} formats[] = {
    {MONO8, 8, BITS},         {MONO10, 10, WORDS},       {MONO10P, 10, BITS}, {MONO10_PACKED, 10, PAIRS},
    {MONO12, 12, WORDS},       {MONO12P, 12, BITS},       {MONO12_PACKED, 12, PAIRS},
    {MONO14, 14, WORDS},       {MONO14P, 14, BITS},       {MONO16, 16, WORDS},
};

static const struct pixel_format *find(int64_t code)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].code == code)
            return &formats[i];
    return NULL;
}

unsigned pixel_bits(int64_t code)
{
    const struct pixel_format *format = find(code);

    return format ? format->bits : 0;
}

size_t pixel_bytes(int64_t code, size_t pixels)
{
    static const unsigned in_pairs = 12;
    const struct pixel_format *format = find(code);

    if (!format || format->packing == WORDS)
        return pixels * 2;
    return (pixels * (format->packing == PAIRS ? in_pairs : format->bits) + 7) / 8;
}

/* The pixels of a region, one after the other, none above `most`. */
struct region {
    const uint16_t *from;
    size_t stride, width, left, x;
    unsigned most;
};

static unsigned next_pixel(struct region *region)
{
    unsigned value = region->from[region->x];

    region->left--;
    if (++region->x == region->width) {
        region->x = 0;
        region->from += region->stride;
    }
    return value > region->most ? region->most : value;
}

static void write_bits(struct region *region, unsigned bits, uint8_t *to)
{
    unsigned word = 0, have = 0;

    while (region->left) {
        word |= next_pixel(region) << have;
        for (have += bits; have >= 8; have -= 8, word >>= 8)
            *to++ = word & 0xFF;
    }
    if (have)
        *to = word;
}

static void write_pairs(struct region *region, unsigned bits, uint8_t *to)
{
    unsigned low = bits - 8, mask = (1u << low) - 1;

    for (; region->left; to += 3) {
        bool both = region->left > 1; /* the last one of an odd number takes two bytes */
        unsigned a = next_pixel(region), b = both ? next_pixel(region) : 0;
        to[0] = a >> low;
        to[1] = (a & mask) | (b & mask) << 4;
        if (both)
            to[2] = b >> low;
    }
}

/* False: the format is words, which a recording has too. */
bool pixels_pack(const uint16_t *from, size_t stride, const struct geometry *g, uint8_t *to)
{
    const struct pixel_format *format = find(g->pixel_format);
    struct region region = {from, stride, g->width, g->width * g->height, 0, 0};

    if (!format || format->packing == WORDS)
        return false;
    region.most = (1u << format->bits) - 1;
    (format->packing == PAIRS ? write_pairs : write_bits)(&region, format->bits, to);
    return true;
}
