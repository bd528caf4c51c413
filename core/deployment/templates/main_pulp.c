/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the golden images that are compiled in on the PULP cluster and compares each layer's output
   byte for byte; prints each layer's cycles beside those that the cost model promises. Returns the
   number of layers that differ. */
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

/* Runs all layers; without golden outputs (NULL) it only counts cycles. */
static void run_image(int image, const uint8_t* const* golden)
{
    unsigned long all = 0;
    int layer;
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        const network_layer* it = &network_layers[layer];
        const unsigned long cycles = network_run_layer(layer);
        all += cycles;
        printf("CYCLES image=%d layer=%d counted=%lu promised=%lu name=%s\n", image, layer, cycles,
               it->promised_cycles, it->name);
        if (golden && differs(&it->output, golden[layer])) {
            printf("MISMATCH image=%d layer=%d name=%s\n", image, layer, it->name);
            ++layers_that_differ;
        }
    }
    printf("CYCLES image=%d all counted=%lu promised=%lu\n", image, all, NETWORK_PROMISED_CYCLES);
}

static void run_images(void* argument)
{
    int image;
    (void)argument;
    printf("EXPORT sha256=%s\n", EXPORT_SHA256); /* first: whose figures follow */
    for (image = 0; image < GOLDEN_PULP_IMAGES; ++image) {
        network_write(&network_input, golden_pulp_inputs[image]);
        run_image(image, golden_pulp_outputs[image]);
    }
    if (GOLDEN_PULP_IMAGES == 0)
        run_image(0, NULL);
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
    if (pi_cluster_send_task_to_cl(&cluster, pi_cluster_task(&task, run_images, NULL))) {
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
