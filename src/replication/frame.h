/*
 * frame.h - one message on a link between two Regions, as bytes (docs/protocol.md).
 *
 *   offset  size
 *        0     4  magic "TPC1"
 *        4     1  version of the protocol (1)
 *        5     1  type (enum frame_type)
 *        6     2  flags (FRAME_ZSTD)
 *        8     8  nonce of the sender's end of the session
 *       16     8  nonce of the receiver's end, 0 in a first HELLO
 *       24     4  bytes of the body as sent
 *       28     4  bytes of the body unpacked
 *       32     4  CRC-32C of the 32 bytes before and the body as sent
 *       36        body
 *
 * All integers are big-endian. A frame is whole in itself: it may be lost, repeated, delayed or
 * reordered, so bodies name what they are about instead of counting on what came before. Session
 * nonces make frames of an older session worthless (core/hello.h).
 *
 * Everything that reads here takes foreign bytes: each length is checked, nothing is allocated from
 * a length that was not checked, and whatever is wrong is ST_CORRUPT. tests/fuzz/fuzz_frame.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_FRAME_H
#define TROPIC_REPLICATION_FRAME_H

#include "base/bytes.h"
#include "base/status.h"
#include "changes/version.h"
#include "table/store.h"

enum {
    FRAME_VERSION = 1,
    FRAME_HEADER_BYTES = 36,
    FRAME_BODY_BYTES_MAX = 8 * 1024 * 1024, /* unpacked; a change is at most about 1 MiB */
    FRAME_PACK_BYTES_MIN = 2048,            /* smaller bodies are not worth packing */
    REGION_BYTES_MAX = 63,
    GROUP_ID_BYTES = 16,
};

enum frame_flags { FRAME_ZSTD = 1 };

enum frame_type {
    FRAME_HELLO = 1,
    FRAME_HEARTBEAT = 2,
    FRAME_FEED_OPEN = 3,   /* receiver -> origin */
    FRAME_FEED_DATA = 4,   /* origin -> receiver */
    FRAME_FEED_ACK = 5,    /* receiver -> origin */
    FRAME_FEED_REFUSE = 6, /* origin -> receiver */
    FRAME_GOSSIP = 7,
    FRAME_SNAPSHOT_ASK = 8,
    FRAME_SNAPSHOT_PAGE = 9,
    FRAME_GROUP_ASK = 10,
    FRAME_GROUP_ANSWER = 11,
    FRAME_VERIFY_ASK = 12,
    FRAME_VERIFY_ANSWER = 13,
    FRAME_TYPE_COUNT
};

struct frame_header {
    uint8_t version;
    enum frame_type type;
    uint16_t flags;
    uint64_t from, to; /* nonces */
    uint32_t body_bytes, unpacked_bytes;
};

/** Packing and unpacking contexts, kept so that a frame costs no allocation. One strand. */
struct frame_codec;
struct frame_codec *frame_codec_new(void); /* NULL: no memory */
void frame_codec_free(struct frame_codec *codec);

/** Appends a header to an empty buf; bodies are appended behind it. */
void frame_begin(struct buf *out, enum frame_type type, uint64_t from, uint64_t to);
/** Packs a large body, fills in lengths and checksum. ST_NOMEM (also of earlier appends),
 * ST_TOOBIG. */
int frame_finish(struct buf *out, struct frame_codec *codec);

/**
 * Checks a whole frame. *ret_body is borrowed from `bytes`, or from `scratch` when it was packed.
 * 0; ST_CORRUPT; ST_UNSUPPORTED: another version; ST_NOMEM.
 */
int frame_open(struct slice bytes, struct frame_codec *codec, struct buf *scratch,
               struct frame_header *ret_header, struct slice *ret_body);

/* ---- bodies ---- */

/* Each body has `<body>_append` and `<body>_read`; read answers false on bytes that are not one. */

struct group_id {
    uint8_t bytes[GROUP_ID_BYTES];
};
static inline bool group_id_eq(const struct group_id *a, const struct group_id *b)
{
    return memcmp(a->bytes, b->bytes, GROUP_ID_BYTES) == 0;
}

struct hello_body {
    uint8_t version_min, version_max; /* that the sender can read */
    struct slice region;
    uint8_t folder[16];   /* the sender's data folder */
    uint64_t incarnation; /* of its logs now */
    int64_t wall_us;
};
void hello_body_append(struct buf *out, const struct hello_body *body);
bool hello_body_read(struct slice bytes, struct hello_body *ret);

