/* SPDX-License-Identifier: Apache-2.0 */
#include "tiles.h"

#include "tile_spread.h"
#include "transfers.h"

#include <stddef.h>

/* The exporter lays them out by these sizes. */
typedef char sizes_are_as_planned
    [sizeof(tile_table) == 84 && sizeof(tile_shape) == 92 && sizeof(tile_step) == 32 ? 1 : -1];

/* Layers that run: what core 0 works with, and what it tells the others. */
typedef struct {
    const tile_memory* memory;
    int layer, last;
    tile_cycles* cycles;
    const tile_table* table; /* in L1 */
    uint32_t kernel_cycles;
    void (*kernel)(const tile_call* call);
    tile_call call;
    uint8_t* spread_from;
    dma_list loads, ahead, stores;
    ram_queue fetches, spills;
} team_run;

static const pi_cl_dma_dir_e to_l1 = PI_CL_DMA_DIR_EXT2LOC, from_l1 = PI_CL_DMA_DIR_LOC2EXT;

static uint32_t address_of(const void* data)
{
    return (uint32_t)(uintptr_t)data;
}

static const tile_shape* shape_of(const tile_table* table, const tile_step* step)
{
    return (const tile_shape*)(table + 1) + step->shape;
}

/* Starts what brings a tile's data to L1 but for `present` ones: from L2, or from where `fetch`
   left them. */
static void load(team_run* run, const tile_step* step, int present)
{
    const tile_table* table = run->table;
    const tile_memory* memory = run->memory;
    const tile_shape* shape = shape_of(table, step);
    const uint32_t l1 = address_of(memory->l1);
    int i;
    for (i = 0; i < table->inputs && (step->brings & tile_new_input); ++i) {
        const uint32_t to = l1 + step->in_l1[i] * 4u;
        if (present >> i & 1)
            continue;
        if (table->external >> i & 1)
            dma_run(&run->loads, address_of(memory->stage) + step->in_stage[i] * 4u, to,
                    shape->in_bytes, to_l1);
        else
            dma_move(&run->loads, address_of(memory->l2) + table->in[i] + step->in, to, &shape->in,
                     to_l1);
    }
    if ((step->brings & tile_new_parameters) && !(present & tile_parameters)) {
        const uint32_t from = table->external & tile_parameters
                                  ? address_of(memory->stage) + step->parameters_stage * 4u
                                  : address_of(network_tiles[run->layer].table) +
                                        table->parameters + step->parameters;
        dma_run(&run->loads, from, l1 + step->parameters_l1 * 4u, shape->parameter_bytes, to_l1);
    }
}

static void store(team_run* run, const tile_step* step)
{
    const tile_table* table = run->table;
    const tile_shape* shape = shape_of(table, step);
    const uint32_t from = address_of(run->memory->l1) + step->out_l1 * 4u;
    if (table->external & tile_output)
        dma_run(&run->stores, address_of(run->memory->stage) + step->out_stage * 4u, from,
                shape->out_bytes, from_l1);
    else if (table->stores)
        dma_move(&run->stores, address_of(run->memory->l2) + table->out + step->out, from,
                 &shape->out, from_l1);
}

#if NETWORK_L3_BYTES > 0

/* Starts what brings a tile's data from L3 to L2. */
static void fetch(team_run* run, const tile_step* step)
{
    const tile_table* table = run->table;
    const tile_shape* shape = shape_of(table, step);
    uint8_t* stage = run->memory->stage;
    int i;
    for (i = 0; i < table->inputs && (step->brings & tile_new_input); ++i)
        if (table->external >> i & 1)
            ram_move(&run->fetches, table->in[i] + step->in, stage + step->in_stage[i] * 4u,
                     &shape->in);
    if ((step->brings & tile_new_parameters) && (table->external & tile_parameters))
        ram_run(&run->fetches, table->parameters + step->parameters,
                stage + step->parameters_stage * 4u, shape->parameter_bytes);
}

