/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the golden images that the program has on the PULP cluster and compares each layer's output
   byte for byte; then runs the network in one go and prints each layer's cycles beside those that
   the cost model promises. Returns the number of layers that differ. */
#include "pmsis.h"

#include "export_identity.h"
#include "golden_pulp.h"
#include "network.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int layers_that_differ;

/* Golden bytes come and go in pieces of this size, whole words each. */
enum { most_at_once = 1024 };
static PI_L2 uint8_t expected[most_at_once] __attribute__((aligned(4)));
static PI_L2 uint8_t found[most_at_once] __attribute__((aligned(4)));

static uint32_t piece_of(const network_tensor* tensor, uint32_t at)
{
    const uint32_t left = tensor->bytes - at;
    return left < most_at_once ? left : (uint32_t)most_at_once;
}

static void write_input(int image)
{
    uint32_t at, piece;
    for (at = 0; at < network_input.bytes; at += piece) {
        piece = piece_of(&network_input, at);
        golden_pulp_read(image, -1, at, expected, (piece + 3) & ~3u);
        network_write(&network_input, at, expected, piece);
    }
}

/* Whether a layer's output has other bytes. */
static int differs(int image, int layer)
{
    const network_tensor* tensor = &network_layers[layer].output;
    uint32_t at, piece;
    for (at = 0; at < tensor->bytes; at += piece) {
        piece = piece_of(tensor, at);
        network_read(tensor, at, found, piece);
        golden_pulp_read(image, layer, at, expected, (piece + 3) & ~3u);
        if (memcmp(found, expected, piece))
            return 1;
    }
    return 0;
}

static void check(int image, int layer)
{
    if (!differs(image, layer))
        return;
    printf("MISMATCH image=%d layer=%d name=%s\n", image, layer, network_layers[layer].name);
    ++layers_that_differ;
}

/* Runs the layers one by one. */
static void check_image(int image)
{
    int layer;
    write_input(image);
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        network_run_layer(layer);
        if (golden_pulp_compared[layer])
            check(image, layer);
    }
}

/* Runs all of them in one go, as a product does, and then prints what they took. */
static void count_cycles(void)
{
    static tile_cycles cycles[NETWORK_LAYERS];
    unsigned long all = 0, kernels = 0, promised_kernels = 0;
    int layer;
    network_run(cycles);
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        const network_layer* it = &network_layers[layer];
        all += cycles[layer].all;
        kernels += cycles[layer].kernels;
        promised_kernels += it->promised_kernel_cycles;
        printf("CYCLES image=0 layer=%d counted=%lu promised=%lu kernel=%lu promised_kernel=%lu "
               "name=%s\n",
               layer, (unsigned long)cycles[layer].all, it->promised_cycles,
               (unsigned long)cycles[layer].kernels, it->promised_kernel_cycles, it->name);
    }
    printf("CYCLES image=0 all counted=%lu promised=%lu kernel=%lu promised_kernel=%lu\n", all,
           NETWORK_PROMISED_CYCLES, kernels, promised_kernels);
}

static void run_images(void* argument)
{
    int image;
    (void)argument;
    printf("EXPORT sha256=%s\n", EXPORT_SHA256); /* first: whose figures follow */
    if (network_start()) {
        layers_that_differ = -1;
        return;
    }
    for (image = 0; image < GOLDEN_PULP_IMAGES; ++image)
        check_image(image);
    if (GOLDEN_PULP_IMAGES > 0)
        write_input(0);
    count_cycles();
    if (GOLDEN_PULP_IMAGES > 0)
        check(0, NETWORK_LAYERS - 1);
    printf("SUMMARY images=%d layers=%d compared=%d layers_that_differ=%d bit_exact=%d\n",
           GOLDEN_PULP_IMAGES, NETWORK_LAYERS, GOLDEN_PULP_COMPARED_LAYERS, layers_that_differ,
           GOLDEN_PULP_IMAGES > 0 && layers_that_differ == 0);
}

static void start(void)
{
    struct pi_device cluster;
    struct pi_cluster_conf configuration;
    struct pi_cluster_task task;
    if (network_open() || network_load_golden())
        pmsis_exit(-1);
    pi_cluster_conf_init(&configuration);
    pi_open_from_conf(&cluster, &configuration);
    if (pi_cluster_open(&cluster)) {
        printf("the cluster does not open\n");
        pmsis_exit(-1);
    }
    pi_cluster_task(&task, run_images, NULL);
    task.stack_size = NETWORK_MASTER_STACK_BYTES;
    task.slave_stack_size = NETWORK_SLAVE_STACK_BYTES;
    task.nb_cores = NUM_CORES; /* no stacks for others */
    if (pi_cluster_send_task_to_cl(&cluster, &task)) {
        printf("the cluster does not take the task\n");
        pmsis_exit(-1);
    }
    pi_cluster_close(&cluster);
    pmsis_exit(layers_that_differ);
}

int main(void)
{
    return pmsis_kickoff((void*)start);
}
