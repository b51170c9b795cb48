/*
 * wording.h - the two dialects of DynamoDB's error messages.
 *
 * During 2026 AWS changed the wording of validation errors, Region by Region. All code here says
 * what the newer one says; where the older one is asked for, the finished message is put into it,
 * by one table of what differs. Source: dynamodb-wire.md section 4.1, dynamodb-expressions.md
 * sections 6 and 7.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_WORDING_H
#define TROPIC_API_WORDING_H

#include "base/arena.h"
#include "base/bytes.h"

/** The message of a ValidationException as the older dialect has it: often the same bytes. On lack
 * of memory the newer one. */
struct slice wording_older(struct arena *arena, struct slice message);

#endif
