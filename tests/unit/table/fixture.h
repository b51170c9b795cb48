/*
 * fixture.h - one Region's store on the simulated executor, for the tests of table/.
 *
 * Everything is repeatable. Calls named like the store's own drive the executor until the answer is
 * there; a test that wants several things in flight starts them with the *_start functions and then
 * calls fixture_settle().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_TABLE_FIXTURE_H
#define TROPIC_TESTS_TABLE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/executor_sim.h"
#include "table/store.h"

struct fixture {
    struct sim_executor *sim;
    struct executor *executor;
    struct clock clock;
    struct memory_disk *disk;
    struct engine *engine;
    struct store *store;
    struct strand *strand; /* where the tests' callbacks run */
    struct arena arena;
    int64_t commit_delay_us; /* 0: commits complete at once */
    unsigned miss_every;     /* cached reads miss once in so many; 0: never */
    unsigned reads;
    uint32_t lanes;
    uint64_t queue_bytes_max, shard_bytes_max;
    bool throttle;
    const char *region;
    unsigned completed; /* writes answered */
};

/** A fixture with an open store; the disk is new. */
struct fixture *fixture_new(uint64_t seed);
void fixture_free(struct fixture *f);
void fixture_open(struct fixture *f);
int fixture_try_open(struct fixture *f);
/** In order: the store is closed, then the engine. */
void fixture_close(struct fixture *f);
/** Forgets all that is pending. */
void fixture_discard(struct fixture *f);
/** Sudden death, and open again on what is left. */
void fixture_crash(struct fixture *f, uint64_t random);
/** Runs until nothing but timers is left. */
void fixture_settle(struct fixture *f);
void fixture_run_ms(struct fixture *f, int64_t ms);

/* ---- tables ---- */

/** "pk" (S), and "sk" (S) when sort is set. */
struct schema *fixture_schema(const char *name, bool sort);
int fixture_edit(struct fixture *f, int kind, struct schema *schema); /* takes the reference */
struct table *fixture_table(struct fixture *f, const char *name, bool sort);
/** A member of a group, as replica `replica_id`. */
struct table *fixture_global(struct fixture *f, const char *name, uint16_t replica_id);
void fixture_enable_stream(struct fixture *f, struct table *table, enum stream_view view,
                           const char *label);

/* ---- items ---- */

/** {"pk": pk, "sk": sk (unless NULL), "v": v} in the fixture's arena. */
struct slice fixture_item(struct fixture *f, const char *pk, const char *sk, const char *v);
struct item_key fixture_key(const char *pk, const char *sk);
/** The text under "v". */
struct slice item_v(struct slice item);

struct write {
    struct mutation mutation;
    struct fixture *fixture;
    struct slice item;     /* PUT; empty: DELETE */
    const char *expect;    /* not NULL: ST_CONDITION unless "v" is this ("": absent) */
    char saw[64];          /* "v" that decide() saw; "" */
    bool blind;            /* items need have no "v" */
    struct schema *schema; /* held until the answer, with index_writes */
    bool done;
    int rc;
    unsigned order; /* of completion, over all writes of the fixture */
};
void write_start(struct fixture *f, struct write *write, struct table *table, const char *pk,
                 const char *sk, const char *v); /* v NULL: delete */
void write_start_if(struct fixture *f, struct write *write, struct table *table, const char *pk,
                    const char *sk, const char *v, const char *expect);
/** An attribute of an item; text: of S and B the bytes, of N digits. */
struct attribute {
    const char *name;
    enum value_type type;
    const char *text;
};
/** In the fixture's arena. */
struct slice fixture_item_of(struct fixture *f, const struct attribute *attributes, size_t count);
#define FIXTURE_ITEM(f, ...)                                                                       \
    fixture_item_of((f), (struct attribute[]){__VA_ARGS__},                                        \
                    sizeof((struct attribute[]){__VA_ARGS__}) / sizeof(struct attribute))
/** A put of the item, or a delete of the item with its key. `writes` may be NULL. */
void write_start_item(struct fixture *f, struct write *write, struct table *table,
                      struct slice item, bool delete, struct index_write *writes);
int write_wait(struct fixture *f, struct write *write);
int fixture_put_item(struct fixture *f, struct table *table, struct slice item);
int fixture_delete_item(struct fixture *f, struct table *table, struct slice item);

int fixture_put(struct fixture *f, struct table *table, const char *pk, const char *sk,
                const char *v);
/** {"pk": pk, "v": text, `name`: the number `text`} (name NULL: without it), written whatever is
 * there. */
int fixture_put_number(struct fixture *f, struct table *table, const char *pk, const char *name,
                       const char *text);
int fixture_delete(struct fixture *f, struct table *table, const char *pk, const char *sk);
/** "v" in the fixture's arena; "" when absent. */
const char *fixture_get(struct fixture *f, struct table *table, const char *pk, const char *sk);

/* ---- changes ---- */

/** All changes of a table in order of sequence, in the fixture's arena. */
struct change *fixture_log(struct fixture *f, struct table *table, bool own_only, bool visible_only,
                           size_t *ret_count);
/** A change as it comes from another Region. v NULL: a delete. Stays valid with the arena. */
struct change fixture_remote(struct fixture *f, uint16_t replica, uint64_t time, const char *pk,
                             const char *v);
/** Applies one change; the result is in *ret (may be NULL). */
int fixture_apply(struct fixture *f, struct table *table, struct change change, bool session,
                  struct apply *ret);

/** Indexes and item collections are what the items say. */
void assert_indexes_right(struct fixture *f, struct table *table);
void assert_digest_right(struct fixture *f, struct table *table);

#endif
