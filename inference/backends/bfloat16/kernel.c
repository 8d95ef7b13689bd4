/* A chain of convolutions along the bands, in bfloat16 on the tiles of AMX or the vectors of AVX-512, with sums in
   float32.

   BLOCKS blocks of LANES samples go through all layers before the next ones, so that what lies between the layers
   stays in the cache. There, a sample is a column: a row holds two neighbours in (row, channel) order of LANES samples,
   64 bytes, as the B operand of a product wants them. Channels being padded to whole tiles, the window of a
   convolution is one run of such rows, whatever its length, and every layer is the same product. A window is padded
   with weights of zero, over what follows it: finite, as every column is that the caller cares for. Blocks of features
   are channels of the first layer.

   What the scalars of a sample add to a layer is the same for all its rows: one more product, whose sums all others of
   that layer and these samples begin with. */

#include <immintrin.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VECTORS __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define TILES __attribute__((target("avx512f,avx512bw,avx512bf16,amx-tile,amx-bf16")))
#define EXPORT __attribute__((visibility("default")))

enum { LANES = 16, BLOCKS = 4, ROW = 64, TILE = 16 * ROW, PERMIT_TILES = 0x1023, TILE_DATA = 18 };

/* Both mirrored in __init__.py. */
enum { HAS_VECTORS = 1, HAS_TILES = 2 };
struct layer {
    const char *weights; /* bfloat16 [groups][depth] tiles of 16 outputs x 32 of the window */
    const char *bias;    /* float32 [groups] tiles of 16 outputs x 16 samples */
    int64_t groups;      /* of 16 outputs */
    int64_t depth;       /* tiles of a window */
    int64_t window;      /* rows of pairs of a window without its padding */
    int64_t rows;        /* of output */
    int64_t step;        /* rows of pairs from one window to the next */
    int64_t pairs;       /* rows of pairs of the input, to the end of the last window's padding */
};

/* What this processor and this system have. */
EXPORT int bfloat16_units(void)
{
    if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512bf16"))
        return 0;
    if (!__builtin_cpu_supports("amx-bf16") || syscall(SYS_arch_prctl, PERMIT_TILES, TILE_DATA))
        return HAS_VECTORS;
    return HAS_VECTORS | HAS_TILES;
}

