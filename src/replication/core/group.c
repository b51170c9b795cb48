/*
 * group.c - see group.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/core/group.h"

#include <assert.h>

#define UNSET INT64_MIN

static const char *const status_names[] = {
    [REPLICA_CREATING] = "CREATING", [REPLICA_CREATION_FAILED] = "CREATION_FAILED",
    [REPLICA_UPDATING] = "UPDATING", [REPLICA_DELETING] = "DELETING",
    [REPLICA_ACTIVE] = "ACTIVE",
};

const char *replica_status_name(enum replica_status status)
{
    return status_names[status];
}

static void set_name(char to[GROUP_REGION_BYTES], const char *name)
{
    size_t len = strlen(name);

    assert(len < GROUP_REGION_BYTES);
    memcpy(to, name, len + 1);
}

static struct group_member *find(struct group_document *document, const char *region)
{
    for (uint32_t i = 0; i < document->member_count; i++) {
        if (strcmp(document->members[i].region, region) == 0)
            return &document->members[i];
    }
    return NULL;
}

const struct group_member *group_member(const struct group_document *document, const char *region)
{
    return find((struct group_document *)document, region);
}

const struct group_member *group_member_by_id(const struct group_document *document,
                                              uint16_t replica)
{
    for (uint32_t i = 0; i < document->member_count; i++) {
        if (document->members[i].replica == replica)
            return &document->members[i];
    }
    return NULL;
}

static void remove_member(struct group_document *document, const char *region)
{
    struct group_member *member = find(document, region);
    size_t after;

    assert(member != NULL);
    after = (size_t)(document->members + document->member_count - (member + 1));
    memmove(member, member + 1, after * sizeof(*member));
    document->member_count--;
}

/* ---- plans ---- */

bool group_plan_create(const struct group_document *before, const char *source, const char *target,
                       const struct replica_overrides *overrides, int64_t now_ms,
                       struct group_document *ret_first)
{
    const struct group_member *seed = group_member(before, source);
    struct group_member *member;

    assert(seed != NULL);
    assert(group_member(before, target) == NULL);
    if (before->member_count == GROUP_MEMBERS_MAX || before->replica_next == UINT16_MAX)
        return false;
    *ret_first = *before;
    member = &ret_first->members[ret_first->member_count++];
    memset(member, 0, sizeof(*member));
    set_name(member->region, target);
    member->replica = ret_first->replica_next++; /* the greatest so far: the order stays */
    member->status = REPLICA_CREATING;
    member->source = seed->replica;
    member->added_ms = now_ms;
    member->overrides = *overrides;
    return true;
}

static const struct schema_index *base_index(const struct group_settings *base, uint16_t id)
{
    for (uint32_t i = 0; base->indexes != NULL && i < base->indexes->index_count; i++) {
        if (base->indexes->indexes[i].id == id)
            return &base->indexes->indexes[i];
    }
    return NULL;
}

static struct index_override *find_override(struct replica_overrides *overrides, uint16_t id)
{
    for (uint32_t i = 0; i < overrides->index_count; i++) {
        if (overrides->indexes[i].index == id)
            return &overrides->indexes[i];
    }
    return NULL;
}

/** An override equal to the base is none, nor is one of an index that is gone. */
static void normalise_indexes(struct replica_overrides *overrides,
                              const struct group_settings *base)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < overrides->index_count; i++) {
        struct index_override one = overrides->indexes[i];
        const struct schema_index *index = base_index(base, one.index);

        if (index == NULL)
            continue;
        if (one.read_units == index->read_units || base->billing == BILLING_PAY_PER_REQUEST)
            one.read_units = UNSET;
        if (one.on_demand_read_max == index->on_demand_read_max ||
            base->billing == BILLING_PROVISIONED)
            one.on_demand_read_max = UNSET;
        if (one.read_units != UNSET || one.on_demand_read_max != UNSET)
            overrides->indexes[kept++] = one;
    }
    overrides->index_count = kept;
}

/** An override equal to the base is none. */
static void normalise(struct replica_overrides *overrides, const struct group_settings *base)
{
    if (overrides->read_units == base->read_units || base->billing == BILLING_PAY_PER_REQUEST)
        overrides->read_units = UNSET;
    if (overrides->on_demand_read_max == base->on_demand_read_max ||
        base->billing == BILLING_PROVISIONED)
        overrides->on_demand_read_max = UNSET;
    if (overrides->table_class == (base->table_class ? base->table_class : CLASS_STANDARD))
        overrides->table_class = CLASS_UNSET;
    normalise_indexes(overrides, base);
}

