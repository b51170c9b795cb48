/*
 * schema.h - the description of one table: what the catalogue stores, as immutable objects.
 *
 * A schema is never changed in place: an edit makes a copy with `generation` + 1 and puts it.
 * Readers hold a reference to the one that they started with. Catalogue entries and group documents
 * carry it as JSON (small, rare, readable); items and changes are binary.
 *
 * Secondary indexes are part of their table's schema. Their names and attributes live in the
 * schema's own memory: a copy has its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_SCHEMA_H
#define TROPIC_TABLE_SCHEMA_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "expr/expr.h"
#include "table/tags.h"
#include "value/value.h"

enum {
    TABLE_NAME_BYTES_MAX = 255,
    KEY_NAME_BYTES_MAX = 255,
    TABLE_PARTITIONS = 4, /* equal in all Regions: a log group is a partition everywhere */
};

enum table_status { TABLE_CREATING, TABLE_UPDATING, TABLE_DELETING, TABLE_ACTIVE };
enum billing_mode { BILLING_PROVISIONED, BILLING_PAY_PER_REQUEST };
enum table_class { CLASS_UNSET, CLASS_STANDARD, CLASS_STANDARD_INFREQUENT_ACCESS };
enum stream_view {
    STREAM_KEYS_ONLY,
    STREAM_NEW_IMAGE,
    STREAM_OLD_IMAGE,
    STREAM_NEW_AND_OLD_IMAGES
};

const char *table_status_name(enum table_status status); /* "ACTIVE" ... */
const char *billing_mode_name(enum billing_mode mode);
const char *table_class_name(enum table_class table_class); /* "STANDARD" ...; unset is "" */
const char *stream_view_name(enum stream_view view);
/* Names to values: false when unknown. */
bool billing_mode_of(struct slice name, enum billing_mode *ret_mode);
bool table_class_of(struct slice name, enum table_class *ret_class);
bool stream_view_of(struct slice name, enum stream_view *ret_view);

/** One enabling of a stream. Kept for 24 h after it was disabled. */
struct stream {
    char label[32]; /* 2026-11-22T08:00:00.123 */
    enum stream_view view;
    int64_t created_ms;
    int64_t disabled_ms;     /* 0 while enabled */
    uint64_t start_sequence; /* shards hold changes above this ... */
    uint64_t end_sequence;   /* ... up to this; 0 while enabled */
};
/** Time to live, as the table has it. */
struct time_to_live {
    char attribute[KEY_NAME_BYTES_MAX + 1]; /* whose number is the second of expiry; "": off */
    int64_t changed_ms;                     /* 0: never */
    /* Of this Region, and the store's to set: all items are in the order of expiry. Until then only
     * those written since are, and none is deleted. */
    bool built;
};

enum { ON_DEMAND_SWITCHES_MAX = 4 }; /* in 24 hours. Source: Developer Guide, capacity modes */

/** Delivery of the table's changes to a Kinesis data stream. Of this Region alone. */
enum { KINESIS_ARN_BYTES_MAX = 1024 }; /* Source: EnableKinesisStreamingDestination */
struct kinesis_destination {
    char stream_arn[KINESIS_ARN_BYTES_MAX + 1]; /* "": there never was one */
    bool enabled;
    bool microseconds;       /* ApproximateCreationDateTime; otherwise milliseconds */
    uint64_t start_sequence; /* changes above are delivered; set by the edit that enables it */
};

/** Contributor insights of the table or of one global index. Of this Region alone. */
enum insights_mode { INSIGHTS_ACCESSED_AND_THROTTLED, INSIGHTS_THROTTLED };
struct insights_setting {
    uint16_t index; /* an index's id, or SCHEMA_TABLE */
    bool enabled;
    enum insights_mode mode; /* the last one */
    int64_t changed_ms;
};
#define SCHEMA_TABLE UINT16_MAX /* instead of an index's id: the table itself */

const char *insights_mode_name(enum insights_mode mode);                /* "THROTTLED_KEYS" ... */
bool insights_mode_of(struct slice name, enum insights_mode *ret_mode); /* false: unknown */

enum { TABLE_STREAMS_MAX = 16 }; /* ours: the current one and those disabled in the last 24 h */

/* ---- secondary indexes ---- */

enum index_status { INDEX_CREATING, INDEX_UPDATING, INDEX_DELETING, INDEX_ACTIVE };
enum projection_kind { PROJECTION_ALL, PROJECTION_KEYS_ONLY, PROJECTION_INCLUDE };

const char *index_status_name(enum index_status status);               /* "ACTIVE" ... */
const char *projection_name(enum projection_kind kind);                /* "KEYS_ONLY" ... */
bool projection_of(struct slice name, enum projection_kind *ret_kind); /* false: unknown */

