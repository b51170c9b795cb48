/*
 * group.h - pure core: the document that describes a global table, and who may change it when.
 *
 * Every member keeps the document; whoever is asked to change it coordinates (core/group_flow.h). A
 * change is one or two new documents: the first opens the operation (a replica is CREATING,
 * UPDATING or DELETING), the second closes it. While `operation` is set, and from a promise until
 * then, every other change is refused with DynamoDB's "in use" error.
 *
 * Epochs. A document is (number, proposer, hash of its predecessor). A member takes document n + 1
 * only when its predecessor is the very document n that it holds: compare-and-set at the moment of
 * applying, so a plan made on old knowledge cannot be put over a newer one.
 *
 * Promises. Before anything changes every member promises, durably and in the order of replica ids,
 * to admit no other change. A promise is void once its coordinator says that it does not know the
 * operation: members ask it from time to time. So a coordinator that dies before its decision
 * leaves nothing behind but a few seconds of "in use".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_CORE_GROUP_H
#define TROPIC_REPLICATION_CORE_GROUP_H

#include "replication/frame.h"
#include "replication/replication.h"

enum { GROUP_MEMBERS_MAX = 32, GROUP_REGION_BYTES = REGION_BYTES_MAX + 1 };

struct group_member {
    char region[GROUP_REGION_BYTES];
    uint16_t replica; /* never used again */
    enum replica_status status;
    uint16_t source;  /* the member that seeded it; 0: the founder */
    int64_t added_ms; /* wall clock of the proposer */
    char description[128];
    struct replica_overrides overrides;
};

/** What all members share (global-tables.md §3.1). */
struct group_settings {
    uint32_t key_count;
    struct {
        char name[KEY_NAME_BYTES_MAX + 1];
        enum value_type type;
    } keys[2];
    enum billing_mode billing;
    int64_t read_units, write_units;
    int64_t on_demand_read_max, on_demand_write_max;
    int64_t warm_read, warm_write; /* 0: what the billing mode gives */
    enum table_class table_class;
    enum stream_view stream_view;
    char ttl_attribute[KEY_NAME_BYTES_MAX + 1]; /* "": time to live is off */
    int64_t ttl_changed_ms;
    const struct schema *indexes; /* of a pool (group_indexes.h); NULL: none */
    uint16_t index_id_next;       /* ids of indexes are never used again, by any member */
};

enum group_kind { GROUP_NONE, GROUP_CREATE, GROUP_UPDATE, GROUP_DELETE, GROUP_SETTINGS };

struct group_document {
    struct group_id id;
    char table[TABLE_NAME_BYTES_MAX + 1];
    uint64_t epoch;
    char proposer[GROUP_REGION_BYTES];
    uint64_t predecessor; /* hash of the document before; 0: none */
    uint64_t hash;        /* of this one's JSON; filled in by who made or read the JSON */
    uint16_t replica_next;
    uint8_t digest_key[32];
    struct group_settings settings;
    struct group_operation {
        enum group_kind kind; /* GROUP_NONE: nothing is going on */
        uint64_t id;
        char coordinator[GROUP_REGION_BYTES], target[GROUP_REGION_BYTES];
    } operation;
    uint32_t member_count;
    struct group_member members[GROUP_MEMBERS_MAX]; /* by replica id, ascending */
};

const struct group_member *group_member(const struct group_document *document, const char *region);
const struct group_member *group_member_by_id(const struct group_document *document,
                                              uint16_t replica);
/** Feeds run, logs are kept and the floor waits for it: everything but CREATION_FAILED. */
static inline bool group_member_takes_part(const struct group_member *member)
{
    return member->status != REPLICA_CREATION_FAILED;
}

/* ---- plans: the documents of a change ---- */

enum { GROUP_SOURCE_RULE_MS = 24 * 3600 * 1000 }; /* L-37 */

/** The first document: `target` joins as CREATING, seeded by `source`. False: no room for one more.
 */
bool group_plan_create(const struct group_document *before, const char *source, const char *target,
                       const struct replica_overrides *overrides, int64_t now_ms,
                       struct group_document *ret_first);
