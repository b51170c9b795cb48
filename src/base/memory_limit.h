/*
 * memory_limit.h - how much memory this process may take.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_MEMORY_LIMIT_H
#define TROPIC_BASE_MEMORY_LIMIT_H

#include <stdint.h>

/**
 * Bytes: the machine's memory, or less when a control group that this process is in has less. 0
 * when the system does not say. Sources: sysconf(3); cgroups(7) and the kernel's cgroup-v2.rst
 * (memory.max of the group and of every one above it), cgroup-v1/memory.rst
 * (memory.limit_in_bytes).
 */
uint64_t memory_limit(void);

/** The smallest limit of the groups listed in `groups` (as /proc/self/cgroup) below `root` (as
 *  /sys/fs/cgroup); UINT64_MAX: none. */
uint64_t memory__group_limit(const char *groups, const char *root);

#endif
