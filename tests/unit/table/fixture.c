/*
 * fixture.c - see fixture.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

static int64_t commit_delay_us(void *context)
{
    struct fixture *f = context;

    return f->commit_delay_us;
}

static bool cache_miss(void *context)
{
    struct fixture *f = context;

    return f->miss_every != 0 && ++f->reads % f->miss_every == 0;
}

int fixture_try_open(struct fixture *f)
{
    struct engine_memory_options engine_options = {
        .disk = f->disk,
        .executor = f->executor,
        .commit_delay_us = f->commit_delay_us ? commit_delay_us : NULL,
        .cache_miss = cache_miss,
        .context = f,
    };
    struct store_options options = {
        .executor = f->executor,
        .clock = &f->clock,
        .region = f->region,
        .lanes = f->lanes,
        .queue_bytes_max = f->queue_bytes_max,
        .shard_bytes_max = f->shard_bytes_max,
        .throttle = f->throttle,
    };
    int rc;

    assert_int_equal(engine_memory_open(&engine_options, &f->engine), 0);
    options.engine = f->engine;
    rc = store_open(&options, &f->store);
    if (rc < 0) {
        engine_close(f->engine);
        f->engine = NULL;
        f->store = NULL;
    }
    return rc;
}

void fixture_open(struct fixture *f)
{
    assert_int_equal(fixture_try_open(f), 0);
}

struct fixture *fixture_new(uint64_t seed)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->sim = sim_executor_new(&(struct sim_executor_options){.seed = seed});
    assert_non_null(f->sim);
    f->executor = sim_executor_base(f->sim);
    clock_init(&f->clock, f->executor);
    f->disk = memory_disk_new();
    assert_non_null(f->disk);
    f->strand = executor_strand(f->executor, STRAND_SHARED, "test");
    f->lanes = 2;
    f->region = "us-east-1";
    f->commit_delay_us = 300;
    arena_init(&f->arena, 0);
    fixture_open(f);
    return f;
}

static bool is_regions(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "test") != 0;
}

static bool is_any(void *context, const char *name)
{
    (void)context;
    (void)name;
    return true;
}

struct closing {
    struct store_close close;
    bool closed;
};

static void on_closed(struct store_close *close)
{
    CONTAINER_OF(close, struct closing, close)->closed = true;
}

static struct mono soon(struct fixture *f)
{
    return mono_add_ms(executor_now(f->executor), 60000);
}

void fixture_close(struct fixture *f)
{
    struct closing closing = {.close = {.strand = f->strand, .on_closed = on_closed}};

    if (f->store == NULL)
        return;
    store_close(f->store, &closing.close);
    assert_true(sim_executor_run_while(f->sim, &closing.closed, soon(f)));
    store_free(f->store);
    engine_close(f->engine);
    f->store = NULL;
    f->engine = NULL;
}

void fixture_discard(struct fixture *f)
{
    sim_executor_discard(f->sim, is_any, NULL);
}

void fixture_crash(struct fixture *f, uint64_t random)
{
    memory_disk_crash(f->disk, random);
    engine_close(f->engine);
    fixture_discard(f);
    store_free(f->store);
    fixture_open(f);
}

void fixture_free(struct fixture *f)
{
    fixture_close(f);
    arena_release(&f->arena);
    sim_executor_discard(f->sim, is_regions, NULL);
    strand_free(f->strand);
    sim_executor_free(f->sim);
    memory_disk_free(f->disk);
    free(f);
}

void fixture_settle(struct fixture *f)
{
    /* A commit in flight waits on a timer of the engine, so: until no commit and no task is left.
     */
    for (int quiet = 0; quiet < 3;) {
        struct store_stats before, after;

        store_stats(f->store, &before);
        fixture_run_ms(f, 10);
        store_stats(f->store, &after);
        quiet =
            sim_executor_idle(f->sim) && before.commits == after.commits && after.queue_units == 0
                ? quiet + 1
                : 0;
    }
}

void fixture_run_ms(struct fixture *f, int64_t ms)
{
    sim_executor_run_until(f->sim, mono_add_ms(executor_now(f->executor), ms));
}

/* ---- tables ---- */

struct schema *fixture_schema(const char *name, bool sort)
{
    struct schema *schema = schema_new();

    assert_non_null(schema);
    strcpy(schema->name, name);
    strcpy(schema->table_id, "11111111-2222-3333-4444-555555555555");
    schema->status = TABLE_ACTIVE;
    schema->billing = BILLING_PAY_PER_REQUEST;
    schema->key_count = sort ? 2 : 1;
    strcpy(schema->key_names[0], "pk");
    strcpy(schema->key_names[1], "sk");
    for (uint32_t i = 0; i < schema->key_count; i++)
        schema->keys[i] = (struct expr_key_attribute){slice_str(schema->key_names[i]), VALUE_S};
    memset(schema->digest_key, 7, sizeof(schema->digest_key));
    return schema;
}

