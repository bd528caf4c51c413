/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every golden input through the network and compares each layer's output byte for byte.
   Usage: verify [golden folder]. Exit status: 0 equal, 1 different, 2 could not run. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_lines = 1000 };

static FILE* open_golden(const char* folder, const char* name)
{
    char path[4096];
    FILE* file;
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        fprintf(stderr, "the path of %s is too long\n", name);
        exit(2);
    }
    file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    return file;
}

static void read_bytes(FILE* file, const char* name, uint8_t* bytes, size_t count)
{
    if (fread(bytes, 1, count, file) != count) {
        fprintf(stderr, "%s is shorter than it should be\n", name);
        exit(2);
    }
}

static long value_at(const uint8_t* packed, size_t index, const network_tensor* tensor)
{
    const size_t bit = index * (size_t)tensor->bits;
    const long range = 1L << tensor->bits % 32;
    long value;
    if (tensor->bits == 32) {
        int32_t wide;
        memcpy(&wide, packed + index * sizeof wide, sizeof wide);
        return wide;
    }
    value = (packed[bit / 8] >> (bit % 8)) & (range - 1);
    return tensor->is_signed && value >= range / 2 ? value - range : value;
}

/* Number of elements that differ; prints a line for each, up to `most_lines` in all. */
static unsigned long compare(int image, int layer, const uint8_t* expected, unsigned long printed)
{
    const network_tensor* tensor = &network_layers[layer].output;
    const size_t elements = tensor->bytes * 8 / (size_t)tensor->bits;
    const size_t channels = (size_t)tensor->channels;
    unsigned long different = 0;
    size_t i;
    if (memcmp(tensor->data, expected, tensor->bytes) == 0)
        return 0;
    for (i = 0; i < elements; ++i) {
        const long want = value_at(expected, i, tensor);
        const long found = value_at(tensor->data, i, tensor);
        if (want == found)
            continue;
        if (printed + different < most_lines)
            printf("MISMATCH image=%d layer=%d channel=%lu y=%lu x=%lu expected=%ld found=%ld "
                   "name=%s\n",
                   image, layer, (unsigned long)(i % channels),
                   (unsigned long)(i / channels / (size_t)tensor->width),
                   (unsigned long)(i / channels % (size_t)tensor->width), want, found,
                   network_layers[layer].name);
        ++different;
    }
    return different;
}

int main(int count, char** arguments)
{
    const char* folder = count > 1 ? arguments[1] : "golden";
    FILE* input = open_golden(folder, "input.bin");
    FILE* outputs[NETWORK_LAYERS];
    uint8_t* expected;
    size_t largest = 1;
    unsigned long different = 0;
    int image, layer;
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        outputs[layer] = open_golden(folder, network_layers[layer].golden_file);
        if (network_layers[layer].output.bytes > largest)
            largest = network_layers[layer].output.bytes;
    }
    expected = malloc(largest);
    if (!expected)
        return 2;
    for (image = 0; image < NETWORK_GOLDEN_IMAGES; ++image) {
        read_bytes(input, "input.bin", network_input.data, network_input.bytes);
        for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
            network_run_layer(layer);
            read_bytes(outputs[layer], network_layers[layer].golden_file, expected,
                       network_layers[layer].output.bytes);
            different += compare(image, layer, expected, different);
        }
        printf("PROGRESS %d of %d\n", image + 1, NETWORK_GOLDEN_IMAGES);
        fflush(stdout);
    }
    printf("SUMMARY images=%d layers=%d mismatches=%lu bit_exact=%d\n", NETWORK_GOLDEN_IMAGES,
           NETWORK_LAYERS, different, different == 0);
    free(expected);
    return different == 0 ? 0 : 1;
}
