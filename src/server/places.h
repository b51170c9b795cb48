/*
 * places.h - where Regions are on the map.
 *
 * A Region is a name of the operator's choosing; one that has the name of an AWS Region is taken to
 * be where that is. Others say where they are in the configuration (coordinates, place), or are
 * nowhere. Nothing but the console's map depends on it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_PLACES_H
#define TROPIC_SERVER_PLACES_H

#include <stdbool.h>
#include <stdint.h>

/* Degrees are kept in millionths: north and east are positive. */
enum { LATITUDE_MAX = 90, LONGITUDE_MAX = 180, DEGREE = 1000000 };

struct place {
    const char *text; /* "Europe (Ireland)"; NULL: none */
    bool located;
    int32_t latitude, longitude;
};

/** Where the AWS Region of that name is; an empty place when there is none. */
struct place place_of_aws_region(const char *name);

#endif
