/*
 * value_priv.h - what the files of value/ share about encoded values.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_VALUE_PRIV_H
#define TROPIC_VALUE_VALUE_PRIV_H

#include <assert.h>

#include "value/value.h"

static inline bool value__is_scalar(enum value_type type)
{
    return type == VALUE_S || type == VALUE_N || type == VALUE_B;
}
static inline bool value__is_flag(enum value_type type)
{
    return type == VALUE_TRUE || type == VALUE_FALSE || type == VALUE_NULL;
}
static inline bool value__is_set(enum value_type type)
{
    return type == VALUE_SS || type == VALUE_NS || type == VALUE_BS;
}
/** The type of a set's elements. */
static inline enum value_type value__element_type(enum value_type set)
{
    return (enum value_type)(set - VALUE_SS + VALUE_S);
}
static_assert(VALUE_NS - VALUE_SS + VALUE_S == VALUE_N, "sets are numbered like their elements");
static_assert(VALUE_BS - VALUE_SS + VALUE_S == VALUE_B, "sets are numbered like their elements");

/** Levels of a valid value: 1 for a scalar or an empty container. */
size_t value__depth(struct slice encoded);

#endif