enum {
    INDEX_KEY_PARTS_MAX =
        4, /* partition, and sort, attributes of a key. Source: GSI, multi-attribute keys */
    TABLE_GLOBAL_INDEXES_MAX = 20, /* Source: Service quotas */
    TABLE_LOCAL_INDEXES_MAX = 5,   /* Source: Service quotas */
    TABLE_INDEXES_MAX = TABLE_GLOBAL_INDEXES_MAX + TABLE_LOCAL_INDEXES_MAX,
    TABLE_INCLUDED_MAX = 100, /* attributes included in all indexes together. Source: quotas */
};

/**
 * One secondary index. A local one has its table's partition key; all local ones exist from the
 * table's creation on. `id` is the index's in storage keys, from 1, and never used again in its
 * table.
 *
 * An index that is added to a table that exists begins as CREATING: the store fills it in the
 * background and makes it ACTIVE by an edit of its own (`backfilling` tells the phases apart). An
 * index that is set to DELETING is emptied and removed from the schema likewise. Entries are kept
 * up to date in all states but DELETING; only an ACTIVE or UPDATING index may be read.
 */
struct schema_index {
    char name[TABLE_NAME_BYTES_MAX + 1];
    uint16_t id;
    bool global;
    struct expr_key_attribute partition[INDEX_KEY_PARTS_MAX], sort[INDEX_KEY_PARTS_MAX];
    uint32_t partition_count, sort_count;
    enum projection_kind projection;
    struct slice *included; /* attributes besides the keys; PROJECTION_INCLUDE */
    uint32_t included_count;
    enum index_status status;
    bool backfilling;
    int64_t created_ms;
    int64_t read_units, write_units; /* provisioned; 0 on demand */
    int64_t throughput_increased_ms, throughput_decreased_ms;
    int64_t throughput_decreases;                    /* in the UTC day of the last one */
    int64_t on_demand_read_max, on_demand_write_max; /* -1: no limit */
    int64_t warm_read, warm_write;                   /* 0: never set */
};

struct schema {
    _Atomic uint32_t refs;
    uint64_t generation;
    char name[TABLE_NAME_BYTES_MAX + 1];
    uint32_t id;       /* of this Region's storage; never used again */
    char table_id[37]; /* UUID shown by the API */
    enum table_status status;
    int64_t created_ms;

    struct expr_key_attribute keys[2]; /* names point into this object's memory */
    char key_names[2][KEY_NAME_BYTES_MAX + 1];
    uint32_t key_count; /* 1 or 2 */

    enum billing_mode billing;
    int64_t billing_on_demand_since_ms; /* 0: never was on demand */
    int64_t read_units, write_units;    /* provisioned; 0 on demand */
    int64_t throughput_increased_ms, throughput_decreased_ms;
    uint32_t throughput_decreases;                   /* in the UTC day of the last one */
    int64_t on_demand_read_max, on_demand_write_max; /* -1: no limit */
    /* Of changes to on demand, newest first; 0: none. A table made on demand has none. */
    int64_t on_demand_switches_ms[ON_DEMAND_SWITCHES_MAX];
    int64_t warm_read, warm_write; /* above what the billing mode gives; 0: not */
    enum table_class table_class;
    int64_t table_class_changed_ms, table_class_changed_before_ms; /* the last two; 0: never */
    bool deletion_protection;

    struct stream streams[TABLE_STREAMS_MAX]; /* newest first */
    uint32_t stream_count;

    struct time_to_live ttl;
    struct kinesis_destination kinesis;                      /* the newest */
    struct insights_setting insights[1 + TABLE_INDEXES_MAX]; /* of what was ever enabled */
    uint32_t insights_count;
    struct tag_set *tags; /* one reference; NULL: none. Of this Region only */

    struct schema_index *indexes; /* in the order of their creation */
    uint32_t index_count;
    uint16_t index_id_next; /* the next to be given; 0 counts as 1 */
    struct arena names;     /* attributes of indexes */

    /* Global tables. */
    uint16_t replica_id;      /* 0 while it never was global; the origin of its versions */
    uint16_t replica_id_next; /* the next to allocate; kept after a group ends */
    bool global;              /* a member of a group: tombstones are kept, feeds run */
    bool closed;            /* CREATING replica or one being removed: no client data calls (L-15) */
    uint8_t digest_key[32]; /* seed of the digests' hash key; the group's once global */
};

/** The stream that is enabled now, or NULL. */
const struct stream *schema_stream(const struct schema *schema);

static inline bool schema_expires(const struct schema *schema)
{
    return schema->ttl.attribute[0] != '\0';
}

struct schema *schema_new(void); /* one reference, zeroed; NULL: no memory */
struct schema *schema_copy(const struct schema *schema); /* one reference, generation + 1 */
struct schema *schema_ref(struct schema *schema);
void schema_unref(struct schema *schema); /* NULL is a no-op */

/** NULL: never enabled. */
const struct insights_setting *schema_insights(const struct schema *schema, uint16_t index);
/** The same in a copy that nobody else sees yet; a new one, disabled, if there was none. The index
 * exists. Pointers to other settings of the schema end. */
struct insights_setting *schema_insights_edit(struct schema *schema, uint16_t index);

/* ---- editing the indexes of a copy that nobody else sees yet ---- */

