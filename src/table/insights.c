/*
 * insights.c - see insights.h.
 *
 * A minute's counters lie in the place of its parity. A clock that is set by hand finds counters of
 * another minute there, which are forgotten then; nothing else depends on time going on evenly.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/insights.h"

#include <stdlib.h>
#include <string.h>

#include "table/store_priv.h"

enum { MINUTE_MS = 60 * 1000, MINUTES_KEPT = 2 };

struct insights_minute {
    int64_t number; /* since 1970 */
    struct heavy_hitters counted[INSIGHTS_EVENTS][INSIGHTS_RULES];
};

/* ---- what is counted ---- */

void insights__init(struct insights *insights)
{
    pthread_mutex_init(&insights->lock, NULL);
}

static void minute_clear(struct insights_minute *minute)
{
    for (unsigned event = 0; event < INSIGHTS_EVENTS; event++)
        for (unsigned rule = 0; rule < INSIGHTS_RULES; rule++)
            heavy_hitters_clear(&minute->counted[event][rule]);
}

static void minutes_free(struct insights_minute *minutes)
{
    for (unsigned i = 0; minutes != NULL && i < MINUTES_KEPT; i++)
        minute_clear(&minutes[i]);
    free(minutes);
}

void insights__release(struct insights *insights)
{
    for (uint32_t i = 0; i < insights->count; i++)
        minutes_free(insights->resources[i].minutes);
    pthread_mutex_destroy(&insights->lock);
}

static struct insights_resource *find(struct insights *insights, uint16_t index)
{
    for (uint32_t i = 0; i < insights->count; i++)
        if (insights->resources[i].index == index)
            return &insights->resources[i];
    return NULL;
}

const char *insights_rule_name(enum insights_event event, enum insights_rule rule)
{
    static const char *const names[INSIGHTS_EVENTS][INSIGHTS_RULES] = {
        [INSIGHTS_ACCESSED] = {"PKC", "SKC"}, [INSIGHTS_BEING_THROTTLED] = {"PKT", "SKT"}};

    return names[event][rule];
}

bool insights_has_rule(const struct schema *schema, const struct schema_index *index,
                       enum insights_rule rule)
{
    return rule == INSIGHTS_BY_PARTITION ||
           (index != NULL ? index->sort_count > 0 : schema->key_count > 1);
}

bool insights_counts(const struct insights_setting *setting, enum insights_event event)
{
    return setting->enabled &&
           (event == INSIGHTS_BEING_THROTTLED || setting->mode == INSIGHTS_ACCESSED_AND_THROTTLED);
}

static uint32_t wanted_of(const struct insights_setting *setting)
{
    uint32_t wanted = 0;

    for (unsigned event = 0; event < INSIGHTS_EVENTS; event++)
        wanted |= insights_counts(setting, event) ? BIT(event) : 0;
    return wanted;
}

void insights__configure(struct table *table, const struct schema *schema)
{
    struct insights *insights = &table->insights;
    struct insights_resource next[ARRAY_LEN(insights->resources)] = {{0}};
    uint32_t count = 0, wanted = 0;

    pthread_mutex_lock(&insights->lock);
    for (uint32_t i = 0; i < schema->insights_count; i++) {
        const struct insights_setting *setting = &schema->insights[i];
        struct insights_resource *before = find(insights, setting->index);

        if (!setting->enabled ||
            (setting->index != SCHEMA_TABLE && schema_index_by_id(schema, setting->index) == NULL))
            continue;
        next[count] =
            (struct insights_resource){.index = setting->index, .wanted = wanted_of(setting)};
        if (before != NULL && before->wanted == next[count].wanted) {
            next[count].minutes = before->minutes;
            before->minutes = NULL;
        }
        wanted |= next[count++].wanted;
    }
    for (uint32_t i = 0; i < insights->count; i++)
        minutes_free(insights->resources[i].minutes);
    memcpy(insights->resources, next, count * sizeof(next[0]));
    insights->count = count;
    atomic_store_explicit(&insights->wanted, wanted, memory_order_relaxed);
    pthread_mutex_unlock(&insights->lock);
}

/* ---- keys ---- */

static size_t parts_len(const struct slice *parts)
{
    size_t len = 0;

    for (uint32_t i = 0; i < INDEX_KEY_PARTS_MAX && parts[i].ptr != NULL; i++)
        len += 2 + parts[i].len;
    return len;
}

static uint8_t *parts_write(uint8_t *to, const struct slice *parts)
{
    for (uint32_t i = 0; i < INDEX_KEY_PARTS_MAX && parts[i].ptr != NULL; i++) {
        be16_put(to, (uint16_t)parts[i].len);
        memcpy(to + 2, parts[i].ptr, parts[i].len);
        to += 2 + parts[i].len;
    }
    return to;
}

int insights_key_make(struct arena *arena, const struct index_key *key,
                      struct insights_key *ret_key)
{
    size_t partition = parts_len(key->partition), sort = parts_len(key->sort);
    uint8_t *bytes = arena_alloc(arena, partition + sort);

