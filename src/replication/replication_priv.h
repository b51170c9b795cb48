/*
 * replication_priv.h - the objects of replication and which file does what with them. Private.
 *
 *   replication   one Region's replication; everything below lives on its strand
 *     link        to one peer Region: transport, session, heartbeats (link.c)
 *     global      one table that is, becomes or stops being global (global.c)
 *                 its document and promises (group_*.c), changes of it that this Region
 *                 coordinates (coordinator.c), its floor (gossip.c)
 *       member    another replica of it
 *         feed_in   its changes arriving, one per log group (feed_in.c)
 *         feed_out  our changes going there (feed_out.c)
 *       backfill  while this Region fills itself from another one (backfill.c)
 *       memory    what is done when this Region has lost some (memory.c)
 *     counting    what members have not acknowledged (pending.c)
 *     verify      comparisons (verify.c)
 *
 * Only views (views.c) are touched by other threads, under their lock.
 *
 * Lifetimes. What the store or the I/O pool still works on may not go: feeds and globals count
 * their operations under way and are freed when they have left the tree and the last one has come
 * back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_PRIV_H
#define TROPIC_REPLICATION_PRIV_H

#include <pthread.h>

#include "replication/core/feed_count.h"
#include "replication/core/feed_rx.h"
#include "replication/core/feed_tx.h"
#include "replication/core/floor.h"
#include "replication/core/group.h"
#include "replication/core/group_flow.h"
#include "replication/core/hello.h"
#include "replication/frame.h"
#include "replication/group_json.h"
#include "replication/replication.h"

#define PART "replication" /* of log lines */
#define META_OWNER "replication"

enum {
    TICK_MS = 250,
    SILENCE_MS = 10 * 1000, /* a link that says nothing for so long begins a new session */
    ANNOUNCE_MS = 8,        /* closed times follow the last change within this, when idle */
    COALESCE_US = 1500,     /* the log is looked at no more often than this */
    FEED_FRAME_BYTES = 256 * 1024,
    FEED_FRAME_CHANGES_MAX = 4096,
    FEED_BATCH_BYTES = 1024 * 1024, /* applied at once */
    FEED_BATCH_CHANGES_MAX = 8192,
    FEED_WINDOW_BYTES = 8 * 1024 * 1024,
    REGION_WINDOW_BYTES = 64 * 1024 * 1024, /* of all feeds together */
    FEED_WINDOW_BYTES_MIN = 512 * 1024,
    FEED_RETRY_MS = 500, /* the store had no room */
    /* Positions that moved without changes are written this often. */
    CHECKPOINT_IDLE_MS = 30 * 1000,
    POISON_LOOK_AGAIN_MS = 10 * 1000,
    PROMISE_ASK_MS = 3000,
    LOG_INLINE_SEQUENCES = 65536, /* what lies further back is read in the I/O pool */
    SNAPSHOT_PAGE_BYTES = 512 * 1024,
    SOURCE_PATIENCE_MS = 60 * 1000,
    EXPIRER_SILENCE_MS = 10 * 60 * 1000, /* then the next member expires items */
    LAG_RECENT_SLOTS = 6,                /* of ten seconds each */
    CHECKPOINT_BYTES = 25,
};

struct global;
struct member;
struct link;

/** Something under way that owns itself; replication_free() frees what never came back. */
struct job {
    struct list_node node;
    void (*release)(struct job *job); /* after it has left the list */
};

/* ---- feeds ---- */

struct feed_frame {
    struct list_node queued;
    struct buf memory; /* that `changes` lies in */
    struct slice changes;
    uint32_t count;
    uint64_t skip_through;
    struct feed_at at;
};

struct feed_in {
    struct member *member;
    uint8_t log_group;
    struct feed_rx core;
    struct list_node frames;
    bool applying;
    bool poisoned;         /* it stands still for a version out of all bounds */
    int64_t retry_ms;      /* the store was full: not before; 0: none */
    int64_t checkpoint_ms; /* when the position was last written */
    struct feed_at applying_to;
    bool has_reset; /* it goes on elsewhere when the apply under way has come back */
    struct feed_rx_event reset;
    uint32_t applying_frames;
    struct hybrid_time applying_latest;
    struct apply apply;
    struct change *changes; /* of the apply; reused */
    uint32_t changes_cap;
    struct buf checkpoint_key;
    uint8_t checkpoint[CHECKPOINT_BYTES];
};