struct edit_call {
    struct store_edit edit;
    bool done;
    int rc;
};

static void on_edited(struct store_edit *edit, int rc)
{
    struct edit_call *call = CONTAINER_OF(edit, struct edit_call, edit);

    call->done = true;
    call->rc = rc;
}

int fixture_edit(struct fixture *f, int kind, struct schema *schema)
{
    struct edit_call call = {.edit = {.strand = f->strand, .on_done = on_edited}};

    call.edit.kind = kind;
    call.edit.schema = schema;
    store_edit(f->store, &call.edit);
    assert_true(sim_executor_run_while(f->sim, &call.done, soon(f)));
    return call.rc;
}

struct table *fixture_table(struct fixture *f, const char *name, bool sort)
{
    struct table *table;

    assert_int_equal(fixture_edit(f, EDIT_CREATE, fixture_schema(name, sort)), 0);
    table = store_table(f->store, slice_str(name));
    assert_non_null(table);
    return table;
}

struct table *fixture_global(struct fixture *f, const char *name, uint16_t replica_id)
{
    struct schema *schema = fixture_schema(name, false);
    struct table *table;

    schema->global = true;
    schema->replica_id = replica_id;
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema), 0);
    table = store_table(f->store, slice_str(name));
    assert_non_null(table);
    return table;
}

void fixture_enable_stream(struct fixture *f, struct table *table, enum stream_view view,
                           const char *label)
{
    struct schema *schema = table_schema(table), *edited = schema_copy(schema);

    memmove(&edited->streams[1], &edited->streams[0],
            edited->stream_count * sizeof(edited->streams[0]));
    edited->stream_count++;
    edited->streams[0] = (struct stream){.view = view, .created_ms = clock_wall_ms(&f->clock)};
    strcpy(edited->streams[0].label, label);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, edited), 0);
    schema_unref(schema);
}

/* ---- items ---- */

static void add_text(struct item_builder *builder, struct arena *arena, const char *name,
                     const char *text)
{
    struct buf value = BUF_EMPTY;

    buf_append_u8(&value, VALUE_S);
    buf_append_sized(&value, slice_str(text));
    item_builder_add(builder, slice_str(name), arena_dup(arena, buf_slice(&value)));
    buf_release(&value);
}

struct slice fixture_item(struct fixture *f, const char *pk, const char *sk, const char *v)
{
    struct item_builder builder;
    struct slice item;

    item_builder_init(&builder, &f->arena);
    add_text(&builder, &f->arena, "pk", pk);
    if (sk != NULL)
        add_text(&builder, &f->arena, "sk", sk);
    add_text(&builder, &f->arena, "v", v);
    assert_int_equal(item_build(&builder, &item), 0);
    return item;
}

struct slice fixture_item_of(struct fixture *f, const struct attribute *attributes, size_t count)
{
    struct item_builder builder;
    struct slice item;

    item_builder_init(&builder, &f->arena);
    for (size_t i = 0; i < count; i++) {
        struct buf value = BUF_EMPTY;
        struct slice text = slice_str(attributes[i].text);
        struct slice encoded;

        if (attributes[i].type == VALUE_N) {
            uint8_t key[NUMBER_KEY_BYTES_MAX];
            struct number number;

            assert_int_equal(number_parse(text, &number, NULL), 0);
            text = slice_of(key, number_key_encode(&number, key));
            assert_int_equal(value_from_key_bytes(VALUE_N, text, &f->arena, &encoded), 0);
        } else {
            buf_append_u8(&value, (uint8_t)attributes[i].type);
            buf_append_sized(&value, text);
            encoded = arena_dup(&f->arena, buf_slice(&value));
        }
        item_builder_add(&builder, slice_str(attributes[i].name), encoded);
        buf_release(&value);
    }
    assert_int_equal(item_build(&builder, &item), 0);
    return item;
}

struct item_key fixture_key(const char *pk, const char *sk)
{
    return (struct item_key){slice_str(pk), sk != NULL ? slice_str(sk) : SLICE_EMPTY};
}

struct slice item_v(struct slice item)
{
    struct value value;

    assert_true(item_find(item, SLICE("v"), &value));
    return value.payload;
}

