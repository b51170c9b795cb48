/*
 * wait.h - for threads that may block: run something on a strand, and wait for what comes back.
 *
 *     struct gate gate;
 *     gate_init(&gate);
 *     store_close(store, &closing.close);            on_closed calls gate_open(&gate)
 *     gate_wait(&gate);
 *
 * strand_call() of executor_threads.h does the same from threads that are not the executor's; these
 * serve its dedicated strands and I/O threads too. Never on a shared strand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_WAIT_H
#define TROPIC_SERVER_WAIT_H

#include <semaphore.h>

#include "base/executor.h"

struct gate {
    sem_t opened;
};

static inline void gate_init(struct gate *gate)
{
    sem_init(&gate->opened, 0, 0);
}
/** The last thing that touches the gate: the waiter may free it at once. */
static inline void gate_open(struct gate *gate)
{
    sem_post(&gate->opened);
}
static inline void gate_wait(struct gate *gate)
{
    while (sem_wait(&gate->opened) < 0)
        ; /* EINTR */
    sem_destroy(&gate->opened);
}

struct strand_errand {
    struct task task;
    void (*run)(void *context);
    void *context;
    struct gate gate;
};

static inline void strand_errand_run(struct task *task)
{
    struct strand_errand *errand = CONTAINER_OF(task, struct strand_errand, task);

    errand->run(errand->context);
    gate_open(&errand->gate);
}

/** Runs run(context) on the strand and waits until it has returned. */
static inline void strand_wait(struct strand *strand, void (*run)(void *context), void *context)
{
    struct strand_errand errand = {.run = run, .context = context};

    task_init(&errand.task, strand_errand_run);
    gate_init(&errand.gate);
    strand_post(strand, &errand.task);
    gate_wait(&errand.gate);
}

#endif