struct feed_out {
    struct member *member;
    uint8_t log_group;
    struct feed_tx core;
    struct feed_count count;
    struct list_node counting; /* waits for its turn to be counted */
    bool reading_io;
    struct table *read_table;
    struct log_read read;
    struct hybrid_time closed, seen; /* taken before the read */
    struct buf raw;
    int read_rc;
    struct task io, back;
};

/** The piece of a log that is being counted. */
struct counting {
    struct list_node waiting; /* feeds, by `counting` */
    bool busy;
    struct feed_out *of; /* NULL: it has left meanwhile */
    struct table *table;
    uint8_t log_group;
    struct feed_count_question question;
    struct log_read read;
    int rc;
    struct task io, back;
};

/** Writes down what members have acknowledged. */
struct acknowledged_edit {
    struct store_edit edit;
    bool busy, again;
    int64_t due_ms;
};

struct lag {
    uint64_t since_start[LAG_BUCKETS];
    uint32_t recent[LAG_RECENT_SLOTS][LAG_BUCKETS];
    int64_t recent_max_ms[LAG_RECENT_SLOTS];
    int64_t slot; /* ten-second slot that was written last */
};

struct member {
    struct replication *replication;
    struct global *global; /* gone when it has left */
    struct link *link;
    uint16_t replica;
    struct list_node node; /* in global->members, or in replication->leaving */
    bool left;
    bool counts;              /* by its own words: ACTIVE, its rows count */
    bool waiting;             /* the store has no room for its changes: told once */
    uint8_t percent;          /* of its backfill; 255: none */
    struct hybrid_time floor; /* that it last told */
    struct feed_in in[TABLE_PARTITIONS];
    struct feed_out out[TABLE_PARTITIONS];
    uint64_t applied, dropped, conflicts;
    struct lag lag;
};

/* ---- filling this Region's table ---- */

enum backfill_phase {
    BACKFILL_POSITIONS, /* asking where the feeds begin */
    BACKFILL_WRITING,   /* making these positions durable */
    BACKFILL_SCANNING,
    BACKFILL_END,      /* asking where the source is now */
    BACKFILL_CATCH_UP, /* feeds have to pass these positions */
    BACKFILL_READY,
};

struct backfill_scan {
    struct global *global;
    uint8_t log_group;
    bool done, done_next, applying;
    uint32_t request; /* outstanding, 0: none */
    uint32_t tries;
    int64_t due_ms;
    struct buf resume; /* durable */
    struct buf resume_next;
    struct buf value, key; /* checkpoint */
    struct buf memory;     /* that the page lies in */
    struct change *changes;
    uint32_t changes_cap, change_count;
    struct apply apply;
};

struct backfill {
    struct job job; /* listed from stop to the end of its last operation */
    struct replication *replication;
    enum backfill_phase phase;
    bool stopped; /* left behind with operations under way */
    bool fresh;   /* the feeds' own positions are too old */
    bool repair;  /* of an ACTIVE member whose feed fell off the log: one source, its feeds only */
    uint64_t session;
    char source[GROUP_REGION_BYTES];
    struct hybrid_time floor;   /* the clock must be above before the first write */
    uint32_t request;           /* number of the last question */
    uint32_t positions_request; /* ... about positions; 0: none yet in this phase */
    int64_t due_ms, heard_ms;
    uint32_t tries;
    uint64_t items_source, items_here;
    struct snapshot_position positions[SNAPSHOT_POSITIONS_MAX];
    struct feed_at starts[SNAPSHOT_POSITIONS_MAX]; /* WRITING: where their feeds go on */
    uint32_t position_count;
    struct store_edit edit;
    struct backfill_scan scans[TABLE_PARTITIONS];
};

/* ---- groups ---- */