static int decide_write(struct mutation *mutation, const struct record *current,
                        enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct write *write = CONTAINER_OF(mutation, struct write, mutation);

    if (current != NULL && !write->blind) {
        struct slice v = item_v(current->item);

        memcpy(write->saw, v.ptr, v.len);
        write->saw[v.len] = '\0';
    }
    if (write->expect != NULL && strcmp(write->expect, write->saw) != 0)
        return ST_CONDITION;
    *ret_outcome = write->item.len > 0 ? MUTATION_PUT : MUTATION_DELETE;
    *ret_item = write->item;
    return 0;
}

static void on_written(struct mutation *mutation, int rc)
{
    struct write *write = CONTAINER_OF(mutation, struct write, mutation);

    assert_false(write->done);
    write->done = true;
    write->rc = rc;
    write->order = ++write->fixture->completed;
    schema_unref(write->schema);
}

void write_start_if(struct fixture *f, struct write *write, struct table *table, const char *pk,
                    const char *sk, const char *v, const char *expect)
{
    *write = (struct write){.fixture = f, .expect = expect};
    write->item = v != NULL ? fixture_item(f, pk, sk, v) : SLICE_EMPTY;
    write->mutation = (struct mutation){
        .table = table,
        .key = fixture_key(pk, sk),
        .decide = decide_write,
        .strand = f->strand,
        .on_committed = on_written,
    };
    store_mutate(f->store, &write->mutation);
}

void write_start(struct fixture *f, struct write *write, struct table *table, const char *pk,
                 const char *sk, const char *v)
{
    write_start_if(f, write, table, pk, sk, v, NULL);
}

void write_start_item(struct fixture *f, struct write *write, struct table *table,
                      struct slice item, bool delete, struct index_write *writes)
{
    struct schema *schema = table_schema(table);

    *write = (struct write){.fixture = f, .item = delete ? SLICE_EMPTY : item, .blind = true};
    write->mutation = (struct mutation){
        .table = table,
        .schema = writes != NULL ? schema : NULL,
        .decide = decide_write,
        .strand = f->strand,
        .on_committed = on_written,
        .index_writes = writes,
    };
    assert_int_equal(schema_key_of_item(schema, item, &write->mutation.key, NULL), 0);
    if (writes != NULL)
        write->schema = schema;
    else
        schema_unref(schema);
    store_mutate(f->store, &write->mutation);
}

int fixture_put_item(struct fixture *f, struct table *table, struct slice item)
{
    struct write write;

    write_start_item(f, &write, table, item, false, NULL);
    return write_wait(f, &write);
}

int fixture_delete_item(struct fixture *f, struct table *table, struct slice item)
{
    struct write write;

    write_start_item(f, &write, table, item, true, NULL);
    return write_wait(f, &write);
}

int write_wait(struct fixture *f, struct write *write)
{
    assert_true(sim_executor_run_while(f->sim, &write->done, soon(f)));
    return write->rc;
}

int fixture_put(struct fixture *f, struct table *table, const char *pk, const char *sk,
                const char *v)
{
    struct write write;

    write_start(f, &write, table, pk, sk, v);
    return write_wait(f, &write);
}

static struct slice number_item(struct fixture *f, const char *pk, const char *name,
                                const char *text)
{
    struct item_builder builder;
    struct slice item;

    item_builder_init(&builder, &f->arena);
    add_text(&builder, &f->arena, "pk", pk);
    add_text(&builder, &f->arena, "v", name != NULL ? text : "");
    if (name != NULL) {
        uint8_t key[NUMBER_KEY_BYTES_MAX];
        struct buf value = BUF_EMPTY;
        struct number number;
        struct refusal refusal;

        assert_int_equal(number_parse(slice_str(text), &number, &refusal), 0);
        buf_append_u8(&value, VALUE_N);
        buf_append_sized(&value, slice_of(key, number_key_encode(&number, key)));
        item_builder_add(&builder, slice_str(name), arena_dup(&f->arena, buf_slice(&value)));
        buf_release(&value);
    }
    assert_int_equal(item_build(&builder, &item), 0);
    return item;
}

int fixture_put_number(struct fixture *f, struct table *table, const char *pk, const char *name,
                       const char *text)
{
    struct write write = {.fixture = f, .item = number_item(f, pk, name, text)};

    write.mutation = (struct mutation){
        .table = table,
        .key = fixture_key(pk, NULL),
        .decide = decide_write,
        .strand = f->strand,
        .on_committed = on_written,
    };
    store_mutate(f->store, &write.mutation);
    return write_wait(f, &write);
}

int fixture_delete(struct fixture *f, struct table *table, const char *pk, const char *sk)
{
    struct write write;

    write_start(f, &write, table, pk, sk, NULL);
    return write_wait(f, &write);
}

