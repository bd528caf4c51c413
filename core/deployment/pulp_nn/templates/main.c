/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every golden input through the network and compares each layer's output byte for byte.
   Usage: verify [golden folder]. Exit status: 0 equal, 1 different, 2 could not run. */
#include "pmsis.h"

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
static unsigned long compare(int image, int layer, const uint8_t* found_bytes,
                             const uint8_t* expected, unsigned long printed)
{
    const network_tensor* tensor = &network_layers[layer].output;
    const size_t elements = (size_t)tensor->bytes * 8 / (size_t)tensor->bits;
    const size_t channels = (size_t)tensor->channels;
    unsigned long different = 0;
    size_t i;
    if (memcmp(found_bytes, expected, tensor->bytes) == 0)
        return 0;
    for (i = 0; i < elements; ++i) {
        const long want = value_at(expected, i, tensor);
        const long found = value_at(found_bytes, i, tensor);
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

/* What the program works with. */
static FILE* input;
static FILE* outputs[NETWORK_LAYERS];
static uint8_t *expected, *found;
static unsigned long different;

static void open_files(const char* folder)
{
    size_t largest = network_input.bytes;
    int layer;
    input = open_golden(folder, "input.bin");
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        outputs[layer] = open_golden(folder, network_layers[layer].golden_file);
        if (network_layers[layer].output.bytes > largest)
            largest = network_layers[layer].output.bytes;
    }
    expected = malloc(largest);
    found = malloc(largest);
    if (!expected || !found) {
        fprintf(stderr, "out of memory\n");
        exit(2);
    }
}

/* Garbage wherever the layer after it may not expect anything. */
static void spoil_l1(uint32_t kept_begin, uint32_t kept_end)
{
    pulp_emulation_spoil(network_l1(), kept_begin);
    pulp_emulation_spoil(network_l1() + kept_end, NETWORK_L1_BYTES - kept_end);
}

static void run_image(int image)
{
    int layer;
    spoil_l1(0, 0);
    read_bytes(input, "input.bin", expected, network_input.bytes);
    network_write(&network_input, 0, expected, network_input.bytes);
    for (layer = 0; layer < NETWORK_LAYERS; ++layer) {
        const network_layer* it = &network_layers[layer];
        uint64_t instructions;
        network_run_layer(layer);
        instructions = pulp_emulation_instructions();
        read_bytes(outputs[layer], it->golden_file, expected, it->output.bytes);
        network_read(&it->output, 0, found, it->output.bytes);
        spoil_l1(it->kept_begin, it->kept_end);
        different += compare(image, layer, found, expected, different);
        if (image == 0 && instructions > 0)
            printf("INSTRUCTIONS layer=%d count=%llu\n", layer, (unsigned long long)instructions);
    }
    printf("PROGRESS %d of %d\n", image + 1, NETWORK_GOLDEN_IMAGES);
    fflush(stdout);
}

int main(int count, char** arguments)
{
    int image;
    open_files(count > 1 ? arguments[1] : "golden");
    if (network_open() || network_start())
        return 2;
    for (image = 0; image < NETWORK_GOLDEN_IMAGES; ++image)
        run_image(image);
    printf("SUMMARY images=%d layers=%d mismatches=%lu bit_exact=%d\n", NETWORK_GOLDEN_IMAGES,
           NETWORK_LAYERS, different, different == 0);
    free(expected);
    free(found);
    return different == 0 ? 0 : 1;
}
