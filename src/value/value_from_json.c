/*
 * value_from_json.c - DynamoDB JSON into the stored item format, in one pass.
 *
 * The walk reads simdjson's tape directly and writes through an encoder. In the common case, one
 * known member of the right JSON type, a value costs a comparison of two or so bytes and a copy.
 *
 * Two kinds of error can be in the same request, and AWS finds them in two passes: first the JSON
 * is matched against the shapes (SerializationException, dynamodb-wire.md §3), then the values are
 * validated (dynamodb-values-capacity.md §1). We make one pass and, only when it meets an invalid
 * value, a second one in which validation is silent (`types_only`): a serialization error found
 * anywhere in the value takes precedence. Hence the pattern `rc = invalid(...); if (rc < 0) return
 * rc;` followed by code that goes on with something harmless.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include "value/base64.h"
#include "value/encoder.h"
#include "value/json_tape.h"
#include "value/value.h"
#include "value/value_priv.h"

#define SHAPE "com.amazonaws.dynamodb.v20120810.AttributeValue"
#define INVALID "One or more parameter values were invalid: "

static const char text_object[] = "Start of structure or map found where not expected";
static const char text_field[] = "Unexpected field type";
static const char text_map[] =
    "Unrecognized collection type java.util.Map<java.lang.String, " SHAPE ">";

struct decoder {
    struct encoder encoder;
    const struct json_tape *tape;
    struct value_refusal *reterr; /* may be NULL */
    bool types_only;
};

/* The members of an AttributeValue, by the order in which a value with several is checked. */
enum member {
    MEMBER_N,
    MEMBER_NULL,
    MEMBER_SS,
    MEMBER_NS,
    MEMBER_BS,
    MEMBER_S,
    MEMBER_B,
    MEMBER_BOOL,
    MEMBER_L,
    MEMBER_M,
    MEMBER_COUNT,
    MEMBER_UNKNOWN = MEMBER_COUNT
};

static int decode_value(struct decoder *decoder, size_t at, unsigned level);
static int decode_members(struct decoder *decoder, size_t at, unsigned level,
                          struct encoder_container *container);

/* ---- refusals ---- */

static struct refusal *refusal_of(struct decoder *decoder, bool envelope, bool serialization)
{
    if (decoder->reterr == NULL)
        return NULL;
    decoder->reterr->envelope = envelope;
    decoder->reterr->serialization = serialization;
    return &decoder->reterr->refusal;
}

/* A SerializationException. */
static int mismatch(struct decoder *decoder, const char *text)
{
    return refuse(refusal_of(decoder, false, true), "%s", text);
}

/* A ValidationException; 0 while only types are looked at. */
static int invalid(struct decoder *decoder, bool envelope, const char *text)
{
    if (decoder->types_only)
        return 0;
    return refuse(refusal_of(decoder, envelope, false), "%s", text);
}

/* The value at `at` is no string: says so as AWS's reader of scalars does. */
static int mismatch_scalar(struct decoder *decoder, size_t at, const char *type)
{
    const char *token;

    switch (tape_kind(decoder->tape, at)) {
    case '[':
        return refuse(refusal_of(decoder, false, true),
                      "Unrecognized collection type class java.lang.%s", type);
    case '{':
        return mismatch(decoder, text_object);
    case 't':
        token = "TRUE_VALUE";
        break;
    case 'f':
        token = "FALSE_VALUE";
        break;
    case 'd':
        token = "DECIMAL_VALUE";
        break;
    case '"':
        token = "STRING_VALUE";
        break;
    default:
        token = "NUMBER_VALUE";
        break;
    }
    return refuse(refusal_of(decoder, false, true), "%s cannot be converted to %s", token, type);
}

/* ---- scalars ---- */

static int read_string(struct decoder *decoder, size_t at, struct slice *ret_text)
{
    if (tape_kind(decoder->tape, at) != '"')
        return mismatch_scalar(decoder, at, "String");
    *ret_text = tape_string(decoder->tape, at);
    return 0;
}