/** Who asked: a link's session, or (link NULL) this Region itself. */
struct asker {
    struct link *link;
    uint64_t session;
};

struct document_edit {
    struct global *global;
    struct store_edit edit;
    enum { EDIT_PROMISE, EDIT_RELEASE, EDIT_DOCUMENT } what;
    struct asker asker;
    enum group_ask ask;
    uint64_t operation, asked;      /* of the question */
    struct group_document document; /* DOCUMENT, PROMISE (the proposal) */
    bool drop, create, dissolve;
};

struct workflow {
    struct global *global;
    struct group_flow flow;
    struct replication_request *request; /* until it is answered */
    struct schema *wanted;               /* SETTINGS: also what stays in this Region */
    struct store_edit edit;
    bool writing, finished, resume;
    int64_t write_ms; /* the record is to be written again then; 0: no */
    bool self_asked;
    enum group_ask self_ask;
    struct task self_task;
};

struct global {
    struct replication *replication;
    struct list_node node; /* in replication->globals */
    char name[TABLE_NAME_BYTES_MAX + 1];
    struct table *table;             /* one reference; NULL: no table here */
    struct group_document *document; /* NULL: none */
    bool planned;    /* the document describes this Region's table alone, and is not written */
    bool table_held; /* a plan was admitted: the table is global by its schema */
    uint16_t self;   /* our replica id; 0 without a document */
    struct group_promise promise;
    int64_t promise_ms; /* when to ask its coordinator again */
    struct list_node members;
    struct floor_core floor;
    struct hybrid_time floor_set;
    struct hybrid_time latest; /* no version above it is known here */
    int64_t announce_ms;       /* closed times are to be told then; 0: not yet */
    uint64_t changes_seen;     /* of the log, when feeds last looked */
    int64_t gossip_ms;         /* when to gossip next, while active */
    struct document_edit *editing;
    struct workflow *workflow;
    struct backfill *backfill;
    bool pulling;
    bool acknowledged_moved; /* since it was written down */
    bool memory_lost, memory_written, memory_writing;
    uint32_t operations; /* backfill work with the store or the I/O pool */
};

/* ---- links ---- */

struct link {
    struct replication *replication;
    char region[GROUP_REGION_BYTES];
    bool up;
    const struct transport_ops *ops;
    void *transport;
    struct hello_session session;
    bool refused_version;           /* told once */
    int64_t heard_ms;               /* last frame of this session */
    int64_t hello_ms, heartbeat_ms; /* when due */
    uint32_t hello_tries;
    int64_t peer_wall_us, peer_wall_heard_us; /* last heartbeat: its clock, our monotonic one */
    int64_t skew_ms;
    uint64_t bytes_sent, bytes_received, frames_sent, frames_received, frames_refused;
};

/* ---- views ---- */

struct group_view {
    char table[TABLE_NAME_BYTES_MAX + 1];
    uint32_t count;
    struct replica_view views[GROUP_MEMBERS_MAX];
};

struct views {
    pthread_mutex_t lock;
    struct group_view **groups;
    uint32_t group_count, group_cap;
    struct link_view *links;
    uint32_t link_count;
    struct feed_view *feeds;
    uint32_t feed_count, feed_cap;
};

/** What other threads have handed in, in their order: tasks, run by one task of the strand. */
struct inbox {
    pthread_mutex_t lock;
    struct list_node tasks; /* by task.queued */
    bool posted;
    struct task task;
};

struct replication {
    struct executor *executor;
    struct clock *clock;
    struct store *store;
    struct strand *strand;
    struct log log;
    char region[GROUP_REGION_BYTES];
    void (*on_bad_peer)(void *context, const char *peer, const char *why);
    void *context;
    uint64_t window_bytes, log_inline_sequences;
    uint32_t feed_frame_bytes, snapshot_page_bytes;
    int64_t heartbeat_ms, source_patience_ms;
    struct feed_rx_limits rx_limits;
    struct feed_tx_limits tx_limits;
    struct flow_limits flow_limits;

