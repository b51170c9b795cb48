/*
 * tags.h - tags in requests, for CreateTable and TagResource.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_TAGS_H
#define TROPIC_API_TAGS_H

#include "api/call.h"

/**
 * The tags of a list, which has passed its constraints: none reserved, no key twice, at most
 * TAGS_MAX. They borrow from the request. ret_tags has room for TAGS_MAX.
 */
int tags_read(struct call *call, struct json list, struct tag *ret_tags, uint32_t *ret_count);

#endif