/** Once a heartbeat interval; the only traffic of a link where nothing happens. */
struct heartbeat_body {
    int64_t wall_us;      /* the sender's clock now */
    int64_t echo_wall_us; /* the wall_us of the last heartbeat it received, 0 for none ... */
    int64_t echo_held_us; /* ... and how long ago that was */
};
void heartbeat_body_append(struct buf *out, const struct heartbeat_body *body);
bool heartbeat_body_read(struct slice bytes, struct heartbeat_body *ret);

/** Which feed: the changes that `origin` made in one log group of one global table, for `reader`.
 */
struct feed_name {
    struct group_id group;
    uint16_t origin, reader; /* replica ids */
    uint8_t log_group;
};

struct feed_open_body {
    struct feed_name feed;
    uint64_t epoch;       /* of the group, as the reader knows it */
    uint32_t opening;     /* counts up within a session; answers carry it */
    uint64_t incarnation; /* under which the position was read; 0: never read anything */
    uint64_t after;       /* changes with a greater sequence are wanted */
    uint64_t applied;     /* what lies above it, up to `after`, waits in the reader's memory */
    uint64_t stored;      /* its checkpoint on disk, at most `applied` */
    bool again;           /* it once had more, knows it, and wants it again */
    uint64_t window;      /* bytes that may be under way */
};
void feed_open_body_append(struct buf *out, const struct feed_open_body *body);
bool feed_open_body_read(struct slice bytes, struct feed_open_body *ret);

/**
 * Everything of the feed with a sequence above `from` and up to `to`; all versions of the origin at
 * or below `closed` have sequences up to `to`; what has a greater sequence was decided with all of
 * the reader's own versions at or below `seen` applied. True for ever, whatever else arrives.
 */
struct feed_data_body {
    struct feed_name feed;
    uint32_t opening;
    uint64_t incarnation; /* of the origin's log now */
    uint64_t from, to;
    struct hybrid_time closed, seen;
    uint32_t count;
    struct slice changes; /* count sized change records, by sequence */
};
void feed_data_body_append_head(struct buf *out, const struct feed_data_body *body);
bool feed_data_body_read(struct slice bytes, struct feed_data_body *ret);

struct feed_ack_body {
    struct feed_name feed;
    uint32_t opening;
    uint64_t applied; /* durable at the reader */
    uint64_t stored;  /* its checkpoint on disk: the log up to here may go */
};
void feed_ack_body_append(struct buf *out, const struct feed_ack_body *body);
bool feed_ack_body_read(struct slice bytes, struct feed_ack_body *ret);

enum feed_refusal {
    FEED_UNKNOWN = 1, /* no such group here, or the reader is no member by what is known here */
    FEED_EPOCH = 2,   /* the reader's group document is older: pull it */
    FEED_TRIMMED = 3, /* the position is older than what is kept */
    FEED_AMNESIA = 4, /* the reader has changes that this Region has no more: it shall go back */
    FEED_FORGOT = 5,  /* the reader once acknowledged more than it now asks for */
};
struct feed_refuse_body {
    struct feed_name feed;
    uint32_t opening;
    enum feed_refusal why;
    uint64_t epoch; /* of the group here, 0 when unknown */
    /* AMNESIA: the last point that both have. */
    uint64_t incarnation, sequence;
};
void feed_refuse_body_append(struct buf *out, const struct feed_refuse_body *body);
bool feed_refuse_body_read(struct slice bytes, struct feed_refuse_body *ret);

/** What one member has applied of each origin, and what it knows of the group. */
enum { GOSSIP_ROWS_MAX = 32 };
struct gossip_row {
    uint16_t origin;
    struct hybrid_time applied; /* all of the origin's changes at or below are durable here */
};
struct gossip_body {
    struct group_id group;
    uint64_t epoch;
    uint16_t replica;
    bool counts; /* the sender is ACTIVE: its rows count for the floor */
    bool wants_answer;
    uint8_t percent;                  /* of its backfill; 255: none */
    struct hybrid_time floor, latest; /* latest: no version above it is known here */
    uint32_t row_count;
    struct gossip_row rows[GOSSIP_ROWS_MAX];
};
void gossip_body_append(struct buf *out, const struct gossip_body *body);
bool gossip_body_read(struct slice bytes, struct gossip_body *ret);

