/*
 * insights.h - contributor insights: which keys of a table, or of a global secondary index, use the
 * most capacity, and which are throttled most.
 *
 *     if (insights_wanted(table, INSIGHTS_ACCESSED)) {
 *         rc = insights_key_make(arena, &key, &insights_key);
 *         if (rc == 0)
 *             insights_count(table, SCHEMA_TABLE, INSIGHTS_ACCESSED, &insights_key, half_units);
 *     }
 *
 * Counted by minutes of the Region's clock: the current one and the one before are kept, each event
 * by partition key, and by partition and sort key where there is one, with heavy_hitters.h. Access
 * weighs what it used, in half units; being throttled weighs 1. What is counted is what the table's
 * schema has enabled; the counters are in memory only, and end when they are disabled.
 *
 * A table without insights costs one relaxed load. Otherwise one lock a table is held while the
 * counters are changed. Without memory an event is not counted. Any thread, while the store lives.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_INSIGHTS_H
#define TROPIC_TABLE_INSIGHTS_H

#include "table/heavy_hitters.h"
#include "table/store.h"

enum insights_event { INSIGHTS_ACCESSED, INSIGHTS_BEING_THROTTLED, INSIGHTS_EVENTS };
enum insights_rule { INSIGHTS_BY_PARTITION, INSIGHTS_BY_ITEM, INSIGHTS_RULES };

/** A contributor. Attributes' key bytes, each after its length as be16. */
struct insights_key {
    struct slice partition;
    struct slice item; /* begins with the partition; ptr NULL: a partition alone */
};

/** Whether counting is worth preparing. */
bool insights_wanted(struct table *table, enum insights_event event);
/** Copies into the arena. Attributes end at the first without bytes (ptr NULL). 0 or ST_NOMEM. */
int insights_key_make(struct arena *arena, const struct index_key *key,
                      struct insights_key *ret_key);
/** index: the id of a global one, or SCHEMA_TABLE. */
void insights_count(struct table *table, uint16_t index, enum insights_event event,
                    const struct insights_key *key, uint64_t weight);

/** "PKC": how DynamoDB abbreviates the ranking of an event by a rule. */
const char *insights_rule_name(enum insights_event event, enum insights_rule rule);
/** Whether a setting that is enabled counts the event. */
bool insights_counts(const struct insights_setting *setting, enum insights_event event);
/** Without a sort key there is nothing more to rank by item. `index` NULL: of the table. */
bool insights_has_rule(const struct schema *schema, const struct schema_index *index,
                       enum insights_rule rule);

struct insights_ranking {
    uint64_t total;                    /* of all keys */
    struct heavy_hitter *contributors; /* greatest first; for insights_key_item() */
    size_t count;
};
/** At most `max` contributors of the minute that began at the time in *ret_from_ms and of the one
 * under way. 0 or ST_NOMEM. */
int insights_rank(struct table *table, uint16_t index, enum insights_event event,
                  enum insights_rule rule, struct arena *arena, size_t max,
                  struct insights_ranking *ret_ranking, int64_t *ret_from_ms);
/** {"pk": ..., "sk": ...} of a contributor as an item. `index` NULL: of the table. 0, ST_NOMEM,
 * ST_CORRUPT when it is no contributor of it. */
int insights_key_item(const struct schema *schema, const struct schema_index *index,
                      struct slice contributor, struct arena *arena, struct slice *ret_item);

#endif