    if (bytes == NULL)
        return ST_NOMEM;
    parts_write(parts_write(bytes, key->partition), key->sort);
    *ret_key =
        (struct insights_key){.partition = slice_of(bytes, partition),
                              .item = sort > 0 ? slice_of(bytes, partition + sort) : SLICE_EMPTY};
    return 0;
}

static int key_part_read(struct reader *reader, const struct expr_key_attribute *attribute,
                         struct item_builder *builder, struct arena *arena)
{
    struct slice bytes = reader_bytes(reader, reader_be16(reader)), encoded;
    int rc;

    if (reader->failed)
        return ST_CORRUPT;
    rc = value_from_key_bytes(attribute->type, bytes, arena, &encoded);
    if (rc == 0)
        item_builder_add(builder, attribute->name, encoded);
    return rc;
}

int insights_key_item(const struct schema *schema, const struct schema_index *index,
                      struct slice contributor, struct arena *arena, struct slice *ret_item)
{
    const struct expr_key_attribute *partition = index != NULL ? index->partition : schema->keys;
    const struct expr_key_attribute *sort = index != NULL ? index->sort : schema->keys + 1;
    uint32_t partition_count = index != NULL ? index->partition_count : 1;
    uint32_t sort_count = index != NULL ? index->sort_count : schema->key_count - 1;
    struct reader reader = reader_of(contributor);
    struct item_builder builder;
    int rc = 0;

    item_builder_init(&builder, arena);
    for (uint32_t i = 0; i < partition_count && rc == 0; i++)
        rc = key_part_read(&reader, &partition[i], &builder, arena);
    if (rc == 0 && reader_left(&reader) > 0)
        for (uint32_t i = 0; i < sort_count && rc == 0; i++)
            rc = key_part_read(&reader, &sort[i], &builder, arena);
    if (rc < 0)
        return rc;
    return reader_left(&reader) == 0 ? item_build(&builder, ret_item) : ST_CORRUPT;
}

/* ---- counting ---- */

bool insights_wanted(struct table *table, enum insights_event event)
{
    return (atomic_load_explicit(&table->insights.wanted, memory_order_relaxed) & BIT(event)) != 0;
}

static int64_t minute_now(const struct table *table)
{
    return clock_wall_ms(table->store->clock) / MINUTE_MS;
}

static void count(struct insights_resource *resource, enum insights_event event,
                  const struct insights_key *key, uint64_t weight, int64_t number)
{
    struct insights_minute *minute;

    if (resource->minutes == NULL) {
        resource->minutes = calloc(MINUTES_KEPT, sizeof(*resource->minutes));
        if (resource->minutes == NULL)
            return;
    }
    minute = &resource->minutes[number % MINUTES_KEPT];
    if (minute->number != number) {
        minute_clear(minute);
        minute->number = number;
    }
    heavy_hitters_add(&minute->counted[event][INSIGHTS_BY_PARTITION], key->partition, weight);
    if (key->item.ptr != NULL)
        heavy_hitters_add(&minute->counted[event][INSIGHTS_BY_ITEM], key->item, weight);
}

void insights_count(struct table *table, uint16_t index, enum insights_event event,
                    const struct insights_key *key, uint64_t weight)
{
    struct insights *insights = &table->insights;
    struct insights_resource *resource;
    int64_t number;

    if (!insights_wanted(table, event))
        return;
    number = minute_now(table);
    pthread_mutex_lock(&insights->lock);
    resource = find(insights, index);
    if (resource != NULL && number >= 0 && (resource->wanted & BIT(event)))
        count(resource, event, key, weight, number);
    pthread_mutex_unlock(&insights->lock);
}

/* ---- asking ---- */

int insights_rank(struct table *table, uint16_t index, enum insights_event event,
                  enum insights_rule rule, struct arena *arena, size_t max,
                  struct insights_ranking *ret_ranking, int64_t *ret_from_ms)
{
    const struct heavy_hitters *parts[MINUTES_KEPT];
    struct insights *insights = &table->insights;
    int64_t now = minute_now(table);
    struct insights_resource *resource;
    size_t part_count = 0;
    int rc = 0;

    *ret_ranking = (struct insights_ranking){.total = 0};
    *ret_from_ms = (now - 1) * MINUTE_MS;
    pthread_mutex_lock(&insights->lock);
    resource = find(insights, index);
    for (unsigned i = 0; resource != NULL && resource->minutes != NULL && i < MINUTES_KEPT; i++) {
        struct insights_minute *minute = &resource->minutes[i];

        if (minute->number != now && minute->number != now - 1)
            continue;
        parts[part_count] = &minute->counted[event][rule];
        ret_ranking->total += parts[part_count++]->total;
    }
    if (part_count > 0)
        rc = heavy_hitters_rank(parts, part_count, arena, max, &ret_ranking->contributors,
                                &ret_ranking->count);
    pthread_mutex_unlock(&insights->lock);
    return rc;
}