    int64_t opened_ms;
    uint8_t folder[16];
    uint64_t incarnation;
    struct hello_history history;
    bool history_written; /* feeds are served only then */
    struct store_edit history_edit;
    bool history_editing;

    struct link *links;
    uint32_t link_count;
    struct list_node globals;
    struct list_node leaving; /* members that are only waited for */
    struct list_node verifies, verify_serves;
    struct list_node jobs;
    struct counting counting;
    struct acknowledged_edit acknowledged;
    struct inbox inbox;
    struct task start, stop;

    struct log_watch watch;
    bool watching;
    struct timer tick, announce, coalesce;
    struct mono looked; /* at the log */
    int64_t views_ms;
    struct index_sets index_sets; /* that documents speak of */
    struct frame_codec *codec;
    struct buf scratch, raw; /* of one frame, of one inline read */
    bool fenced_clock;

    uint32_t operations; /* with the store or the I/O pool */
    bool closing;
    struct replication_close *close;
    struct views views;
};

static inline int64_t now_ms(struct replication *replication)
{
    return executor_now(replication->executor).ns / 1000000;
}

/* ---- replication.c ---- */

void job__begin(struct replication *replication, struct job *job, void (*release)(struct job *job));
void job__end(struct job *job); /* releases it */
/** An operation with the store or the I/O pool begins, or has come back. */
void replication__hold(struct replication *replication);
void replication__release(struct replication *replication);
struct link *replication__link(struct replication *replication, const char *region);
uint64_t replication__nonce(struct replication *replication);
/** Writes are refused while either holds. */
void replication__fence(struct replication *replication);

/* ---- link.c ---- */

void link__up(struct link *link, const struct transport_ops *ops, void *transport);
void link__down(struct link *link);
void link__received(struct link *link, struct buf *frame); /* takes the memory over */
void link__tick(struct link *link);
static inline bool link__open(const struct link *link)
{
    return link->up && hello_session_up(&link->session);
}
static inline bool link__sendable(const struct link *link)
{
    return link__open(link) && link->ops->sendable(link->transport);
}
/** A frame of this session, to be sent with link__send(). Only when open. */
void link__begin(struct link *link, struct buf *frame, enum frame_type type);
void link__send(struct link *link, struct buf *frame); /* takes the memory over */
void link__bad(struct link *link, const char *why);

/* ---- feed_in.c ---- */

void feed_in__init(struct feed_in *in, struct member *member, uint8_t log_group,
                   const struct feed_at *at, bool again);
void feed_in__session(struct feed_in *in, bool up);
/** Takes the memory over. False: the frame is nonsense. */
bool feed_in__data(struct feed_in *in, const struct feed_data_body *body, struct buf *memory);
void feed_in__refused(struct feed_in *in, const struct feed_refuse_body *body);
void feed_in__tick(struct feed_in *in);
/** Asks the origin to say where it is now. */
void feed_in__nudge(struct feed_in *in);
/** Continues at another position, after an apply that is under way. */
void feed_in__reset(struct feed_in *in, const struct feed_at *at);
/** Reads again from an earlier position; nothing is written for it. */
void feed_in__go_back(struct feed_in *in, const struct feed_at *at);
void feed_in__release(struct feed_in *in);
static inline bool feed_in__busy(const struct feed_in *in)
{
    return in->applying;
}
/** Name of the checkpoint under META_OWNER. */
void feed_in__checkpoint_name(struct buf *out, const struct group_id *group, uint16_t origin,
                              uint8_t log_group);
void feed_in__checkpoint_value(uint8_t ret[CHECKPOINT_BYTES], const struct feed_at *at, bool again);
/** Of the 24 bytes of an older one, too. */
bool feed_in__checkpoint_read(struct slice value, struct feed_at *ret, bool *ret_again);
/** Changes of a frame: each checked against the table. False: nonsense. latest: of the versions. */
bool changes__check(struct global *global, struct slice changes, uint32_t count, uint8_t log_group,
                    uint16_t origin, uint64_t from, uint64_t to, struct hybrid_time *ret_latest);

/* ---- feed_out.c ---- */

