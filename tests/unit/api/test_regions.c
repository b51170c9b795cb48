/*
 * test_regions.c - Regions that are added and removed while requests are inside; what is counted of
 * them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "api/api_priv.h"
#include "base/executor_sim.h"

struct fixture {
    struct sim_executor *sim;
    struct executor *executor;
    struct strand *strand;
    struct clock clock;
    struct engine *engine;
    struct store *store;
    struct api *api;
    unsigned idle; /* how often a removal was reported */
    struct api_region_remove remove;
};

static void on_idle(struct api_region_remove *remove)
{
    CONTAINER_OF(remove, struct fixture, remove)->idle++;
}

static void run(struct fixture *f)
{
    sim_executor_run_until(f->sim, mono_add_ms(executor_now(f->executor), 1000));
}

static void add(struct fixture *f)
{
    struct api_region region = {.name = "us-east-1", .store = f->store, .clock = &f->clock};

    assert_int_equal(api_region_add(f->api, &region), 0);
}

static void take_out(struct fixture *f)
{
    f->remove =
        (struct api_region_remove){.name = "us-east-1", .strand = f->strand, .on_idle = on_idle};
    api_region_remove(f->api, &f->remove);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct engine_memory_options memory = {.disk = NULL};
    struct store_options options = {.region = "us-east-1", .clock = &f->clock, .lanes = 1};
    struct api_options api = {.any_credentials = true, .account = "000000000000"};

    f->sim = sim_executor_new(&(struct sim_executor_options){.seed = 1});
    f->executor = sim_executor_base(f->sim);
    f->strand = executor_strand(f->executor, STRAND_SHARED, "test");
    clock_init(&f->clock, f->executor);
    assert_int_equal(engine_memory_open(&memory, &f->engine), 0);
    options.executor = f->executor;
    options.engine = f->engine;
    assert_int_equal(store_open(&options, &f->store), 0);
    api.executor = f->executor;
    assert_int_equal(api_open(&api, &f->api), 0);
    add(f);
    run(f);
    *state = f;
    return 0;
}

static void on_closed(struct store_close *close)
{
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct store_close close = {.strand = f->strand, .on_closed = on_closed};

    run(f);
    store_close(f->store, &close);
    run(f);
    store_free(f->store);
    engine_close(f->engine);
    api_free(f->api);
    strand_free(f->strand);
    sim_executor_free(f->sim);
    free(f);
    return 0;
}

static void a_region_is_found_by_its_name(void **state)
{
    struct fixture *f = *state;

    assert_non_null(api_find_region(f->api, SLICE("us-east-1")));
    assert_null(api_find_region(f->api, SLICE("us-east-2")));
    assert_null(api_find_region(f->api, SLICE("")));
}

static void a_removal_waits_for_the_last_request(void **state)
{
    struct fixture *f = *state;
    struct hosted_region *region = api_find_region(f->api, SLICE("us-east-1"));

    assert_true(region_enter(region));
    assert_true(region_enter(region));
    take_out(f);
    run(f);
    assert_int_equal(f->idle, 0);
    assert_false(region_enter(region));
    region_leave(region);
    run(f);
    assert_int_equal(f->idle, 0);
    region_leave(region);
    run(f);
    assert_int_equal(f->idle, 1);
}

static void a_removal_is_reported_once_and_the_region_may_come_back(void **state)
{
    struct fixture *f = *state;
    struct hosted_region *region = api_find_region(f->api, SLICE("us-east-1"));

    for (unsigned round = 1; round <= 3; round++) {
        take_out(f);
        run(f);
        assert_int_equal(f->idle, round);
        assert_false(region_enter(region)); /* a late request looks in and goes */
        run(f);
        assert_int_equal(f->idle, round);
        add(f);
        assert_true(region_enter(region));
        region_leave(region);
    }
}

static void the_key_of_iterators_stays_with_the_data(void **state)
{
    struct fixture *f = *state;
    struct hosted_region *region = api_find_region(f->api, SLICE("us-east-1"));
    uint8_t zero[ITERATOR_KEY_BYTES] = {0}, before[ITERATOR_KEY_BYTES];

    memcpy(before, region->iterator_key, sizeof(before));
    assert_memory_not_equal(before, zero, sizeof(before));
    take_out(f);
    run(f);
    memset(region->iterator_key, 0, ITERATOR_KEY_BYTES);
    add(f);
    assert_memory_equal(region->iterator_key, before, sizeof(before));
}

/* ---- numbers ---- */

static int keep_view(void *context, const struct api_operation_view *view)
{
    struct api_operation_view *kept = context;

    assert_null(kept->operation); /* only one was called */
    *kept = *view;
    return 0;
}

static void requests_are_counted_over_all_workers(void **state)
{
    struct fixture *f = *state;
    struct hosted_region *region = api_find_region(f->api, SLICE("us-east-1"));
    const struct operation *get = operation_find(SLICE("DynamoDB_20120810.GetItem"));
    struct strand *other = executor_strand(f->executor, STRAND_SHARED, "other");
    struct api_operation_view view = {.operation = NULL};

    numbers_count(worker_of(f->api, f->strand), region, get, OUTCOME_OK, 10);
    numbers_count(worker_of(f->api, other), region, get, OUTCOME_USER_ERROR, 100);
    numbers_count(worker_of(f->api, other), region, get, OUTCOME_THROTTLED, 1000000000);
    assert_true(worker_of(f->api, other) == worker_of(f->api, other));
    assert_int_equal(api_each_operation(f->api, keep_view, &view), 0);
    assert_string_equal(view.operation, "GetItem");
    assert_string_equal(view.region, "us-east-1");
    assert_int_equal(view.requests, 3);
    assert_int_equal(view.user_errors, 1);
    assert_int_equal(view.throttled, 1);
    assert_int_equal(view.system_errors, 0);
    assert_int_equal(view.latency_us_total, 1000000110);
    assert_int_equal(view.latency[0], 1);
    assert_int_equal(view.latency[API_LATENCY_BUCKETS - 1], 1); /* beyond all: in the last */
    strand_free(other);
}

static void buckets_of_latency_grow(void **state)
{
    assert_int_equal(api_latency_bucket_us(0), 16);
    assert_int_equal(api_latency_bucket_us(1), 22);
    assert_int_equal(api_latency_bucket_us(2), 32);
    for (uint32_t i = 1; i < API_LATENCY_BUCKETS; i++)
        assert_true(api_latency_bucket_us(i) > api_latency_bucket_us(i - 1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_region_is_found_by_its_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_removal_waits_for_the_last_request, setup, teardown),
        cmocka_unit_test_setup_teardown(a_removal_is_reported_once_and_the_region_may_come_back,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_key_of_iterators_stays_with_the_data, setup, teardown),
        cmocka_unit_test_setup_teardown(requests_are_counted_over_all_workers, setup, teardown),
        cmocka_unit_test(buckets_of_latency_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
