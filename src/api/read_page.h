/*
 * read_page.h - one page of a Query or a Scan: from a range of records to the answer.
 *
 * A page ends after the item with which the bytes evaluated reach 1 MB, or after Limit items, or
 * with the range. Bytes and Limit count before filter and projection. It is read with one iterator,
 * so it shows one moment. Short pages are tried in the engine's cache on the loop; all others are
 * read in the I/O pool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_READ_PAGE_H
#define TROPIC_API_READ_PAGE_H

#include "api/call.h"
#include "api/capacity.h"
#include "api/expressions.h"

enum {
    PAGE_BYTES_MAX = 1024 * 1024,    /* Source: API Reference, Query and Scan */
    PAGE_LOOP_BYTES_MAX = 32 * 1024, /* ours: what a loop may evaluate before it hands over */
};

struct page {
    struct expressions expressions;
    bool count_only, consistent;
    enum capacity_mode capacity;
    struct consumption consumption;
    uint64_t limit;             /* 0: none */
    struct slice start_item;    /* ExclusiveStartKey; ptr NULL: none */
    struct item_key start;      /* its part that is the table's key */
    struct index_key start_key; /* its part that is the key of what is read, of the table as well */
    struct expr_key key;        /* of what is read */
    bool fetch;                 /* a local index is read, the items come from the table */
    struct range_options range;
};

/** Select, Limit, ConsistentRead and what else Query and Scan share, without expressions. */
int page_read_members(struct call *call, struct page *page);
/** ExclusiveStartKey's values, before the table is known. */
int page_read_start_values(struct call *call, struct page *page);
/** Select against projection; `query` words it as Query does. */
int page_check_select(struct call *call, const struct page *page, bool query);

/** Reads and answers. try_loop: the page is likely to be short. */
void page_start(struct call *call, bool try_loop);

#endif
