/*
 * read_source.h - what a Query or Scan reads from: the table, or one of its indexes.
 *
 *   page_open_source()       the index by name, and whether it may be read
 *   page_read_start_key()    ExclusiveStartKey: the table's key, and for an index also the index's
 *   page_set_conditions()    the key conditions of a Query
 *   page_check_start()       a page may only start again inside its own query
 *   page_check_attributes()  what expressions and Select ask of the source: key paths, filters on
 *                            keys, attributes that an index does not have
 *
 * After the last of them `page->range` is complete, and `page->fetch` says whether items come from
 * the table although the range is of a local index. Source: dynamodb-operations.md sections 6, 7.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_READ_SOURCE_H
#define TROPIC_API_READ_SOURCE_H

#include "api/read_page.h"

int page_open_source(struct call *call, struct page *page);
/** After page_open_source(). `query`: the words of Query; an index has the same in both. */
int page_read_start_key(struct call *call, struct page *page, bool query);
int page_set_conditions(struct call *call, struct page *page);
int page_check_start(struct call *call, const struct page *page);
int page_check_attributes(struct call *call, struct page *page, bool query);

#endif