static void merge_index(struct replica_overrides *to, const struct index_override *wanted)
{
    struct index_override *here = find_override(to, wanted->index);

    if (here == NULL) {
        if (to->index_count < TABLE_GLOBAL_INDEXES_MAX)
            to->indexes[to->index_count++] = *wanted;
        return;
    }
    if (wanted->read_units != UNSET)
        here->read_units = wanted->read_units;
    if (wanted->on_demand_read_max != UNSET)
        here->on_demand_read_max = wanted->on_demand_read_max;
}

void group_plan_update(const struct group_document *before, const char *target,
                       const struct replica_overrides *overrides, struct group_document *ret_first)
{
    struct group_member *member;

    *ret_first = *before;
    member = find(ret_first, target);
    assert(member != NULL);
    if (overrides->read_units != UNSET)
        member->overrides.read_units = overrides->read_units;
    if (overrides->on_demand_read_max != UNSET)
        member->overrides.on_demand_read_max = overrides->on_demand_read_max;
    if (overrides->table_class != CLASS_UNSET)
        member->overrides.table_class = overrides->table_class;
    for (uint32_t i = 0; i < overrides->index_count; i++) /* those that are not named stay (L-28) */
        merge_index(&member->overrides, &overrides->indexes[i]);
    normalise(&member->overrides, &ret_first->settings);
    member->status = REPLICA_UPDATING;
}

void group_plan_delete(const struct group_document *before, const char *target,
                       struct group_document *ret_first)
{
    struct group_member *member;

    *ret_first = *before;
    member = find(ret_first, target);
    assert(member != NULL);
    if (member->status != REPLICA_CREATION_FAILED)
        member->status = REPLICA_DELETING;
}

/** A changed base setting of an index takes the overrides with it (S-02). */
static void reset_indexes(struct replica_overrides *overrides, const struct group_settings *old,
                          const struct group_settings *settings)
{
    for (uint32_t i = 0; i < overrides->index_count; i++) {
        struct index_override *one = &overrides->indexes[i];
        const struct schema_index *before = base_index(old, one->index);
        const struct schema_index *after = base_index(settings, one->index);

        if (before == NULL || after == NULL)
            continue;
        if (before->read_units != after->read_units || before->write_units != after->write_units)
            one->read_units = UNSET;
        if (before->on_demand_read_max != after->on_demand_read_max ||
            before->on_demand_write_max != after->on_demand_write_max)
            one->on_demand_read_max = UNSET;
    }
}

void group_plan_settings(const struct group_document *before, const struct group_settings *settings,
                         struct group_document *ret_first)
{
    const struct group_settings *old = &before->settings;
    bool reads_reset = settings->billing != old->billing ||
                       settings->read_units != old->read_units ||
                       settings->write_units != old->write_units;
    bool on_demand_reset = settings->billing != old->billing ||
                           settings->on_demand_read_max != old->on_demand_read_max ||
                           settings->on_demand_write_max != old->on_demand_write_max;

    *ret_first = *before;
    ret_first->settings = *settings;
    for (uint32_t i = 0; i < ret_first->member_count; i++) {
        struct replica_overrides *overrides = &ret_first->members[i].overrides;

        if (reads_reset)
            overrides->read_units = UNSET;
        if (on_demand_reset)
            overrides->on_demand_read_max = UNSET;
        if (settings->table_class != old->table_class)
            overrides->table_class = CLASS_UNSET;
        reset_indexes(overrides, old, settings);
        normalise(overrides, settings);
    }
}

void group_plan_open(struct group_document *first, const struct group_document *before,
                     enum group_kind kind, uint64_t operation, const char *coordinator,
                     const char *target)
{
    first->epoch = before->epoch + 1;
    first->predecessor = before->hash;
    set_name(first->proposer, coordinator);
    first->operation.kind = kind;
    first->operation.id = operation;
    set_name(first->operation.coordinator, coordinator);
    set_name(first->operation.target, target);
}

void group_plan_second(const struct group_document *first, const char *failure,
                       struct group_document *ret_second)
{
    const char *target = first->operation.target;
    struct group_member *member;

    *ret_second = *first;
    ret_second->epoch = first->epoch + 1;
    ret_second->predecessor = first->hash;
    memset(&ret_second->operation, 0, sizeof(ret_second->operation));
    switch (first->operation.kind) {
    case GROUP_CREATE:
        member = find(ret_second, target);
        member->status = failure ? REPLICA_CREATION_FAILED : REPLICA_ACTIVE;
        strncpy(member->description, failure ? failure : "", sizeof(member->description) - 1);
        break;
    case GROUP_UPDATE:
        find(ret_second, target)->status = REPLICA_ACTIVE;
        break;
    case GROUP_DELETE:
        remove_member(ret_second, target);
        break;
    case GROUP_SETTINGS:
    case GROUP_NONE:
        break;
    }
}

