/*
 * shapes_priv.h - shapes that several declarations share, and the words in which shapes are
 * declared.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_SHAPES_PRIV_H
#define TROPIC_API_SHAPES_PRIV_H

#include "api/shapes.h"

#define MEMBER(text, of)                                                                           \
    {                                                                                              \
        .name = text, .name_len = sizeof(text) - 1, .shape = &(of)                                 \
    }
#define REQUIRED(text, of)                                                                         \
    {                                                                                              \
        .name = text, .name_len = sizeof(text) - 1, .shape = &(of), .required = true               \
    }
#define STRUCTURE(class, array)                                                                    \
    {                                                                                              \
        .kind = SHAPE_STRUCTURE, .java = class, .members = array, .member_count = ARRAY_LEN(array) \
    }
#define LIST_OF(of)                                                                                \
    {                                                                                              \
        .kind = SHAPE_LIST, .element = &(of)                                                       \
    }
#define MAP_OF(of)                                                                                 \
    {                                                                                              \
        .kind = SHAPE_MAP, .element = &(of)                                                        \
    }
#define ENUM(...)                                                                                  \
    {                                                                                              \
        .kind = SHAPE_STRING, .values = (const char *const[])                                      \
        {                                                                                          \
            __VA_ARGS__, NULL                                                                      \
        }                                                                                          \
    }

extern const struct shape shape_string, shape_boolean, shape_long;
extern const struct shape shape_positive_integer, shape_positive_long;
extern const struct shape shape_name;         /* 3..255 of [a-zA-Z0-9_.-] */
extern const struct shape shape_table_or_arn; /* data plane */
extern const struct shape shape_attribute_name;
extern const struct shape shape_attribute_value;
extern const struct shape shape_attribute_map;   /* opaque */
extern const struct shape shape_attribute_names; /* AttributesToGet */
extern const struct shape shape_name_map;        /* ExpressionAttributeNames */
extern const struct shape shape_expected_map, shape_condition_map, shape_update_map;
extern const struct shape shape_return_consumed_capacity, shape_return_values,
    shape_return_item_collection_metrics, shape_return_values_on_failure, shape_select,
    shape_conditional_operator, shape_table_class, shape_stream_view;

#endif
