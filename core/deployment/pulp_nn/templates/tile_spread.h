/* SPDX-License-Identifier: Apache-2.0 */
/* Part of tiles_run: all cores together give a tile's input the order and the border in which the
   kernel reads it. */
#ifndef TILE_SPREAD_H
#define TILE_SPREAD_H

#include "tiles.h"

/* This core's share of `kind`, from dense pixels; a barrier comes behind it. */
void tile_spread(int kind, int fill, const tile_shape* shape, const uint8_t* from, uint8_t* to);

#endif
