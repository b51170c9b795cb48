/*
 * memory_limit.c - see memory_limit.h.
 *
 * A container sees the memory of the whole machine in sysconf(); what it may take of that is a file
 * of its control group. Inside a namespace of its own the group's path is "/" and the file lies at
 * the root; outside, the path leads there, and each group above may allow less. We ask them all: a
 * file that is not there, or says "max", limits nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/memory_limit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t number_in(const char *path)
{
    unsigned long long number;
    FILE *file = fopen(path, "re");
    int fields;

    if (file == NULL)
        return UINT64_MAX;
    fields = fscanf(file, "%llu", &number);
    fclose(file);
    return fields == 1 && number > 0 ? number : UINT64_MAX;
}

/** The smallest number in `name` of `group` and of those above it; `group` is cut up. */
static uint64_t smallest_above(const char *root, char *group, const char *name)
{
    uint64_t smallest = UINT64_MAX;

    for (;;) {
        char path[PATH_MAX];
        char *slash = strrchr(group, '/');
        uint64_t number;

        if (slash != NULL && slash[1] == '\0')
            *slash = '\0';
        if (snprintf(path, sizeof(path), "%s%s/%s", root, group, name) < (int)sizeof(path)) {
            number = number_in(path);
            if (number < smallest)
                smallest = number;
        }
        slash = strrchr(group, '/');
        if (slash == NULL)
            return smallest;
        *slash = '\0';
    }
}

uint64_t memory__group_limit(const char *groups, const char *root)
{
    uint64_t smallest = UINT64_MAX;
    char line[PATH_MAX], v1[PATH_MAX];
    FILE *file = fopen(groups, "re");

    if (file == NULL)
        return smallest;
    snprintf(v1, sizeof(v1), "%s/memory", root);
    while (fgets(line, sizeof(line), file) != NULL) { /* number:controllers:path */
        char *controllers = strchr(line, ':'), *group;
        uint64_t limit = UINT64_MAX;

        line[strcspn(line, "\n")] = '\0';
        group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL)
            continue;
        *group++ = '\0';
        controllers++;
        if (*controllers == '\0')
            limit = smallest_above(root, group, "memory.max");
        else if (strcmp(controllers, "memory") == 0)
            limit = smallest_above(v1, group, "memory.limit_in_bytes");
        if (limit < smallest)
            smallest = limit;
    }
    fclose(file);
    return smallest;
}

uint64_t memory_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGE_SIZE);
    uint64_t machine =
        pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : UINT64_MAX;
    uint64_t group = memory__group_limit("/proc/self/cgroup", "/sys/fs/cgroup");
    uint64_t limit = machine < group ? machine : group;

    return limit == UINT64_MAX ? 0 : limit;
}
