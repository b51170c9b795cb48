/*
 * places.c - the AWS Regions, as AWS names their places, and about where they are: AWS says the
 * city or the area, so the coordinates are those of the city, or of the middle of what is known.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/places.h"

#include <string.h>

#include "base/bytes.h"

static const struct {
    const char *name, *place;
    double latitude, longitude;
} aws_regions[] = {
    /* Source: the partitions of the AWS SDKs */
    {"af-south-1", "Africa (Cape Town)", -33.92, 18.42},
    {"ap-east-1", "Asia Pacific (Hong Kong)", 22.32, 114.17},
    {"ap-east-2", "Asia Pacific (Taipei)", 25.03, 121.57},
    {"ap-northeast-1", "Asia Pacific (Tokyo)", 35.68, 139.69},
    {"ap-northeast-2", "Asia Pacific (Seoul)", 37.57, 126.98},
    {"ap-northeast-3", "Asia Pacific (Osaka)", 34.69, 135.50},
    {"ap-south-1", "Asia Pacific (Mumbai)", 19.08, 72.88},
    {"ap-south-2", "Asia Pacific (Hyderabad)", 17.39, 78.49},
    {"ap-southeast-1", "Asia Pacific (Singapore)", 1.35, 103.82},
    {"ap-southeast-2", "Asia Pacific (Sydney)", -33.87, 151.21},
    {"ap-southeast-3", "Asia Pacific (Jakarta)", -6.21, 106.85},
    {"ap-southeast-4", "Asia Pacific (Melbourne)", -37.81, 144.96},
    {"ap-southeast-5", "Asia Pacific (Malaysia)", 3.14, 101.69},
    {"ap-southeast-6", "Asia Pacific (New Zealand)", -36.85, 174.76},
    {"ap-southeast-7", "Asia Pacific (Thailand)", 13.76, 100.50},
    {"ca-central-1", "Canada (Central)", 45.50, -73.57},
    {"ca-west-1", "Canada West (Calgary)", 51.05, -114.07},
    {"cn-north-1", "China (Beijing)", 39.90, 116.41},
    {"cn-northwest-1", "China (Ningxia)", 37.50, 105.19},
    {"eu-central-1", "Europe (Frankfurt)", 50.11, 8.68},
    {"eu-central-2", "Europe (Zurich)", 47.37, 8.54},
    {"eu-north-1", "Europe (Stockholm)", 59.33, 18.07},
    {"eu-south-1", "Europe (Milan)", 45.46, 9.19},
    {"eu-south-2", "Europe (Spain)", 41.65, -0.89},
    {"eu-west-1", "Europe (Ireland)", 53.35, -6.26},
    {"eu-west-2", "Europe (London)", 51.51, -0.13},
    {"eu-west-3", "Europe (Paris)", 48.86, 2.35},
    {"eusc-de-east-1", "AWS European Sovereign Cloud (Germany)", 52.41, 12.55},
    {"il-central-1", "Israel (Tel Aviv)", 32.09, 34.78},
    {"me-central-1", "Middle East (UAE)", 24.45, 54.38},
    {"me-south-1", "Middle East (Bahrain)", 26.07, 50.56},
    {"mx-central-1", "Mexico (Central)", 20.59, -100.39},
    {"sa-east-1", "South America (Sao Paulo)", -23.55, -46.63},
    {"us-east-1", "US East (N. Virginia)", 38.95, -77.45},
    {"us-east-2", "US East (Ohio)", 39.96, -83.00},
    {"us-gov-east-1", "AWS GovCloud (US-East)", 40.10, -83.10},
    {"us-gov-west-1", "AWS GovCloud (US-West)", 45.60, -121.20},
    {"us-west-1", "US West (N. California)", 37.35, -121.96},
    {"us-west-2", "US West (Oregon)", 45.84, -119.70},
};

static int32_t millionths(double degrees)
{
    return (int32_t)(degrees * DEGREE + (degrees < 0 ? -0.5 : 0.5));
}

struct place place_of_aws_region(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(aws_regions); i++)
        if (strcmp(aws_regions[i].name, name) == 0)
            return (struct place){.text = aws_regions[i].place,
                                  .located = true,
                                  .latitude = millionths(aws_regions[i].latitude),
                                  .longitude = millionths(aws_regions[i].longitude)};
    return (struct place){.located = false};
}
