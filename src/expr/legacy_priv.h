/*
 * legacy_priv.h - what the compilers of legacy parameters share: entries of a map, values, paths.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_EXPR_LEGACY_PRIV_H
#define TROPIC_EXPR_LEGACY_PRIV_H

#include "expr/expr_priv.h"
#include "expr/legacy.h"

#define LEGACY_INVALID "One or more parameter values were invalid: "

/** One attribute of a map and what the request says of it. */
struct legacy_entry {
    struct slice name;
    struct json json; /* a structure */
    size_t position;  /* in the request */
};

/**
 * The entries of a map, each name once (the last of the request counts), in the order of the
 * request. What is null is not there.
 */
int expr__legacy_entries(struct arena *arena, struct json map, struct legacy_entry **ret_entries,
                         size_t *ret_count);
/** A member of a structure that is there and not null. */
bool expr__legacy_member(struct json structure, struct slice name, struct json *ret_member);
/** The path to a top-level attribute; NULL: no memory. */
struct expr_path *expr__legacy_path(struct arena *arena, struct slice name);
struct expr_node *expr__legacy_node(struct arena *arena, enum node_kind kind);
/** Reads one attribute value into a node. 0, ST_REFUSED, ST_NOMEM. */
int expr__legacy_value(struct arena *arena, struct json json, struct expr_node **ret_node,
                       struct expr_error *reterr);

#endif