static int read_number(struct decoder *decoder, struct slice text, struct number *ret_number)
{
    int rc = number_parse(text, ret_number,
                          decoder->types_only ? NULL : refusal_of(decoder, false, false));

    if (rc == ST_REFUSED && decoder->types_only) {
        *ret_number = (struct number){0};
        rc = 0;
    }
    return rc;
}

/* Reads the text of a blob and proves that its length decodes; base64__decode proves the rest. */
static int read_blob(struct decoder *decoder, size_t at, struct slice *ret_text)
{
    switch (tape_kind(decoder->tape, at)) {
    case '"':
        break;
    case '[':
        return mismatch(decoder, "Unrecognized collection type class java.nio.ByteBuffer");
    case '{':
        return mismatch(decoder, text_object);
    default:
        return mismatch(decoder, "only base-64-encoded strings are convertible to bytes");
    }
    *ret_text = tape_string(decoder->tape, at);
    if (ret_text->len % 4 != 0)
        return refuse(refusal_of(decoder, false, true),
                      "Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
                      ret_text->len);
    return 0;
}

static int decode_blob_text(struct decoder *decoder, struct slice text, uint8_t *to)
{
    if (!base64__decode(text, to))
        return mismatch(decoder, "Invalid last non-pad Base64 character dectected");
    return 0;
}

static int decode_blob(struct decoder *decoder, size_t at)
{
    struct slice text;
    uint8_t *bytes;
    int rc = read_blob(decoder, at, &text);

    if (rc < 0)
        return rc;
    rc = encoder__put_room(&decoder->encoder, VALUE_B, base64__decoded_len(text), &bytes);
    return rc < 0 ? rc : decode_blob_text(decoder, text, bytes);
}

static int decode_string(struct decoder *decoder, size_t at)
{
    struct slice text;
    int rc = read_string(decoder, at, &text);

    return rc < 0 ? rc : encoder__put_sized(&decoder->encoder, VALUE_S, text);
}

static int decode_number(struct decoder *decoder, size_t at)
{
    struct number number;
    struct slice text;
    int rc = read_string(decoder, at, &text);

    if (rc == 0)
        rc = read_number(decoder, text, &number);
    return rc < 0 ? rc : encoder__put_number(&decoder->encoder, &number);
}

/* A boolean, or a string that AWS converts to one. */
static int read_flag(struct decoder *decoder, size_t at, bool *ret_flag)
{
    int truth = json_truth((struct json){.doc = decoder->tape, .at = at});

    if (truth < 0 && tape_kind(decoder->tape, at) == '"')
        return mismatch(decoder, "Unexpected token received from parser");
    if (truth < 0)
        return mismatch_scalar(decoder, at, "Boolean");
    *ret_flag = truth == 1;
    return 0;
}

static int decode_flag(struct decoder *decoder, size_t at, enum member member)
{
    enum value_type type = VALUE_NULL;
    bool flag = false;
    int rc = read_flag(decoder, at, &flag);

    if (rc < 0)
        return rc;
    if (member == MEMBER_BOOL) {
        type = flag ? VALUE_TRUE : VALUE_FALSE;
    } else if (!flag) {
        rc = invalid(decoder, true,
                     INVALID "Null attribute value types must have the value of true");
        if (rc < 0)
            return rc;
    }
    return encoder__put_type(&decoder->encoder, type);
}

/* ---- sets ---- */

/* The type of the set that a member holds. */
static enum value_type set_type(enum member member)
{
    return (enum value_type)(member - MEMBER_SS + VALUE_SS);
}
static_assert(MEMBER_BS - MEMBER_SS == VALUE_BS - VALUE_SS, "members and types in one order");

static int check_list(struct decoder *decoder, size_t at)
{
    switch (tape_kind(decoder->tape, at)) {
    case '[':
        return 0;
    case '{':
        return mismatch(decoder, text_object);
    default:
        return mismatch(decoder, text_field);
    }
}

static bool set_is_empty(const struct json_tape *tape, size_t at)
{
    size_t end = tape_end(tape, at) - 1;

    for (at++; at < end; at = tape_after(tape, at))
        if (tape_kind(tape, at) != 'n')
            return false;
    return true;
}