bool group_is_recent_source(const struct group_document *document,
                            const struct group_member *member, int64_t now_ms)
{
    for (uint32_t i = 0; i < document->member_count; i++) {
        const struct group_member *seeded = &document->members[i];

        if (seeded->source == member->replica && seeded->replica != member->replica &&
            now_ms - seeded->added_ms < GROUP_SOURCE_RULE_MS)
            return true;
    }
    return false;
}

/* ---- a member's answers ---- */

enum group_result group_judge_propose(const struct group_document *document,
                                      const struct group_promise *promise,
                                      const struct group_document *first, const char *self,
                                      bool table_exists, bool deletion_protection)
{
    const struct group_operation *operation = &first->operation;
    bool is_target = strcmp(operation->target, self) == 0;

    if (operation->kind == GROUP_CREATE && is_target && table_exists)
        return GROUP_EXISTS;
    if (promise->operation != 0 && promise->operation != operation->id)
        return GROUP_IN_USE;
    if (document == NULL) /* nobody here knows the group: only a newcomer may promise */
        return operation->kind == GROUP_CREATE && is_target ? GROUP_OK : GROUP_GONE;
    if (document->operation.kind != GROUP_NONE && document->operation.id != operation->id)
        return GROUP_IN_USE;
    if (!group_id_eq(&document->id, &first->id) || document->epoch + 1 != first->epoch ||
        document->hash != first->predecessor)
        return GROUP_STALE;
    if (operation->kind == GROUP_DELETE && is_target && deletion_protection)
        return GROUP_PROTECTED;
    return GROUP_OK;
}

enum group_take group_judge_commit(const struct group_document *document,
                                   const struct group_promise *promise,
                                   const struct group_document *offered, const char *self,
                                   bool pulled)
{
    if (document == NULL) {
        if (group_member(offered, self) == NULL)
            return GROUP_TAKE_IGNORE; /* removed, and done with it */
        if (offered->member_count == 1)
            return GROUP_TAKE_IGNORE; /* alone, by this very document: the group has ended here */
        return promise->operation != 0 && promise->operation == offered->operation.id
                   ? GROUP_TAKE_APPLY
                   : GROUP_TAKE_GONE;
    }
    if (offered->epoch <= document->epoch)
        return GROUP_TAKE_IGNORE;
    if (pulled)
        return GROUP_TAKE_APPLY;
    return offered->epoch == document->epoch + 1 && offered->predecessor == document->hash
               ? GROUP_TAKE_APPLY
               : GROUP_TAKE_STALE;
}

struct group_table_view group_table_view(const struct group_document *document, const char *self)
{
    const struct group_member *member = group_member(document, self);
    const struct group_operation *operation = &document->operation;

    assert(member != NULL);
    if (member->status == REPLICA_CREATING)
        return (struct group_table_view){TABLE_CREATING, true};
    if (member->status == REPLICA_DELETING)
        return (struct group_table_view){TABLE_DELETING, true};
    if (operation->kind == GROUP_SETTINGS ||
        (operation->kind == GROUP_UPDATE &&
         (strcmp(operation->coordinator, self) == 0 || strcmp(operation->target, self) == 0)))
        return (struct group_table_view){TABLE_UPDATING, false};
    return (struct group_table_view){TABLE_ACTIVE, false};
}

bool group_is_expirer(const struct group_document *document, uint16_t self,
                      bool (*is_silent)(void *context, const char *region), void *context)
{
    for (uint32_t i = 0; i < document->member_count; i++) { /* by id, ascending */
        const struct group_member *member = &document->members[i];

        if (member->status != REPLICA_ACTIVE && member->status != REPLICA_UPDATING)
            continue;
        if (member->replica == self)
            return true;
        if (!is_silent(context, member->region))
            return false;
    }
    return false;
}

struct group_settings group_member_settings(const struct group_document *document,
                                            const struct group_member *member)
{
    struct group_settings settings = document->settings;
    const struct replica_overrides *overrides = &member->overrides;

    if (overrides->read_units != UNSET && settings.billing == BILLING_PROVISIONED)
        settings.read_units = overrides->read_units;
    if (overrides->on_demand_read_max != UNSET && settings.billing == BILLING_PAY_PER_REQUEST)
        settings.on_demand_read_max = overrides->on_demand_read_max;
    if (overrides->table_class != CLASS_UNSET)
        settings.table_class = overrides->table_class;
    return settings;
}