/** Asking a member for a part of a snapshot, or for the positions around it. */
enum snapshot_ask {
    SNAPSHOT_POSITIONS = 1, /* its log positions and its checkpoints of the others, now */
    SNAPSHOT_RECORDS = 2,   /* records of a log group after `resume` */
};
enum { SNAPSHOT_RESUME_BYTES_MAX = 8192 };
struct snapshot_ask_body {
    enum snapshot_ask kind;
    struct group_id group;
    uint64_t epoch;
    uint16_t reader;
    uint64_t session; /* nonce of the whole snapshot */
    uint32_t request; /* counts up within it; the answer carries it */
    uint8_t log_group;
    uint32_t bytes_max;
    struct slice resume;
};
void snapshot_ask_body_append(struct buf *out, const struct snapshot_ask_body *body);
bool snapshot_ask_body_read(struct slice bytes, struct snapshot_ask_body *ret);

struct snapshot_position {
    uint16_t origin;
    uint8_t log_group;
    uint64_t incarnation, sequence;
};
enum { SNAPSHOT_POSITIONS_MAX = GOSSIP_ROWS_MAX * TABLE_PARTITIONS };
struct snapshot_page_body {
    enum snapshot_ask kind;
    int result; /* 0, or a status: the source cannot serve this now */
    struct group_id group;
    uint64_t session;
    uint32_t request;
    uint8_t log_group;
    uint64_t items; /* live items at the source, for progress */
    /* RECORDS */
    bool done;
    struct slice resume; /* for the next request */
    uint32_t count;
    struct slice changes; /* count sized change records */
    /* POSITIONS */
    uint32_t position_count;
    struct slice positions; /* position_count of snapshot_position_read() */
};
/** Everything but `changes`, which the caller appends behind. */
void snapshot_page_body_append_head(struct buf *out, const struct snapshot_page_body *body);
bool snapshot_page_body_read(struct slice bytes, struct snapshot_page_body *ret);
void snapshot_position_append(struct buf *out, const struct snapshot_position *position);
bool snapshot_position_read(struct reader *reader, struct snapshot_position *ret);

/** The life of a group: core/group.h says what each kind asks and answers. */
struct group_ask_body {
    uint8_t kind; /* enum group_ask */
    struct group_id group;
    uint64_t operation;    /* nonce of the workflow */
    uint64_t epoch;        /* that the asker bases itself on, or of the document */
    int64_t floor;         /* START: lower bound of the newcomer's clock */
    struct slice table;    /* name */
    struct slice document; /* JSON; empty for kinds that carry none */
};
void group_ask_body_append(struct buf *out, const struct group_ask_body *body);
bool group_ask_body_read(struct slice bytes, struct group_ask_body *ret);

struct group_answer_body {
    uint8_t kind;   /* of the question */
    uint8_t result; /* enum group_result */
    struct group_id group;
    uint64_t operation;
    uint64_t asked; /* epoch of the question */
    uint64_t epoch; /* of the group at the answerer */
    struct hybrid_time floor;
    struct slice table;
    struct slice text; /* words of a refusal, or a document */
};
void group_answer_body_append(struct buf *out, const struct group_answer_body *body);
bool group_answer_body_read(struct slice bytes, struct group_answer_body *ret);

/** Comparing replicas: sums of all leaves, then the keys of leaves that differ. */
enum verify_ask { VERIFY_SUMS = 1, VERIFY_KEYS = 2 };
struct verify_ask_body {
    enum verify_ask kind;
    struct group_id group;
    uint64_t request;
    uint32_t leaf;      /* KEYS */
    struct slice after; /* KEYS: encoded key; empty from the start */
};
void verify_ask_body_append(struct buf *out, const struct verify_ask_body *body);
bool verify_ask_body_read(struct slice bytes, struct verify_ask_body *ret);

struct verify_leaf {
    uint32_t leaf;
    uint64_t count;
    u128 sum;
};
struct verify_key {
    struct slice key;
    struct version version;
    u128 hash;
};
struct verify_answer_body {
    enum verify_ask kind;
    int result;
    struct group_id group;
    uint64_t request;
    uint32_t leaf;
    bool more;       /* KEYS: ask again after the last key */
    bool sums_right; /* SUMS: those kept equal those counted */
    uint32_t count;  /* of verify_leaf or verify_key in `list`; leaves without items are left out */
    struct slice list;
};
void verify_answer_body_append_head(struct buf *out, const struct verify_answer_body *body);
bool verify_answer_body_read(struct slice bytes, struct verify_answer_body *ret);
void verify_leaf_append(struct buf *out, const struct verify_leaf *leaf);
bool verify_leaf_read(struct reader *reader, struct verify_leaf *ret);
void verify_key_append(struct buf *out, const struct verify_key *key);
bool verify_key_read(struct reader *reader, struct verify_key *ret);

#endif