/** The index of that name, or NULL. To be written through only while the schema is one's own. */
struct schema_index *schema_index(const struct schema *schema, struct slice name);
struct schema_index *schema_index_by_id(const struct schema *schema, uint16_t id);
/** An ACTIVE index without keys, projecting ALL, with a new id. NULL: no memory, or
 * TABLE_INDEXES_MAX are there. Pointers to other indexes of the schema end. The name has at most
 * TABLE_NAME_BYTES_MAX bytes. */
struct schema_index *schema_index_add(struct schema *schema, struct slice name, bool global);
/** Appends an attribute to the partition key, or to the sort key: at most INDEX_KEY_PARTS_MAX. */
int schema_index_add_key(struct schema *schema, struct schema_index *index, bool sort,
                         struct slice name, enum value_type type);
/** Appends an attribute to `included`. 0, ST_NOMEM, ST_TOOBIG (TABLE_INCLUDED_MAX). */
int schema_index_include(struct schema *schema, struct schema_index *index, struct slice name);
/** Pointers to other indexes of the schema end. */
void schema_index_remove(struct schema *schema, struct schema_index *index);

/** The array of all indexes: how catalogue entries and group documents carry them. */
void schema_indexes_to_json(const struct schema *schema, struct json_writer *writer);
/** Appends what such an array holds to a schema without indexes, and sets index_id_next above
 * them. 0, ST_CORRUPT, ST_NOMEM. */
int schema_indexes_from_json(struct json array, struct schema *schema);

int schema_to_json(const struct schema *schema, struct buf *out);
/** 0, ST_CORRUPT, ST_NOMEM. */
int schema_from_json(struct slice json, struct schema **ret_schema);

/* ---- keys ---- */

/** Key bytes (value_key_bytes) of one item. */
struct item_key {
    struct slice partition, sort; /* sort.ptr NULL when the table has none */
};

/** hash64 of the partition key's bytes; its top bits name the partition. */
uint64_t item_key_hash(const struct item_key *key);
static inline uint32_t partition_of_hash(uint64_t hash)
{
    return (uint32_t)(hash >> 62); /* TABLE_PARTITIONS == 4 */
}
/** be16 length, partition key, sort key: how changes, frames and storage keys carry it. */
int item_key_encode(struct buf *out, const struct item_key *key);
int item_key_decode(struct slice bytes, bool has_sort, struct item_key *ret_key);

/**
 * The key of an item. `put`: messages of PutItem (missing, type, empty, size); otherwise those of a
 * Key argument (exactly the key attributes). dynamodb-values-capacity.md §3.
 */
int schema_key_of_item(const struct schema *schema, struct slice item, struct item_key *ret_key,
                       struct refusal *reterr);
int schema_key_of_argument(const struct schema *schema, struct slice key_argument,
                           struct item_key *ret_key, struct refusal *reterr);
/** {"pk": ..., "sk": ...} as an item again. */
int schema_key_item(const struct schema *schema, const struct item_key *key, struct arena *arena,
                    struct slice *ret_item);

/* ---- keys of indexes ---- */

/** Key bytes of an item in an index, in the order of the index's attributes. */
struct index_key {
    struct slice partition[INDEX_KEY_PARTS_MAX], sort[INDEX_KEY_PARTS_MAX];
};

enum index_membership {
    INDEX_MEMBER,
    INDEX_ABSENT, /* the item lacks a key attribute: no entry */
    INDEX_UNFIT,  /* one has another type, is empty or too long: no entry either */
};
/** Borrows from the item. PARTITION_KEY_BYTES_MAX and SORT_KEY_BYTES_MAX bound the attributes of a
 * key together. */
enum index_membership schema_index_key(const struct schema_index *index, struct slice item,
                                       struct index_key *ret_key);

/** The hash that a Scan of the index divides its entries by. 0 or ST_NOMEM. */
int schema_index_hash(const struct schema_index *index, const struct index_key *key,
                      uint64_t *ret_hash);

/**
 * What a local write must observe of the indexes' keys: 0 or ST_REFUSED. To be called in decide()
 * with the new item. `update` NULL: the messages of PutItem; else those of UpdateItem, which looks
 * at the attributes that the update touches. Of several violated indexes the one whose name sorts
 * first is reported. dynamodb-values-capacity.md §3.
 */
int schema_check_index_keys(const struct schema *schema, struct slice item,
                            const struct expr_update *update, struct refusal *reterr);
/** The same, as far as it is known before the item is: the type that an attribute would get. */
int schema_check_index_key_type(const struct schema *schema, struct slice name,
                                enum value_type type, struct refusal *reterr);

/** Whether an index's entries carry an attribute: projected, or part of either key. */
bool schema_index_holds(const struct schema *schema, const struct schema_index *index,
                        struct slice name);
/** Key attributes of index and table alone, from an entry's item: a LastEvaluatedKey. */
int schema_index_key_item(const struct schema *schema, const struct schema_index *index,
                          struct slice item, struct arena *arena, struct slice *ret_item);

#endif
