/*
 * index_read.c - the bounds of a Query or Scan in an index, as storage keys.
 *
 * Attributes are escaped and ended (index_entry.h), so what a condition selects is one range: all
 * that begins with the equal attributes, cut by the one operator on the next.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/store_priv.h"

/** Cuts [lower, upper), which both begin with the equal attributes, by the operator. */
static void cut(const struct range_options *options, struct buf *lower, struct buf *upper)
{
    switch (options->sort_operator) {
    case EXPR_RANGE_ALL:
        index_bound_successor(upper);
        break;
    case EXPR_RANGE_EQ:
        index_part_append(lower, options->sort_low);
        index_part_append(upper, options->sort_low);
        index_bound_successor(upper);
        break;
    case EXPR_RANGE_LT:
        index_part_append(upper, options->sort_low);
        break;
    case EXPR_RANGE_LE:
        index_part_append(upper, options->sort_low);
        index_bound_successor(upper);
        break;
    case EXPR_RANGE_GT:
        index_part_append(lower, options->sort_low);
        index_bound_successor(lower);
        index_bound_successor(upper);
        break;
    case EXPR_RANGE_GE:
        index_part_append(lower, options->sort_low);
        index_bound_successor(upper);
        break;
    case EXPR_RANGE_BETWEEN:
        index_part_append(lower, options->sort_low);
        index_part_append(upper, options->sort_high);
        index_bound_successor(upper);
        break;
    case EXPR_RANGE_BEGINS_WITH:
        index_prefix_append(lower, options->sort_low);
        index_prefix_append(upper, options->sort_low);
        index_bound_successor(upper);
        break;
    }
}

static void query_bounds(const struct range_options *options, struct buf *lower, struct buf *upper)
{
    index_partition_append(lower, options->table->id, options->index, options->index_key.partition);
    for (uint32_t i = 0; i < options->sort_equal_count; i++)
        index_part_append(lower, options->index_key.sort[i]);
    buf_append_slice(upper, buf_slice(lower));
    cut(options, lower, upper);
}

/** The storage key of the entry after which to go on. */
static int after_key(const struct range_options *options, struct buf *key)
{
    index_partition_append(key, options->table->id, options->index, options->after_index.partition);
    for (uint32_t i = 0; i < options->index->sort_count; i++)
        index_part_append(key, options->after_index.sort[i]);
    return item_key_encode(key, options->after);
}

int indexes__bounds(const struct range_options *options, struct buf *lower, struct buf *upper)
{
    struct buf after = BUF_EMPTY;
    int rc = 0;

    if (options->query) {
        query_bounds(options, lower, upper);
    } else {
        index_hash_append(lower, options->table->id, options->index->id, options->hash_from);
        index_hash_append(upper, options->table->id, options->index->id, options->hash_to);
        index_bound_successor(upper);
    }
    if (options->after != NULL) {
        rc = after_key(options, &after);
        if (rc == 0 && options->backward) {
            if (slice_cmp(buf_slice(&after), buf_slice(upper)) < 0) {
                buf_clear(upper);
                buf_append_slice(upper, buf_slice(&after));
            }
        } else if (rc == 0 && slice_cmp(buf_slice(&after), buf_slice(lower)) >= 0) {
            buf_clear(lower);
            buf_append_slice(lower, buf_slice(&after));
            buf_append_u8(lower, 0); /* the least key above this one alone */
        }
    }
    buf_release(&after);
    return rc < 0 || buf_failed(lower) || buf_failed(upper) ? ST_NOMEM : 0;
}