/* Starts what takes a tile's result from L2, where the DMA has brought it, to L3. */
static void spill(team_run* run, const tile_step* step)
{
    dma_wait(&run->stores);
    ram_wait(&run->spills, 0);
    if (run->table->external & tile_output)
        ram_move(&run->spills, run->table->out + step->out,
                 run->memory->stage + step->out_stage * 4u, &shape_of(run->table, step)->out);
}

/* Where tiles need one request each, the third one's parameters come behind the second one's while
   the first one computes: their place in L2 is free again. Returns the requests that are for it. */
static unsigned fetch_third(team_run* run, const tile_step* step, int left)
{
    const tile_table* table = run->table;
    const unsigned second = run->fetches.count;
    if (left < 2 || second > 1 || !table->overlapped ||
        (table->external & (tile_input_0 | tile_input_1)) ||
        shape_of(table, step + 2)->parameter_bytes > most_ram_bytes)
        return 0;
    fetch(run, step + 2);
    return run->fetches.count - second;
}

#else
#define fetch(run, step) ((void)(run), (void)(step))
#define fetch_third(run, step, left) 0
#define spill(run, step) dma_wait(&(run)->stores)
#endif

/* Starts what the next layer needs first and does not wait for. */
static void load_early(team_run* run)
{
    const tile_table* table = run->table;
    const uint32_t l1 = address_of(run->memory->l1);
    int i;
    if (table->next_bytes)
        dma_run(&run->ahead, address_of(network_tiles[run->layer + 1].table), l1 + table->next_l1,
                table->next_bytes, to_l1);
    for (i = 0; table->early >> i; ++i)
        if (table->early >> i & 1)
            dma_move(&run->ahead, address_of(run->memory->l2) + table->early_from[i],
                     l1 + table->early_to[i], &table->early_move, to_l1);
}

/* Says to all cores what the kernel works on. */
static void prepare(team_run* run, const tile_step* step)
{
    const tile_table* table = run->table;
    const tile_shape* shape = shape_of(table, step);
    uint8_t* l1 = run->memory->l1;
    tile_call* call = &run->call;
    uint8_t* parameters = l1 + step->parameters_l1 * 4u;
    run->spread_from = call->in[0] = l1 + step->in_l1[0] * 4u;
    if (table->spread)
        call->in[0] = l1 + table->spread_to;
    call->in[1] = l1 + step->in_l1[1] * 4u;
    call->out = l1 + step->out_l1 * 4u;
    call->weights = parameters;
    call->kappa = parameters + shape->kappa;
    call->lambda = parameters + shape->lambda;
    call->scratch = l1 + table->scratch;
    call->weight_scratch = l1 + table->weight_scratch;
    call->shape = shape;
}

static void bring(team_run* run, const tile_step* step, int present)
{
    if (run->table->external) {
        fetch(run, step);
        ram_wait(&run->fetches, 0);
    }
    load(run, step, present);
}

/* What core 0 starts beside a tile's kernel: while it computes, the next tile goes to L1 and the
   one after it to L2, unless that is `coming` already: in so many requests. */
static void start_next(team_run* run, const tile_step* step, int left, unsigned coming)
{
    if (left == 0)
        load_early(run);
    if (left == 0 || !run->table->overlapped)
        return;
    if (run->table->external)
        ram_wait(&run->fetches, coming);
    load(run, step + 1, 0);
    if (run->table->external && left > 1 && coming == 0)
        fetch(run, step + 2);
}

static void run_tile(team_run* run, const tile_step* step, int left, int first)
{
    const int spreads = run->table->spread;
    /* What follows the first tile is not yet in L2: its kernel does not wait for that. */
    const int late = first && left > 0 && run->table->external;
    unsigned coming = 0;
    uint32_t begun;
    prepare(run, step);
    dma_wait(&run->loads);
    if (late)
        coming = fetch_third(run, step, left);
    if (!spreads && !late)
        start_next(run, step, left, 0);
    pi_cl_team_barrier();
    if (spreads) {
        tile_spread(spreads, run->table->fill, run->call.shape, run->spread_from, run->call.in[0]);
        pi_cl_team_barrier();
        if (!late)
            start_next(run, step, left, 0);
    }
    begun = pi_perf_read(PI_PERF_CYCLES);
    run->kernel(&run->call);
    run->kernel_cycles += pi_perf_read(PI_PERF_CYCLES) - begun;
    if (late)
        start_next(run, step, left, coming);
}

