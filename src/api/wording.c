/*
 * wording.c - see wording.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/wording.h"

#include "api/errors.h"

/* What the newer dialect has more than the older one, and in which messages. */
struct addition {
    struct slice added;
    struct slice unless; /* messages that hold this had it before, too; empty: none */
    struct slice holds;  /* only messages that hold this; empty: all */
};

/* SLICE() is no constant expression in C17. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

static const struct addition additions[] = {
    /* Violated constraints of the shape were counted always; what is said of values, expressions
     * and parameters was not. */
    {TEXT(MESSAGE_ENVELOPE), TEXT("failed to satisfy constraint: "), TEXT("")},
    {TEXT("Invalid KeyConditionExpression: "), TEXT(""),
     TEXT("cannot have conditions on nested attributes")},
    {TEXT("Invalid KeyConditionExpression: "), TEXT(""),
     TEXT("must only contain one condition per key")},
    {TEXT("Invalid KeyConditionExpression: "), TEXT(""), TEXT("cannot contain nested operations")},
    {TEXT(", typeSet: ALLOWED_FOR_ADD_OPERAND"), TEXT(""), TEXT("")},
    {TEXT(", typeSet: ALLOWED_FOR_DELETE_OPERAND"), TEXT(""), TEXT("")},
};

static const uint8_t *find(struct slice message, struct slice part)
{
    return message.len == 0 ? NULL : memmem(message.ptr, message.len, part.ptr, part.len);
}

static bool is_meant(const struct addition *addition, struct slice message)
{
    return (addition->unless.len == 0 || find(message, addition->unless) == NULL) &&
           (addition->holds.len == 0 || find(message, addition->holds) != NULL);
}

struct slice wording_older(struct arena *arena, struct slice message)
{
    for (size_t i = 0; i < ARRAY_LEN(additions); i++) {
        struct slice added = additions[i].added;
        const uint8_t *at = find(message, added);
        size_t before;
        uint8_t *shorter;

        if (at == NULL || !is_meant(&additions[i], message))
            continue;
        shorter = arena_alloc(arena, message.len);
        if (shorter == NULL)
            return message;
        before = (size_t)(at - message.ptr);
        memcpy(shorter, message.ptr, before);
        memcpy(shorter + before, at + added.len, message.len - before - added.len);
        message = slice_of(shorter, message.len - added.len);
    }
    return message;
}
