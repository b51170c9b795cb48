/*
 * group_json.h - group documents as JSON, between members and on disk. Foreign bytes: whatever is
 * missing, of another type or out of range is ST_CORRUPT; unknown members are ignored, so that a
 * later version may add some.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_GROUP_JSON_H
#define TROPIC_REPLICATION_GROUP_JSON_H

#include "replication/core/group.h"
#include "replication/group_indexes.h"

enum { GROUP_DOCUMENT_BYTES_MAX = 256 * 1024 };

/** Appends the JSON and sets document->hash to that of the JSON. 0 or ST_NOMEM. */
int group_to_json(struct group_document *document, struct buf *out);
/** 0, ST_CORRUPT, ST_NOMEM. Sets the hash. The document's indexes are the pool's. */
int group_from_json(struct slice json, struct index_sets *sets,
                    struct group_document *ret_document);

#endif
