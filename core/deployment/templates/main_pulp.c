/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the golden images that are compiled in on the PULP cluster and compares each layer's output
   byte for byte. Returns the number of layers that differ. */
#include "pmsis.h"

#include "golden_pulp.h"
#include "network.h"

#include <stdio.h>
#include <string.h>

static int layers_that_differ;

static void run_layer(void* argument)
{
    network_run_layer(*(int*)argument);
}

static void run_images(void* argument)
{
    int image, layer;
    (void)argument;
    for (image = 0; image < GOLDEN_PULP_IMAGES; ++image) {
        memcpy(network_input.data, golden_pulp_inputs[image], network_input.bytes);
        for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
            const network_layer* it = &network_layers[layer];
            pi_cl_team_fork(NUM_CORES, run_layer, &layer);
            if (memcmp(it->output.data, golden_pulp_outputs[image][layer], it->output.bytes)) {
                printf("MISMATCH image=%d layer=%d name=%s\n", image, layer, it->name);
                ++layers_that_differ;
            }
        }
    }
    printf("SUMMARY images=%d layers=%d layers_that_differ=%d bit_exact=%d\n", GOLDEN_PULP_IMAGES,
           NETWORK_LAYERS, layers_that_differ, layers_that_differ == 0);
}

static void start(void)
{
    struct pi_device cluster;
    struct pi_cluster_conf configuration;
    struct pi_cluster_task task;
    pi_cluster_conf_init(&configuration);
    pi_open_from_conf(&cluster, &configuration);
    if (pi_cluster_open(&cluster)) {
        printf("the cluster does not open\n");
        pmsis_exit(-1);
    }
    memset(&task, 0, sizeof task);
    task.entry = run_images;
    pi_cluster_send_task_to_cl(&cluster, &task);
    pi_cluster_close(&cluster);
    pmsis_exit(layers_that_differ);
}

int main(void)
{
    return pmsis_kickoff((void*)start);
}