const char *fixture_get(struct fixture *f, struct table *table, const char *pk, const char *sk)
{
    struct item_key key = fixture_key(pk, sk);
    struct pinned pin = PINNED_EMPTY;
    struct record record;
    const char *v = "";
    int rc = store_get(f->store, table, &key, ENGINE_READ_ANY, &pin, &record);

    if (rc == 0)
        v = arena_str(&f->arena, item_v(record.item));
    else
        assert_int_equal(rc, ST_NOTFOUND);
    engine_unpin(&pin);
    return v;
}

/* ---- changes ---- */

static int change_cmp(const void *a, const void *b)
{
    const struct change *left = a, *right = b;

    return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

struct change *fixture_log(struct fixture *f, struct table *table, bool own_only, bool visible_only,
                           size_t *ret_count)
{
    struct change *changes = NULL;
    size_t count = 0, cap = 0;

    for (uint32_t group = 0; group < TABLE_PARTITIONS; group++) {
        struct log_read read = {.after = store_log_trimmed(f->store, table, group),
                                .own_only = own_only,
                                .visible_only = visible_only};
        struct buf out = BUF_EMPTY;
        struct reader reader;

        assert_int_equal(store_log_read(f->store, table, group, &read, &out), 0);
        assert_false(read.more);
        reader = reader_of(arena_dup(&f->arena, buf_slice(&out)));
        buf_release(&out);
        while (!reader_done(&reader)) {
            if (count == cap) {
                struct change *grown;

                cap = cap ? cap * 2 : 64;
                grown = arena_alloc(&f->arena, cap * sizeof(*grown));
                if (count > 0)
                    memcpy(grown, changes, count * sizeof(*grown));
                changes = grown;
            }
            assert_int_equal(change_decode(reader_sized(&reader), &changes[count++]), 0);
        }
    }
    if (count > 0)
        qsort(changes, count, sizeof(*changes), change_cmp);
    *ret_count = count;
    return changes;
}

struct change fixture_remote(struct fixture *f, uint16_t replica, uint64_t time, const char *pk,
                             const char *v)
{
    struct item_key key = fixture_key(pk, NULL);
    struct buf encoded = BUF_EMPTY;
    struct change change = {
        .sequence = time,
        .incarnation = 99,
        .version = {{time}, replica},
        .origin_incarnation = 99,
        .origin_sequence = time,
        .origin_commit_ms = 1234,
        .kind = v != NULL ? CHANGE_PUT : CHANGE_DELETE,
        .has_new = v != NULL,
    };

    item_key_encode(&encoded, &key);
    change.key = arena_dup(&f->arena, buf_slice(&encoded));
    buf_release(&encoded);
    if (v != NULL)
        change.new_image = fixture_item(f, pk, NULL, v);
    return change;
}

struct apply_call {
    struct apply apply;
    bool done;
    int rc;
};

static void on_applied(struct apply *apply, int rc)
{
    struct apply_call *call = CONTAINER_OF(apply, struct apply_call, apply);

    call->done = true;
    call->rc = rc;
}

int fixture_apply(struct fixture *f, struct table *table, struct change change, bool session,
                  struct apply *ret)
{
    struct apply_call call = {
        .apply = {.table = table,
                  .changes = &change,
                  .count = 1,
                  .session = session,
                  .strand = f->strand,
                  .on_applied = on_applied},
    };
    struct schema *schema = table_schema(table);
    struct item_key key;

    assert_int_equal(item_key_decode(change.key, schema->key_count == 2, &key), 0);
    schema_unref(schema);
    call.apply.partition = partition_of_hash(item_key_hash(&key));
    store_apply(f->store, &call.apply);
    assert_true(sim_executor_run_while(f->sim, &call.done, soon(f)));
    if (ret != NULL)
        *ret = call.apply;
    return call.rc;
}

void assert_digest_right(struct fixture *f, struct table *table)
{
    struct digest_leaf *kept = calloc(DIGEST_LEAVES, sizeof(*kept));
    struct digest_leaf *counted = calloc(DIGEST_LEAVES, sizeof(*counted));

    store_digest(f->store, table, kept);
    assert_int_equal(store_digest_recompute(f->store, table, counted), 0);
    for (uint32_t i = 0; i < DIGEST_LEAVES; i++) {
        assert_true(kept[i].sum == counted[i].sum);
        assert_int_equal(kept[i].count, counted[i].count);
        assert_int_equal(kept[i].bytes, counted[i].bytes);
    }
    free(kept);
    free(counted);
}

void assert_indexes_right(struct fixture *f, struct table *table)
{
    struct index_check check;

    assert_int_equal(store_index_check(f->store, table, &check), 0);
    assert_int_equal(check.missing, 0);
    assert_int_equal(check.wrong, 0);
    assert_int_equal(check.surplus, 0);
    assert_int_equal(check.miscounted, 0);
}
