/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the golden images that are compiled in on the PULP cluster and compares each layer's output
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

/* Whether a tensor has other bytes. */
static int differs(const network_tensor* tensor, const uint8_t* expected)
{
    static uint8_t bytes[256];
    uint32_t at, piece;
    for (at = 0; at < tensor->bytes; at += piece) {
        piece = tensor->bytes - at < sizeof bytes ? tensor->bytes - at : (uint32_t)sizeof bytes;
        network_read(tensor, at, bytes, piece);
        if (memcmp(bytes, expected + at, piece))
            return 1;
    }
    return 0;
}

/* Runs the layers one by one. */
static void check_image(int image)
{
    int layer;
    network_write(&network_input, golden_pulp_inputs[image]);
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        network_run_layer(layer);
        if (differs(&network_layers[layer].output, golden_pulp_outputs[image][layer])) {
            printf("MISMATCH image=%d layer=%d name=%s\n", image, layer,
                   network_layers[layer].name);
            ++layers_that_differ;
        }
    }
}

/* Runs all of them in one go, as a product does, and then prints what they took. */
static void count_cycles(void)
{
    static tile_cycles cycles[NETWORK_LAYERS];
    unsigned long all = 0;
    int layer;
    network_run(cycles);
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        const network_layer* it = &network_layers[layer];
        all += cycles[layer].all;
        printf("CYCLES image=0 layer=%d counted=%lu promised=%lu kernel=%lu promised_kernel=%lu "
               "name=%s\n",
               layer, (unsigned long)cycles[layer].all, it->promised_cycles,
               (unsigned long)cycles[layer].kernels, it->promised_kernel_cycles, it->name);
    }
    printf("CYCLES image=0 all counted=%lu promised=%lu\n", all, NETWORK_PROMISED_CYCLES);
}

static void run_images(void* argument)
{
    const int last = NETWORK_LAYERS - 1;
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
        network_write(&network_input, golden_pulp_inputs[0]);
    count_cycles();
    if (GOLDEN_PULP_IMAGES > 0 &&
        differs(&network_layers[last].output, golden_pulp_outputs[0][last])) {
        printf("MISMATCH image=0 layer=%d name=%s\n", last, network_layers[last].name);
        ++layers_that_differ;
    }
    printf("SUMMARY images=%d layers=%d layers_that_differ=%d bit_exact=%d\n", GOLDEN_PULP_IMAGES,
           NETWORK_LAYERS, layers_that_differ, GOLDEN_PULP_IMAGES > 0 && layers_that_differ == 0);
}

static void start(void)
{
    struct pi_device cluster;
    struct pi_cluster_conf configuration;
    struct pi_cluster_task task;
    if (network_open())
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