/* Every tile is whole. */
static const struct {
    uint8_t palette, start, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tiles = {.palette = 1, .row_bytes = {[0 ... 7] = ROW}, .rows = {[0 ... 7] = 16}};

/* Two rows of float32 as one row of pairs. */
VECTORS static inline __m512i paired(__m512 even, __m512 odd)
{
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                                           21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

static inline __mmask16 lanes(int64_t samples)
{
    return samples >= LANES ? 0xffff : samples > 0 ? (__mmask16)((1u << samples) - 1) : 0;
}

/* Features of a line, `channels` of `bands` rows one after the other. `centre`: what is taken off each row, or NULL. */
struct features {
    const float *rows, *centre;
    int64_t channels, bands, samples;
};

/* A feature of LANES samples from `sample` on, in (band, channel) order; zeros beyond the line's end. */
VECTORS static inline __m512 feature(const struct features *of, int64_t number, int64_t sample)
{
    const int64_t row = of->channels == 1 ? number : number % of->channels * of->bands + number / of->channels;
    const __m512 values = _mm512_maskz_loadu_ps(lanes(of->samples - sample), of->rows + row * of->samples + sample);
    return of->centre ? _mm512_sub_ps(values, _mm512_set1_ps(of->centre[row])) : values;
}

/* Of the samples from `first` on, all features as rows of pairs, `stride` bytes from block to block. */
VECTORS static void read_pairs(const struct features *of, int64_t first, char *pairs, int64_t stride)
{
    const int64_t count = of->channels * of->bands;
    for (int64_t number = 0; number < count; number += 2, pairs += ROW)
        for (int block = 0; block < BLOCKS; block++) {
            const int64_t sample = first + block * LANES;
            __m512 odd = number + 1 < count ? feature(of, number + 1, sample) : _mm512_setzero_ps();
            _mm512_store_si512(pairs + block * stride, paired(feature(of, number, sample), odd));
        }
}

/* Where the sums of a layer begin: tiles of 16 outputs x 16 samples, `group` bytes from one group of outputs to the
   next, and `block` from one block of samples to the next. */
struct begin {
    const char *sums;
    int64_t group, block;
};

/* What a window and a group of outputs come to, for all blocks. */
typedef void product(const struct layer *layer, struct begin from, int64_t group, const char *in, char *sums);

/* As many outputs at a time as keep the multipliers busy, and all sums in registers. */
enum { OUTPUTS = 4 };

/* What is in registers has no index: the loop must go. */
#define EACH(i, n) _Pragma("GCC unroll 8") for (int i = 0; i < n; i++)

VECTORS static void on_vectors(const struct layer *layer, struct begin from, int64_t group, const char *in, char *sums)
{
    const int64_t stride = layer->pairs * ROW;
    const char *weights = layer->weights + group * layer->depth * TILE, *begin = from.sums + group * from.group;
    for (const char *end = weights + TILE; weights < end; weights += OUTPUTS * ROW, begin += OUTPUTS * ROW) {
        __m512 sum[OUTPUTS][BLOCKS];
        EACH(o, OUTPUTS) EACH(b, BLOCKS) sum[o][b] = _mm512_load_ps(begin + b * from.block + o * ROW);
        for (int64_t pair = 0; pair < layer->window; pair++) {
            const int *weight = (const int *)(weights + pair / LANES * TILE) + pair % LANES;
            __m512bh row[BLOCKS];
            EACH(b, BLOCKS) row[b] = (__m512bh)_mm512_load_si512(in + pair * ROW + b * stride);
            EACH(o, OUTPUTS)
            {
                const __m512bh both = (__m512bh)_mm512_set1_epi32(weight[o * LANES]);
                EACH(b, BLOCKS) sum[o][b] = _mm512_dpbf16_ps(sum[o][b], both, row[b]);
            }
        }
        EACH(o, OUTPUTS) EACH(b, BLOCKS) _mm512_store_ps(sums + b * TILE + o * ROW, sum[o][b]);
        sums += OUTPUTS * ROW;
    }
}

TILES static void on_tiles(const struct layer *layer, struct begin from, int64_t group, const char *in, char *sums)
{
    const int64_t stride = layer->pairs * ROW, size = layer->depth * TILE;
    const char *weights = layer->weights + group * size, *begin = from.sums + group * from.group;
    __asm__ volatile("" ::: "memory"); /* gcc is not told that a tile is loaded from memory: finish what is written */
    _tile_loadd(0, begin, ROW);
    _tile_loadd(1, begin + from.block, ROW);
    _tile_loadd(2, begin + 2 * from.block, ROW);
    _tile_loadd(3, begin + 3 * from.block, ROW);
    for (const char *end = weights + size; weights < end; weights += TILE, in += TILE) {
        _tile_loadd(4, weights, ROW);
        _tile_loadd(5, in, ROW);
        _tile_dpbf16ps(0, 4, 5);
        _tile_loadd(6, in + stride, ROW);
        _tile_dpbf16ps(1, 4, 6);
        _tile_loadd(5, in + 2 * stride, ROW);
        _tile_dpbf16ps(2, 4, 5);
        _tile_loadd(6, in + 3 * stride, ROW);
        _tile_dpbf16ps(3, 4, 6);
    }
    _tile_stored(0, sums, ROW);
    _tile_stored(1, sums + TILE, ROW);
    _tile_stored(2, sums + 2 * TILE, ROW);
    _tile_stored(3, sums + 3 * TILE, ROW);
}

VECTORS static void rectify(const char *sums, char *pairs)
{
    const __m512 zero = _mm512_setzero_ps();
    for (int i = 0; i < 8; i++, sums += 2 * ROW)
        _mm512_store_si512(pairs + i * ROW, paired(_mm512_max_ps(_mm512_load_ps(sums), zero),
                                                   _mm512_max_ps(_mm512_load_ps(sums + ROW), zero)));
}

/* What the sums of a layer begin with: its bias, to which, where there are scalars, `entry` adds what theirs come to. */
VECTORS static struct begin begin(const struct layer *layer, const struct layer *entry, product *multiply,
                                  const char *scalars, char *room)
{
    const struct begin bias = {layer->bias, TILE, 0}, own = {room, BLOCKS * TILE, TILE};
    if (!entry)
        return bias;
    for (int64_t group = 0; group < entry->groups; group++)
        multiply(entry, bias, group, scalars, room + group * BLOCKS * TILE);
    return own;
}

/* Rows of pairs of a layer to those of the next, `next` to a block. */
VECTORS static void convolve(const struct layer *layer, struct begin from, product *multiply, const char *in, char *out,
                             int64_t next, char *sums)
{
    for (int64_t row = 0; row < layer->rows; row++, in += layer->step * ROW)
        for (int64_t group = 0; group < layer->groups; group++, out += TILE / 2) {
            multiply(layer, from, group, in, sums);
            for (int block = 0; block < BLOCKS; block++)
                rectify(sums + block * TILE, out + block * next * ROW);
        }
}

/* Logits float32 (outputs, samples) of a network. */
struct answer {
    float *logits;
    int64_t outputs, samples;
};

VECTORS static void answer(const struct layer *layer, struct begin from, product *multiply, const char *in,
                           const struct answer *to, int64_t first, char *sums)
{
    for (int64_t output = 0; output < to->outputs; output++) {
        if (output % 16 == 0)
            multiply(layer, from, output / 16, in, sums);
        for (int block = 0; block < BLOCKS; block++) {
            const int64_t sample = first + block * LANES;
            _mm512_mask_storeu_ps(to->logits + output * to->samples + sample, lanes(to->samples - sample),
                                  _mm512_load_ps(sums + block * TILE + output % 16 * ROW));
        }
    }
}

/* Features float32 (channels * bands + scalars, samples) to logits float32 (outputs, samples). `entries`: of the scalars
   into each layer, NULL where there are none; `centre`: what is taken off them. `scratch` begins on a cache line, has
   room for BLOCKS tiles, for BLOCKS tiles for each group of the layer that has most, and for BLOCKS times the pairs of
   the scalars and of all layers, and holds zeros or what an earlier call left. */
EXPORT TILES void bfloat16_logits(int unit, const struct layer *layers, const struct layer *entries, int64_t count,
                                  const float *features, const float *centre, int64_t channels, int64_t bands,
                                  int64_t scalars, int64_t samples, float *logits, int64_t outputs, char *scratch)
{
    const struct features blocks = {features, 0, channels, bands, samples};
    const struct features behind = {features + channels * bands * samples, centre, 1, scalars, samples};
    const struct answer to = {logits, outputs, samples};
    product *multiply = unit == HAS_TILES ? on_tiles : on_vectors;
    int64_t most = 0;
    for (int64_t number = 0; number < count; number++)
        most = layers[number].groups > most ? layers[number].groups : most;
    if (unit == HAS_TILES)
        _tile_loadconfig(&tiles);
    for (int64_t first = 0; first < samples; first += BLOCKS * LANES) {
        char *sums = scratch, *room = sums + BLOCKS * TILE, *own = room + most * BLOCKS * TILE;
        char *in = own + (entries ? BLOCKS * entries->pairs * ROW : 0);
        read_pairs(&blocks, first, in, layers->pairs * ROW);
        if (entries)
            read_pairs(&behind, first, own, entries->pairs * ROW);
        for (int64_t number = 0; number < count; number++) {
            const struct layer *layer = layers + number;
            const struct begin from = begin(layer, entries ? entries + number : 0, multiply, own, room);
            if (number == count - 1) {
                answer(layer, from, multiply, in, &to, first, sums);
                break;
            }
            char *out = in + BLOCKS * layer->pairs * ROW;
            convolve(layer, from, multiply, in, out, layer[1].pairs, sums);
            in = out;
        }
    }
    if (unit == HAS_TILES)
        _tile_release();
}