void feed_out__init(struct feed_out *out, struct member *member, uint8_t log_group);
void feed_out__session(struct feed_out *out);
void feed_out__open(struct feed_out *out, const struct feed_open_body *body);
void feed_out__ack(struct feed_out *out, const struct feed_ack_body *body);
void feed_out__log_moved(struct feed_out *out);
void feed_out__announce(struct feed_out *out);
void feed_out__pump(struct feed_out *out);
void feed_out__tick(struct feed_out *out);
void feed_out__release(struct feed_out *out);
static inline bool feed_out__busy(const struct feed_out *out)
{
    return out->reading_io;
}
void feed_out__refuse(struct link *link, const struct feed_name *feed, uint32_t opening,
                      enum feed_refusal why, uint64_t epoch);

/* ---- gossip.c ---- */

void gossip__receive(struct link *link, const struct gossip_body *body);
void gossip__send(struct global *global, struct link *link, bool wants_answer);
/** Rows of this Region, the floor, the hold on the logs. */
void gossip__rows_changed(struct global *global);
void gossip__saw_version(struct global *global, struct hybrid_time version);
void gossip__set_members(struct global *global);
void gossip__set_hold(struct global *global, uint8_t log_group);
bool gossip__is_active(const struct global *global);
void gossip__tick(struct global *global);
void gossip__announce_soon(struct global *global);
void gossip__on_announce(struct timer *timer);

/* ---- global.c ---- */

int globals__load(struct replication *replication); /* blocks */
struct global *global__by_name(struct replication *replication, struct slice name);
struct global *global__by_group(struct replication *replication, const struct group_id *group);
/** The one of that name, made when there is none; NULL: no memory. */
struct global *global__get(struct replication *replication, struct slice name);
/** Frees it when nothing keeps it. */
void global__settle(struct global *global);
void global__free(struct global *global);
struct member *global__member(struct global *global, uint16_t replica);
/** A replica that is filled reads nothing before it knows from where. */
bool global__may_read(const struct global *global);
/** Makes feeds and floor fit the document. */
void global__set_members(struct global *global);
void member__free(struct member *member);
void member__free_if_idle(struct member *member);
void global__tick(struct global *global);

/* ---- memory.c ---- */

/** A peer knows more of the table than this Region: "<peer> <what> table ...". True: that is
 * durable, and the peer may be answered. */
bool memory__lost(struct global *global, const char *peer, const char *what);
void memory__tick(struct global *global);
void memory__load(struct global *global, struct slice value);
/** It is no replica any more. */
void memory__ends(struct global *global);

/* ---- group_schema.c ---- */

/** What a document says, as fields of a schema that is one's own; keeps what is this Region's
 * alone. 0, ST_NOMEM, ST_EXISTS (an index on its way out is waited for). */
int global__schema_apply(struct replication *replication, struct schema *schema,
                         const struct group_document *document);
void global__enable_stream(struct replication *replication, struct schema *schema,
                           enum stream_view view);
/** The table of a new replica: everything shared from the document, nothing of its own (L-19). */
struct schema *global__newcomer_schema(struct replication *replication,
                                       const struct group_document *document);

/* ---- group_edit.c ---- */

/** NULL: another one is under way, or no memory: the asker asks again. */
struct document_edit *document_edit__new(struct global *global, const struct asker *asker);
void document_edit__start(struct document_edit *editing);
/** NULL: none any more. */
void global__set_document(struct global *global, const struct group_document *document);

/* ---- group_asks.c ---- */

/** What a question was about, for its answer. */
struct question {
    enum group_ask ask;
    uint64_t operation, epoch;
    struct slice table;
};

void asks__reply(struct global *global, struct replication *replication, const struct asker *asker,
                 struct question question, enum group_result result, struct slice text);
void asks__send(struct global *global, struct link *link, enum group_ask kind, uint64_t operation);
/** Voids the promise, if it is the one for this operation. */
void asks__release_promise(struct global *global, uint64_t operation);
void global__ask(struct replication *replication, const struct asker *asker,
                 const struct group_ask_body *ask);
void global__answer(struct link *link, const struct group_answer_body *answer);
void global__pull(struct global *global, struct link *link);