/** Overrides that are set replace those of the member; equal to the base they vanish (L-27). */
void group_plan_update(const struct group_document *before, const char *target,
                       const struct replica_overrides *overrides, struct group_document *ret_first);
void group_plan_delete(const struct group_document *before, const char *target,
                       struct group_document *ret_first);
/** A changed base setting takes the overrides of all members with it (S-02). */
void group_plan_settings(const struct group_document *before, const struct group_settings *settings,
                         struct group_document *ret_first);
/** Opens the operation in a planned document: epoch, predecessor, who. */
void group_plan_open(struct group_document *first, const struct group_document *before,
                     enum group_kind kind, uint64_t operation, const char *coordinator,
                     const char *target);
/** The document that closes the operation of `first`. `failure`: why the target could not be made,
 * or NULL. */
void group_plan_second(const struct group_document *first, const char *failure,
                       struct group_document *ret_second);
/** E-15: the member seeded another one within 24 hours, and that one still is listed. */
bool group_is_recent_source(const struct group_document *document,
                            const struct group_member *member, int64_t now_ms);

/* ---- what a member answers ---- */

enum group_ask {
    GROUP_ASK_ABSENT = 1,  /* is there no table of this name? */
    GROUP_ASK_PROPOSE = 2, /* promise to admit nothing but this operation */
    GROUP_ASK_COMMIT = 3,  /* take this document */
    GROUP_ASK_START = 4,   /* target: fill yourself, or drain yourself */
    GROUP_ASK_ABORT = 5,   /* the operation will not happen */
    GROUP_ASK_STATUS = 6,  /* coordinator: do you still know this operation? */
    GROUP_ASK_PULL = 7,    /* your document, please */
    GROUP_ASK_COUNT
};

enum group_result {
    GROUP_OK = 1,
    GROUP_NOT_YET = 2,   /* START: under way */
    GROUP_IN_USE = 3,    /* another change has the promise or is going on */
    GROUP_EXISTS = 4,    /* a table of that name is there */
    GROUP_PROTECTED = 5, /* deletion protection */
    GROUP_STALE = 6,     /* the documents do not follow each other */
    GROUP_GONE = 7,      /* unknown group or operation */
    GROUP_FAILED = 8,    /* see the text */
    GROUP_RESULT_COUNT
};

/** A durable promise; operation 0: none. */
struct group_promise {
    uint64_t operation;
    char coordinator[GROUP_REGION_BYTES];
    struct group_id group;
    char table[TABLE_NAME_BYTES_MAX + 1];
};

/**
 * document: what this member holds of the group, or NULL. first: what is proposed. May this
 * member promise? GROUP_OK (again, when it has promised the same), GROUP_IN_USE, GROUP_STALE,
 * GROUP_PROTECTED (it is to be deleted, and must not be), GROUP_EXISTS (it is to be created, but
 * has a table of that name).
 */
enum group_result group_judge_propose(const struct group_document *document,
                                      const struct group_promise *promise,
                                      const struct group_document *first, const char *self,
                                      bool table_exists, bool deletion_protection);

enum group_take {
    GROUP_TAKE_IGNORE, /* known already: answer OK */
    GROUP_TAKE_APPLY,
    GROUP_TAKE_STALE, /* does not follow what is held */
    GROUP_TAKE_GONE,  /* a newcomer's document without its promise: a repetition of long ago */
};
/** pulled: the member asked for it, because it had fallen behind; then any greater epoch will do.
 */
enum group_take group_judge_commit(const struct group_document *document,
                                   const struct group_promise *promise,
                                   const struct group_document *offered, const char *self,
                                   bool pulled);

/** How a member's table looks under a document. */
struct group_table_view {
    enum table_status status;
    bool closed;
};
struct group_table_view group_table_view(const struct group_document *document, const char *self);

/** Whether `self` deletes what expires: the ACTIVE member with the lowest id does, or the next one
 * when all before it have been silent for long. Two at once do no harm. */
bool group_is_expirer(const struct group_document *document, uint16_t self,
                      bool (*is_silent)(void *context, const char *region), void *context);

/** The settings of one member: the shared ones with its overrides. */
struct group_settings group_member_settings(const struct group_document *document,
                                            const struct group_member *member);

#endif