static int refuse_empty_set(struct decoder *decoder, enum member member)
{
    switch (member) {
    case MEMBER_SS:
        return invalid(decoder, true, INVALID "An string set  may not be empty");
    case MEMBER_NS:
        return invalid(decoder, true, INVALID "An number set  may not be empty");
    default:
        return invalid(decoder, true, INVALID "Binary sets should not be empty");
    }
}

static int refuse_duplicates(struct decoder *decoder, size_t at, enum member member)
{
    const struct json_tape *tape = decoder->tape;
    size_t end = tape_end(tape, at) - 1;
    struct buf list = BUF_EMPTY;
    int rc = ST_NOMEM;

    if (decoder->types_only)
        return 0;
    if (member == MEMBER_NS)
        return invalid(decoder, true, "Input collection contains duplicates");
    for (at++; at < end && list.len < REFUSAL_BYTES_MAX; at = tape_after(tape, at)) {
        if (tape_kind(tape, at) == 'n')
            continue;
        if (list.len > 0)
            buf_append_str(&list, ", ");
        buf_append_slice(&list, tape_string(tape, at));
    }
    if (!buf_failed(&list))
        rc = refuse(refusal_of(decoder, true, false),
                    "%sInput collection [%.*s]%s contains duplicates.", INVALID,
                    SLICE_ARGS(buf_slice(&list)), member == MEMBER_BS ? "of type BS" : "");
    buf_release(&list);
    return rc;
}

static int decode_element(struct decoder *decoder, size_t at, enum member member)
{
    struct encoder *encoder = &decoder->encoder;
    uint8_t key[NUMBER_KEY_BYTES_MAX], *bytes;
    struct number number;
    struct slice text;
    int rc;

    rc = member == MEMBER_BS ? read_blob(decoder, at, &text) : read_string(decoder, at, &text);
    if (rc < 0)
        return rc;
    if (member == MEMBER_BS) {
        rc = encoder__element(encoder, base64__decoded_len(text), &bytes);
        return rc < 0 ? rc : decode_blob_text(decoder, text, bytes);
    }
    if (member == MEMBER_NS) {
        rc = read_number(decoder, text, &number);
        if (rc < 0)
            return rc;
        text = slice_of(key, number_key_encode(&number, key));
    }
    return encoder__part(encoder, text);
}

static int decode_set(struct decoder *decoder, size_t at, enum member member)
{
    const struct json_tape *tape = decoder->tape;
    struct encoder_container container;
    size_t set = at, end;
    bool duplicates;
    int rc = check_list(decoder, at);

    if (rc < 0)
        return rc;
    if (set_is_empty(tape, at)) {
        rc = refuse_empty_set(decoder, member);
        if (rc < 0)
            return rc;
    }
    end = tape_end(tape, at) - 1;
    rc = encoder__begin(&decoder->encoder, set_type(member), end - at > 16, &container);
    for (at++; rc == 0 && at < end; at = tape_after(tape, at))
        if (tape_kind(tape, at) != 'n')
            rc = decode_element(decoder, at, member);
    if (rc == 0)
        rc = encoder__end(&decoder->encoder, &container, &duplicates);
    if (rc == 0 && duplicates)
        rc = refuse_duplicates(decoder, set, member);
    return rc;
}

/* ---- lists and maps ---- */

static int decode_list(struct decoder *decoder, size_t at, unsigned level)
{
    const struct json_tape *tape = decoder->tape;
    struct encoder_container container;
    size_t end;
    int rc = check_list(decoder, at);

    if (rc < 0)
        return rc;
    end = tape_end(tape, at) - 1;
    rc = encoder__begin(&decoder->encoder, VALUE_L, end - at > 24, &container);
    for (at++; rc == 0 && at < end; at = tape_after(tape, at)) {
        rc = decode_value(decoder, at, level + 1);
        container.count++;
    }
    return rc < 0 ? rc : encoder__end(&decoder->encoder, &container, NULL);
}

static int check_map(struct decoder *decoder, size_t at)
{
    switch (tape_kind(decoder->tape, at)) {
    case '{':
        return 0;
    case '[':
        return mismatch(decoder, text_map);
    default:
        return mismatch(decoder, text_field);
    }
}