/* The layer's table is there. */
static void run_layer(team_run* run)
{
    const tile_table* table = run->table;
    const tile_step* const first =
        (const tile_step*)((const tile_shape*)(table + 1) + table->shapes);
    const tile_step* step = first;
    int left = table->tiles - 1;
    bring(run, step, table->present);
    if (table->external && table->overlapped)
        fetch(run, step + 1);
    for (;; ++step, --left) {
        run_tile(run, step, left, step == first);
        if (table->overlapped && step != first)
            spill(run, step - 1);
        store(run, step);
        if (left == 0)
            break;
        if (!table->overlapped) {
            spill(run, step);
            if (table->external)
                ram_wait(&run->spills, 0);
            bring(run, step + 1, 0);
        }
    }
    spill(run, step);
    if (table->external)
        ram_wait(&run->spills, 0);
    dma_wait(&run->ahead);
}

/* Brings the table of the layer that runs next, unless it is there or stays in L2. */
static void open_layer(team_run* run, int is_there)
{
    const tile_layer* layer = &network_tiles[run->layer];
    run->kernel = layer->kernel;
    run->table = layer->bytes ? (const tile_table*)(run->memory->l1 + layer->l1) : layer->table;
    if (layer->bytes && !is_there) {
        dma_run(&run->loads, address_of(layer->table), address_of(run->table), layer->bytes, to_l1);
        dma_wait(&run->loads);
    }
}

/* Whether the layer that ran before this one has brought its table. */
static int table_is_there(int layer)
{
    return layer > 0 && network_tiles[layer - 1].table->next_bytes > 0;
}

static void run_core_0(team_run* run)
{
    uint32_t begun = pi_perf_read(PI_PERF_CYCLES);
    int is_there = table_is_there(run->layer);
    for (; run->layer <= run->last; ++run->layer) {
        run->kernel_cycles = 0;
        open_layer(run, is_there);
        run_layer(run);
        is_there = run->table->next_bytes > 0;
        if (run->cycles) {
            const uint32_t now = pi_perf_read(PI_PERF_CYCLES);
            run->cycles->all = now - begun;
            run->cycles->kernels = run->kernel_cycles;
            ++run->cycles;
            begun = now;
        }
    }
    run->table = NULL;
    pi_cl_team_barrier();
}

static void run_other_core(const team_run* run)
{
    for (;;) {
        int spreads;
        pi_cl_team_barrier();
        if (!run->table)
            return;
        spreads = run->table->spread;
        if (spreads) {
            tile_spread(spreads, run->table->fill, run->call.shape, run->spread_from,
                        run->call.in[0]);
            pi_cl_team_barrier();
        }
        run->kernel(&run->call);
    }
}

static void run_core(void* argument)
{
    team_run* run = argument;
    if (pi_core_id() == 0)
        run_core_0(run);
    else
        run_other_core(run);
}

static void open_queue(ram_queue* queue, const tile_memory* memory, int writes)
{
    queue->first = queue->count = 0;
    queue->writes = writes;
    queue->ram = memory->ram;
    queue->base = memory->ram_base;
}

void tiles_run(const tile_memory* memory, int first, int last, tile_cycles* cycles)
{
    team_run run;
    run.memory = memory;
    run.layer = first;
    run.last = last;
    run.cycles = cycles;
    run.loads.count = run.ahead.count = run.stores.count = 0;
    open_queue(&run.fetches, memory, 0);
    open_queue(&run.spills, memory, 1);
    pi_cl_team_fork(NUM_CORES, run_core, &run);
}

static void copy_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes,
                     int writes)
{
    ram_queue queue;
    open_queue(&queue, memory, writes);
    ram_run(&queue, address, data, bytes);
    ram_wait(&queue, 0);
}

void tiles_read_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes)
{
    copy_ram(memory, address, data, bytes, 0);
}

void tiles_write_ram(const tile_memory* memory, uint32_t address, void* data, uint32_t bytes)
{
    copy_ram(memory, address, data, bytes, 1);
}