/* ---- admission.c ---- */

void admission__request(struct replication *replication, struct replication_request *request);
/** Answers the client. */
void admission__finish(struct replication_request *request, enum replication_error error);
void admission__in_use(struct replication_request *request);
void admission__unavailable(struct replication_request *request, const char *region);
/* Fills in the words and answers: admission_refuse(request, REPLICATION_VALIDATION, "...", ...). */
#define admission_refuse(request, error, ...)                                                      \
    do {                                                                                           \
        if (refuse(&(request)->refusal, __VA_ARGS__) < 0)                                          \
            admission__finish((request), (error));                                                 \
    } while (0)

/* ---- coordinator.c ---- */

/** Its first document is planned. */
void coordinator__begin(struct workflow *workflow);
void coordinator__tick(struct workflow *workflow);
/** asked: the epoch that the question carried. */
void coordinator__answer(struct workflow *workflow, const char *region, enum group_ask ask,
                         uint64_t asked, enum group_result result, struct hybrid_time floor,
                         struct slice text);
void coordinator__session(struct workflow *workflow, struct link *link);
/** Reads the record of a change that was decided before a restart. */
int coordinator__load(struct global *global, struct slice record);
void coordinator__close(
    struct workflow *workflow); /* its client is told that it will not hear more */
void coordinator__free(struct workflow *workflow);

/* ---- backfill.c, snapshot.c ---- */

/** START of a CREATING replica; repeated calls change nothing. */
void backfill__start(struct global *global, struct hybrid_time floor);
void backfill__repair(struct global *global, struct member *source);
int backfill__load(struct global *global, struct slice record);
void backfill__page(struct link *link, const struct snapshot_page_body *body, struct buf *memory);
void backfill__tick(struct global *global);
void backfill__session(struct global *global, struct link *link);
void backfill__stop(struct global *global);     /* deletes nothing */
void backfill__finished(struct global *global); /* its work is done */
/** Key of the resume key that is committed with each page. */
void backfill__resume_key(struct buf *out, const struct group_id *group, uint8_t log_group);
/* Between backfill.c and backfill_repair.c. */
struct backfill *backfill__new(struct global *global);
void backfill__enter(struct backfill *backfill, enum backfill_phase phase);
void backfill__scan_reset(struct backfill_scan *scan);
bool backfill__is_busy(const struct backfill *backfill);
bool backfill__feeds_busy(const struct global *global);
/** An operation of a backfill that was stopped meanwhile has come back. */
bool backfill__came_back_late(struct backfill *backfill);
/** Every page is applied. */
void backfill__finish_repair(struct global *global);
bool backfill__is_ready(const struct global *global);
uint8_t backfill__percent(const struct global *global);
void snapshot__serve(struct link *link, const struct snapshot_ask_body *body);

/* ---- verify.c ---- */

void verify__receive_ask(struct link *link, const struct verify_ask_body *body);
void verify__receive_answer(struct link *link, const struct verify_answer_body *body);
void verify__tick(struct replication *replication);
void verify__free_all(struct replication *replication);
void verify__start(struct replication *replication, struct replication_verify *verify);

/* ---- pending.c ---- */

void pending__init(struct replication *replication);
void pending__release(struct replication *replication);
/** A feed has made a step. */
void pending__step(struct feed_out *out, const struct feed_tx_actions *actions);
void pending__leave(struct feed_out *out);
/** Of ours that the feed's reader has not acknowledged. */
struct change_sum pending__of(struct feed_out *out);
void pending__tick(struct replication *replication);
/** At the opening: the members' feeds begin where the last process knew them to be. */
void pending__load(struct global *global);
/** Now, what has moved; also while closing. */
void pending__write(struct replication *replication);

/* ---- views.c ---- */

void views__init(struct views *views);
void views__release(struct views *views);
void views__publish_group(struct global *global);
void views__forget_group(struct replication *replication, const char *name);
void views__publish_numbers(struct replication *replication);
void lag__add(struct lag *lag, int64_t now_ms, int64_t lag_ms);

#endif