static int decode_map(struct decoder *decoder, size_t at, unsigned level)
{
    struct encoder_container container;
    int rc = check_map(decoder, at);

    if (rc == 0)
        rc = encoder__begin(&decoder->encoder, VALUE_M, tape_end(decoder->tape, at) - at > 24,
                            &container);
    return rc < 0 ? rc : decode_members(decoder, at, level + 1, &container);
}

static int check_name(struct decoder *decoder, struct slice name)
{
    if (name.len == 0) /* refused by DynamoDB too; the wording is ours */
        return invalid(decoder, false, INVALID "An attribute name may not be empty");
    if (name.len > ATTRIBUTE_NAME_BYTES_MAX)
        return invalid(decoder, true, "Attribute name is too large, must be less than 65536 bytes");
    return 0;
}

/* The members of a map or an item, whose values are at `level`, and the container's end. */
static int decode_members(struct decoder *decoder, size_t at, unsigned level,
                          struct encoder_container *container)
{
    const struct json_tape *tape = decoder->tape;
    size_t end = tape_end(tape, at) - 1;
    int rc = 0;

    for (at++; at < end; at = tape_after(tape, at + 1)) {
        struct slice name = tape_string(tape, at);

        rc = check_name(decoder, name);
        if (rc == 0)
            rc = encoder__part(&decoder->encoder, name);
        if (rc == 0)
            rc = decode_value(decoder, at + 1, level);
        if (rc < 0)
            return rc;
    }
    return encoder__end(&decoder->encoder, container, NULL);
}

/* ---- one value ---- */

static enum member member_of(struct slice name)
{
    if (name.len == 1) {
        switch (name.ptr[0]) {
        case 'S':
            return MEMBER_S;
        case 'N':
            return MEMBER_N;
        case 'B':
            return MEMBER_B;
        case 'L':
            return MEMBER_L;
        case 'M':
            return MEMBER_M;
        default:
            return MEMBER_UNKNOWN;
        }
    }
    if (name.len == 2 && name.ptr[1] == 'S') {
        switch (name.ptr[0]) {
        case 'S':
            return MEMBER_SS;
        case 'N':
            return MEMBER_NS;
        case 'B':
            return MEMBER_BS;
        default:
            return MEMBER_UNKNOWN;
        }
    }
    if (slice_eq(name, SLICE("BOOL")))
        return MEMBER_BOOL;
    return slice_eq(name, SLICE("NULL")) ? MEMBER_NULL : MEMBER_UNKNOWN;
}

static int decode_member(struct decoder *decoder, size_t at, enum member member, unsigned level)
{
    switch (member) {
    case MEMBER_N:
        return decode_number(decoder, at);
    case MEMBER_NULL:
    case MEMBER_BOOL:
        return decode_flag(decoder, at, member);
    case MEMBER_SS:
    case MEMBER_NS:
    case MEMBER_BS:
        return decode_set(decoder, at, member);
    case MEMBER_S:
        return decode_string(decoder, at);
    case MEMBER_B:
        return decode_blob(decoder, at);
    case MEMBER_L:
        return decode_list(decoder, at, level);
    default:
        return decode_map(decoder, at, level);
    }
}

/*
 * A value with several members is refused in any case; this finds the message that DynamoDB sends
 * first: that of a broken member before "more than one". Emptiness of all sets comes before
 * anything inside a set. While only types are looked at, it just visits every member.
 */
static int refuse_several(struct decoder *decoder, const size_t present[MEMBER_COUNT],
                          unsigned level)
{
    size_t len = decoder->encoder.len;
    int rc = 0;

    for (int i = 0; rc == 0 && i < MEMBER_COUNT; i++) {
        if (i == MEMBER_SS)
            for (int set = MEMBER_SS; rc == 0 && set <= MEMBER_BS; set++)
                if (present[set] != 0 && tape_kind(decoder->tape, present[set]) == '[' &&
                    set_is_empty(decoder->tape, present[set]))
                    rc = refuse_empty_set(decoder, (enum member)set);
        if (rc == 0 && present[i] != 0)
            rc = decode_member(decoder, present[i], (enum member)i, level);
        if (rc == 0)
            decoder->encoder.len = len;
    }
    if (rc == 0)
        rc = invalid(decoder, false,
                     "Supplied AttributeValue has more than one datatypes set, must contain "
                     "exactly one of the supported datatypes");
    return rc < 0 ? rc : encoder__put_type(&decoder->encoder, VALUE_NULL);
}

