/* SPDX-License-Identifier: Apache-2.0 */
#include "tile_moves.h"

#include <string.h>

static uint32_t address_of(const void* data)
{
    return (uint32_t)(uintptr_t)data;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int clamped(int value, int low, int high)
{
    return value < low ? low : smaller(value, high);
}

/* What a tile's windows need: a part of the map, and positions before and behind the map. */
static tile_span span_of(const tile_axis* axis, int tile)
{
    tile_span span;
    int from, to, end;
    span.out_begin = tile * axis->tile;
    span.out_size = smaller(axis->tile, axis->out_length - span.out_begin);
    from = span.out_begin * axis->stride - axis->padding;
    to = from + (span.out_size - 1) * axis->stride + axis->kernel;
    span.in_begin = clamped(from, 0, axis->in_length);
    end = clamped(to, span.in_begin, axis->in_length);
    span.in_size = end - span.in_begin;
    if (span.in_size > 0) {
        span.before = span.in_begin - from;
        span.after = to - end;
    } else {
        span.before = to <= 0 ? to - from : 0;
        span.after = to <= 0 ? 0 : to - from;
    }
    return span;
}

/* Positions of a tile's input in L1, and where the map's begin among them. */
int tile_stored_size(const tile_axis* axis, const tile_span* span)
{
    return span->in_size + (axis->stored_border ? span->before + span->after : 0);
}

static int stored_begin(const tile_axis* axis, const tile_span* span)
{
    return axis->stored_border ? span->before : 0;
}

tile_position tile_position_of(const tile_run* run, int index)
{
    const tiled_layer* layer = run->layer;
    const int columns = (layer->columns.out_length + layer->columns.tile - 1) / layer->columns.tile;
    const int map = layer->map_outer ? index / run->channel_tiles : index % run->map_tiles;
    const int part = layer->map_outer ? index % run->channel_tiles : index / run->map_tiles;
    tile_position at;
    at.row = span_of(&layer->rows, map / columns);
    at.column = span_of(&layer->columns, map % columns);
    at.channel_begin = part * layer->channel_tile;
    at.channels = smaller(layer->channel_tile, layer->channels - at.channel_begin);
    if (layer->channel_wise)
        at.input_version = index;
    else if (layer->map_outer)
        at.input_version = map;
    else
        at.input_version = run->map_tiles > 1 ? index : 0;
    if (layer->map_outer)
        at.array_version = run->channel_tiles > 1 ? index : 0;
    else
        at.array_version = part;
    return at;
}

uint32_t tile_buffer_at(const tile_buffer* buffer, int version)
{
    return buffer->offset + (uint32_t)(version % buffer->copies) * buffer->bytes;
}

/* Bytes of one pixel that a tile's part of the channels takes, and where they begin in it. Channels
   that are computed but not stored are left out. */
static uint32_t slice_bytes(const tile_map* map, int begin, int channels)
{
    return (uint32_t)(smaller(channels, map->channels - begin) * map->bits) / 8;
}

static uint32_t slice_begin(const tile_map* map, int begin)
{
    return (uint32_t)(begin * map->bits) / 8;
}

static uint32_t input_slice(const tiled_layer* layer, const tile_map* map, const tile_position* at)
{
    return layer->channel_wise ? slice_bytes(map, at->channel_begin, at->channels)
                               : map->pixel_bytes;
}

/* Offset of a tile's first byte in a stored tensor. */
static uint32_t map_offset(const tile_map* map, int row, int column, int row_length,
                           uint32_t begin_in_pixel)
{
    return ((uint32_t)row * (uint32_t)row_length + (uint32_t)column) * map->pixel_bytes +
           begin_in_pixel;
}

static uint32_t array_bytes(const tile_array* array, int channels)
{
    return (uint32_t)channels * array->channel_bits / 8;
}

/* Where the tile's part of a tensor begins, in L2 or in L3. */
static uint32_t input_offset(const tiled_layer* layer, const tile_map* map, const tile_position* at)
{
    const uint32_t begin = layer->channel_wise ? slice_begin(map, at->channel_begin) : 0;
    return map_offset(map, at->row.in_begin, at->column.in_begin, layer->columns.in_length, begin);
}

static void fetch_input(tile_run* run, const tile_map* map, const tile_position* at)
{
    const uint32_t slice = input_slice(run->layer, map, at);
    const uint32_t row_stride = (uint32_t)run->layer->columns.in_length * map->pixel_bytes;
    uint8_t* stage = run->memory->stage + tile_buffer_at(&map->stage, at->input_version);
    uint32_t from = map->place.l3 + input_offset(run->layer, map, at);
    int row;
    if (slice == map->pixel_bytes) {
        ram_lines(&run->fetches, from, stage, (uint32_t)at->row.in_size,
                  (uint32_t)at->column.in_size * slice, row_stride);
        return;
    }
    for (row = 0; row < at->row.in_size; ++row) {
        ram_lines(&run->fetches, from, stage, (uint32_t)at->column.in_size, slice,
                  map->pixel_bytes);
        from += row_stride;
        stage += (uint32_t)at->column.in_size * slice;
    }
}

static void fetch_array(tile_run* run, const tile_array* array, const tile_position* at)
{
    ram_run(&run->fetches, array->place.l3 + array_bytes(array, at->channel_begin),
            run->memory->stage + tile_buffer_at(&array->stage, at->array_version),
            array_bytes(array, at->channels));
}

/* What a tile brings that the one before it had not. */
typedef struct {
    tile_position at;
    int inputs, arrays;
} tile_needs;

static tile_needs needs_of(const tile_run* run, int index)
{
    const tile_position before = tile_position_of(run, index > 0 ? index - 1 : 0);
    tile_needs needs;
    needs.at = tile_position_of(run, index);
    needs.inputs = index == 0 || needs.at.input_version != before.input_version;
    needs.arrays = index == 0 || needs.at.array_version != before.array_version;
    return needs;
}

void tile_fetch(tile_run* run, int index)
{
    const tiled_layer* layer = run->layer;
    const tile_needs needs = needs_of(run, index);
    int i;
    if (needs.inputs)
        for (i = 0; i < layer->inputs; ++i)
            if (!layer->in[i].place.l2)
                fetch_input(run, &layer->in[i], &needs.at);
    if (needs.arrays)
        for (i = 0; i < layer->arrays; ++i)
            if (!layer->array[i].place.l2)
                fetch_array(run, &layer->array[i], &needs.at);
}

void tile_spill(tile_run* run, int index)
{
    const tiled_layer* layer = run->layer;
    const tile_map* map = &layer->out;
    const tile_position at = tile_position_of(run, index);
    const uint32_t slice = slice_bytes(map, at.channel_begin, at.channels);
    uint8_t* stage = run->memory->stage + tile_buffer_at(&map->stage, index);
    int row;
    if (map->place.l2)
        return;
    for (row = 0; row < at.row.out_size; ++row) {
        ram_lines(&run->spills,
                  map->place.l3 + map_offset(map, at.row.out_begin + row, at.column.out_begin,
                                             layer->columns.out_length,
                                             slice_begin(map, at.channel_begin)),
                  stage, (uint32_t)at.column.out_size, slice, map->pixel_bytes);
        stage += (uint32_t)at.column.out_size * slice;
    }
}

/* A part of a map in L2. */
typedef struct {
    uint32_t address, row_stride, pixel_stride;
} map_view;

static map_view input_view(const tile_run* run, const tile_map* map, const tile_position* at)
{
    const uint32_t slice = input_slice(run->layer, map, at);
    map_view view;
    if (map->place.l2) {
        view.address = address_of(map->place.l2) + input_offset(run->layer, map, at);
        view.row_stride = (uint32_t)run->layer->columns.in_length * map->pixel_bytes;
        view.pixel_stride = map->pixel_bytes;
    } else {
        view.address =
            address_of(run->memory->stage) + tile_buffer_at(&map->stage, at->input_version);
        view.row_stride = (uint32_t)at->column.in_size * slice;
        view.pixel_stride = slice;
    }
    return view;
}

/* Copies `slice` bytes of each pixel of the tile's part of the map, densely but for the border. */
static void load_pixels(tile_run* run, const tile_position* at, map_view from, uint32_t to,
                        uint32_t slice)
{
    const tiled_layer* layer = run->layer;
    const uint32_t rows = (uint32_t)at->row.in_size;
    const uint32_t columns = (uint32_t)at->column.in_size;
    const uint32_t width = (uint32_t)tile_stored_size(&layer->columns, &at->column);
    uint32_t row;
    to += ((uint32_t)stored_begin(&layer->rows, &at->row) * width +
           (uint32_t)stored_begin(&layer->columns, &at->column)) *
          slice;
    if (width == columns && slice == from.pixel_stride) {
        dma_lines(&run->loads, from.address, to, rows, columns * slice, from.row_stride);
        return;
    }
    if (width == columns && from.row_stride == columns * from.pixel_stride) {
        dma_lines(&run->loads, from.address, to, rows * columns, slice, from.pixel_stride);
        return;
    }
    for (row = 0; row < rows; ++row) {
        if (slice == from.pixel_stride)
            dma_run(&run->loads, from.address, to, columns * slice);
        else
            dma_lines(&run->loads, from.address, to, columns, slice, from.pixel_stride);
        from.address += from.row_stride;
        to += width * slice;
    }
}

static void load_input(tile_run* run, const tile_map* map, const tile_position* at)
{
    const tiled_layer* layer = run->layer;
    const uint32_t slice = input_slice(layer, map, at);
    const uint32_t height = (uint32_t)tile_stored_size(&layer->rows, &at->row);
    const uint32_t width = (uint32_t)tile_stored_size(&layer->columns, &at->column);
    uint8_t* to = run->memory->l1 + tile_buffer_at(&map->l1, at->input_version);
    map_view from = input_view(run, map, at);
    uint32_t plane;
    if (height != (uint32_t)at->row.in_size || width != (uint32_t)at->column.in_size)
        memset(to, layer->fill, height * width * slice);
    if (at->row.in_size == 0 || at->column.in_size == 0)
        return;
    if (!layer->planes) {
        load_pixels(run, at, from, address_of(to), slice);
        return;
    }
    for (plane = 0; plane < slice; ++plane, ++from.address, to += height * width)
        load_pixels(run, at, from, address_of(to), 1);
}

static void load_array(tile_run* run, const tile_array* array, const tile_position* at)
{
    const uint32_t from =
        array->place.l2
            ? address_of(array->place.l2) + array_bytes(array, at->channel_begin)
            : address_of(run->memory->stage) + tile_buffer_at(&array->stage, at->array_version);
    dma_run(&run->loads, from,
            address_of(run->memory->l1) + tile_buffer_at(&array->l1, at->array_version),
            array_bytes(array, at->channels));
}

void tile_load(tile_run* run, int index)
{
    const tiled_layer* layer = run->layer;
    const tile_needs needs = needs_of(run, index);
    int i;
    if (needs.inputs)
        for (i = 0; i < layer->inputs; ++i)
            load_input(run, &layer->in[i], &needs.at);
    if (needs.arrays)
        for (i = 0; i < layer->arrays; ++i)
            load_array(run, &layer->array[i], &needs.at);
}

/* The dense lines of one output tile; stops at channels that are not stored. */
void tile_store(tile_run* run, int index)
{
    const tiled_layer* layer = run->layer;
    const tile_map* map = &layer->out;
    const tile_position at = tile_position_of(run, index);
    const uint32_t slice = slice_bytes(map, at.channel_begin, at.channels);
    const uint32_t rows = (uint32_t)at.row.out_size;
    const uint32_t columns = (uint32_t)at.column.out_size;
    const uint32_t row_stride = (uint32_t)layer->columns.out_length * map->pixel_bytes;
    uint32_t from = address_of(run->memory->l1) + tile_buffer_at(&map->l1, index);
    uint32_t to, row;
    if (!map->place.l2) {
        to = address_of(run->memory->stage) + tile_buffer_at(&map->stage, index);
        dma_run(&run->stores, to, from, rows * columns * slice);
        return;
    }
    to = address_of(map->place.l2) + map_offset(map, at.row.out_begin, at.column.out_begin,
                                                layer->columns.out_length,
                                                slice_begin(map, at.channel_begin));
    if (slice == map->pixel_bytes) {
        dma_lines(&run->stores, to, from, rows, columns * slice, row_stride);
    } else if (row_stride == columns * map->pixel_bytes) {
        dma_lines(&run->stores, to, from, rows * columns, slice, map->pixel_bytes);
    } else {
        for (row = 0; row < rows; ++row, to += row_stride, from += columns * slice)
            dma_lines(&run->stores, to, from, columns, slice, map->pixel_bytes);
    }
}
