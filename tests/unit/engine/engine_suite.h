/*
 * engine_suite.h - what every engine must do, as tests that know only engine.h.
 *
 * Each engine's own test program describes how to open it and runs the suite on it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TESTS_UNIT_ENGINE_ENGINE_SUITE_H
#define TESTS_UNIT_ENGINE_ENGINE_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/engine.h"

struct suite;

struct suite_kind {
    const char *name;
    void (*storage_new)(struct suite *suite); /* what outlives one engine_close */
    void (*storage_free)(struct suite *suite);
    void (*open)(struct suite *suite);                    /* sets suite->engine */
    void (*set_full)(struct suite *suite, bool full);     /* NULL: not here */
    void (*await)(struct suite *suite, const bool *done); /* NULL: commits answer at once */
    bool threads;                                         /* may be read by several */
};

struct suite {
    const struct suite_kind *kind;
    struct engine *engine;
    struct strand *strand; /* where commits are answered; NULL where they answer at once */
    void *storage;         /* the kind's own */
};

/** Runs the suite; returns the number of failed tests. */
int suite_run(const struct suite_kind *kind);

/** For an engine's own tests: one cmocka setup and teardown. */
struct suite *suite_new(const struct suite_kind *kind);
void suite_free(struct suite *suite);
void suite_close(struct suite *suite);
void suite_reopen(struct suite *suite);

/** Commits, waits for the answer and returns it. Clears the batch. */
int suite_commit(struct suite *suite, struct batch *batch, enum engine_durability durability);
/** One put in a batch of its own, which must succeed. */
void suite_put(struct suite *suite, const char *key, const char *value);
void suite_expect(struct suite *suite, const char *key, const char *value); /* NULL: absent */
/** Compares the keys of ENGINE_DATA, joined by spaces. */
void suite_expect_keys(struct suite *suite, const char *keys);

#endif