static int decode_value(struct decoder *decoder, size_t at, unsigned level)
{
    const struct json_tape *tape = decoder->tape;
    size_t present[MEMBER_COUNT], end, value;
    enum member member, last = MEMBER_UNKNOWN;
    unsigned count = 0;
    int rc = 0;

    switch (tape_kind(tape, at)) {
    case '{':
        break;
    case 'n':
        goto empty;
    case '[':
        return mismatch(decoder, "Unrecognized collection type class " SHAPE);
    default:
        return mismatch(decoder, "Unexpected value type in payload");
    }
    if (level > VALUE_DEPTH_MAX) {
        rc = invalid(decoder, false,
                     "Nesting Levels have exceeded supported limits: Attributes in the item have "
                     "nested levels beyond supported limit");
        if (rc < 0)
            return rc;
    }
    end = tape_end(tape, at) - 1;
    if (tape_payload(tape, at) >> 32 == 1) { /* nearly always: one member, and known */
        member = member_of(tape_string(tape, at + 1));
        if (member != MEMBER_UNKNOWN && tape_kind(tape, at + 2) != 'n')
            return decode_member(decoder, at + 2, member, level);
        goto empty;
    }
    memset(present, 0, sizeof(present));
    for (at++; at < end; at = tape_after(tape, value)) {
        value = at + 1;
        member = member_of(tape_string(tape, at));
        if (member == MEMBER_UNKNOWN || tape_kind(tape, value) == 'n')
            continue;
        count += present[member] == 0;
        present[member] = value;
        last = member;
    }
    if (count == 1)
        return decode_member(decoder, present[last], last, level);
    if (count > 1)
        return refuse_several(decoder, present, level);
empty:
    rc = invalid(decoder, false,
                 "Supplied AttributeValue is empty, must contain exactly one of the supported "
                 "datatypes");
    return rc < 0 ? rc : encoder__put_type(&decoder->encoder, VALUE_NULL);
}

/* ---- entry ---- */

static int decode(struct decoder *decoder, size_t at, bool item)
{
    struct encoder_container container;
    int rc;

    if (!item)
        return decode_value(decoder, at, 1);
    rc = check_map(decoder, at);
    if (rc == 0)
        rc = encoder__begin_item(&decoder->encoder, &container);
    return rc < 0 ? rc : decode_members(decoder, at, 1, &container);
}

static int from_json(struct json json, bool item, struct arena *arena, struct slice *ret_encoded,
                     struct value_refusal *reterr)
{
    struct decoder decoder;
    struct value_refusal mismatched;
    int rc;

    encoder__init(&decoder.encoder, arena);
    decoder.tape = tape_of(json.doc);
    decoder.reterr = reterr;
    decoder.types_only = false;
    rc = decode(&decoder, json.at, item);
    if (rc == 0) {
        *ret_encoded = encoder__result(&decoder.encoder);
        return 0;
    }
    if (rc != ST_REFUSED || reterr == NULL || reterr->serialization)
        return rc;
    encoder__init(&decoder.encoder, arena);
    decoder.reterr = &mismatched;
    decoder.types_only = true;
    rc = decode(&decoder, json.at, item);
    if (rc == ST_REFUSED)
        *reterr = mismatched;
    return rc == ST_NOMEM ? ST_NOMEM : ST_REFUSED;
}

int value_from_json(struct json json, struct arena *arena, struct slice *ret_encoded,
                    struct value_refusal *reterr)
{
    return from_json(json, false, arena, ret_encoded, reterr);
}

int item_from_json(struct json json, struct arena *arena, struct slice *ret_item,
                   struct value_refusal *reterr)
{
    return from_json(json, true, arena, ret_item, reterr);
}
