/*
 * shared.c - what the Regions of one process share, and every setting of RocksDB.
 *
 * One environment (with one thread for flushes and one for compactions), one block cache and one
 * budget of memtables serve all engines of a process, so that three Regions on a laptop cost
 * little more than one. RocksDB's C interface cannot share a write-buffer manager, so the budget is
 * divided evenly beforehand.
 *
 * Settings that look odd have their reason beside them. Where a number was measured: Debian's
 * RocksDB 7.8.3 on two cores, 1 KB values.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "base/memory_limit.h"
#include "engine/rocksdb/rocks_priv.h"

#define MIB (UINT64_C(1) << 20)

enum {
    ENGINES_DEFAULT = 3,
    BLOCK_BYTES = 16 * 1024, /* scans of 100 items take 40 % less CPU than with 4 KB */
    BLOOM_BITS_PER_KEY = 10,
    TABLE_FORMAT_VERSION = 5,
    TABLE_CHECKSUM_XXH3 = 4,
    LZ4 = rocksdb_lz4_compression,
    INFO_LOG_WARNINGS = 2,
    /* With more, all are opened at start, which then takes as long as there is data. */
    OPEN_FILES_MAX = 256,
    /* Memtables waiting for their flush. With fewer a short hiccup of the disk stops writes. */
    MEMTABLES_MAX = 4,
    LOG_FILES_UNSORTED = 8,
};

/* The cache takes memory only as it fills. What is not in it costs a trip through the I/O pool and
 * a block to be read, checked and unpacked: three times the CPU of a get, if the system has it. */
#define CACHE_BYTES_MIN (32 * MIB)
enum { CACHE_SHARE = 4, MEMTABLE_SHARE = 64 }; /* of the memory: one in so many */
/* Memtables take memory only as they fill. The larger they are, the more is overwritten or trimmed
 * before it is ever flushed; the smaller, the less a crash leaves to replay. */
#define MEMTABLE_BYTES_MIN (64 * MIB)
#define MEMTABLE_BYTES_MAX (128 * MIB)
/* Flushes and compactions write no faster than this: a burst would take the disk from the log. */
#define BACKGROUND_BYTES_PER_SECOND (128 * MIB)

/** A share of the memory that this process may take, between two bounds. */
static uint64_t memory_share(uint64_t divisor, uint64_t low, uint64_t high)
{
    uint64_t bytes = memory_limit() / divisor;

    return bytes < low ? low : bytes > high ? high : bytes;
}

int engine_rocksdb_shared_new(const struct engine_rocksdb_budget *budget,
                              struct engine_rocksdb_shared **ret_shared)
{
    struct engine_rocksdb_shared *shared = calloc(1, sizeof(*shared));
    uint64_t memtables = budget->write_buffer_bytes
                             ? budget->write_buffer_bytes
                             : memory_share(MEMTABLE_SHARE, MEMTABLE_BYTES_MIN, MEMTABLE_BYTES_MAX);
    uint64_t cache = budget->cache_bytes ? budget->cache_bytes
                                         : memory_share(CACHE_SHARE, CACHE_BYTES_MIN, UINT64_MAX);

    if (shared == NULL)
        return ST_NOMEM;
    shared->memtable_budget = memtables / (budget->engines ? budget->engines : ENGINES_DEFAULT);
    shared->cache = rocksdb_cache_create_lru(cache);
    shared->env = rocksdb_create_default_env();
    rocksdb_env_set_background_threads(shared->env, 1);
    rocksdb_env_set_high_priority_background_threads(shared->env, 1);
    /* Compaction can wait; whoever waits for an answer cannot. */
    rocksdb_env_lower_thread_pool_cpu_priority(shared->env);
    shared->limiter = rocksdb_ratelimiter_create(BACKGROUND_BYTES_PER_SECOND, 100 * 1000, 10);
    atomic_init(&shared->engines, 0);
    *ret_shared = shared;
    return 0;
}

void engine_rocksdb_shared_free(struct engine_rocksdb_shared *shared)
{
    if (shared == NULL)
        return;
    rocksdb_ratelimiter_destroy(shared->limiter);
    rocksdb_cache_destroy(shared->cache);
    rocksdb_env_destroy(shared->env);
    free(shared);
}

/** How tables are laid out in files, and which parts are cached. */
static void set_table_format(rocksdb_options_t *options, const struct engine_rocksdb_shared *shared,
                             enum engine_family family)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();

    rocksdb_block_based_options_set_block_size(table, BLOCK_BYTES);
    rocksdb_block_based_options_set_block_cache(table, shared->cache);
    rocksdb_block_based_options_set_format_version(table, TABLE_FORMAT_VERSION);
    rocksdb_block_based_options_set_checksum(table, TABLE_CHECKSUM_XXH3);
    /* Indexes and filters count against the cache, so the cache bounds what reading costs. */
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
    if (family == ENGINE_DATA) /* the log is read by range only */
        rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS_PER_KEY));
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
}

static void set_durability(rocksdb_options_t *options)
{
    /* The default mode opens a log that is damaged in the middle without an error and loses all
     * that follows the damage. This one accepts a torn last record only. */
    rocksdb_options_set_wal_recovery_mode(options,
                                          rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_options_set_use_fsync(options, 0); /* fdatasync() flushes the size too */
    rocksdb_options_set_manifest_preallocation_size(options, 64 * 1024);
}

static void set_sizes(rocksdb_options_t *options, const struct rocks_sizes *sizes)
{
    rocksdb_options_set_write_buffer_size(options, sizes->memtable);
    rocksdb_options_set_db_write_buffer_size(options, sizes->memtable);
    rocksdb_options_set_max_write_buffer_number(options, MEMTABLES_MAX);
    rocksdb_options_set_max_total_wal_size(options, sizes->log);
    rocksdb_options_set_target_file_size_base(options, sizes->table);
    rocksdb_options_set_target_file_size_multiplier(options, 2); /* fewer files far down */
    rocksdb_options_set_max_bytes_for_level_base(options, sizes->level);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    rocksdb_options_set_max_open_files(options, OPEN_FILES_MAX);
}

static void set_background(rocksdb_options_t *options, const struct engine_rocksdb_shared *shared)
{
    rocksdb_options_set_env(options, shared->env);
    rocksdb_options_set_ratelimiter(options, shared->limiter);
    rocksdb_options_set_max_background_flushes(options, 1);
    rocksdb_options_set_max_background_compactions(options, 1);
    rocksdb_options_set_bytes_per_sync(options, MIB); /* spread, not all at once at the end */
    /* On all levels: with zstd for the last one a table is 22 % smaller, but a compaction takes 3.3
     * times the CPU (5,000,000 items of 200 bytes). */
    rocksdb_options_set_compression(options, LZ4);
    rocksdb_options_set_enable_write_thread_adaptive_yield(options,
                                                           0); /* one writer: no spinning */
    rocksdb_options_set_avoid_unnecessary_blocking_io(options, 1);
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_options_set_info_log_level(options, INFO_LOG_WARNINGS);
    rocksdb_options_set_max_log_file_size(options, MIB);
    rocksdb_options_set_keep_log_file_num(options, 2);
}

/** What the two families are: items live long and are read by key; the log is appended to in a few
 * places and is gone within a day. */
static void set_use(rocksdb_options_t *options, enum engine_family family)
{
    /* Most of the log is trimmed before it would be worth more than this. */
    if (family == ENGINE_LOG)
        rocksdb_options_set_level0_file_num_compaction_trigger(options, LOG_FILES_UNSORTED);
}

rocksdb_options_t *rocks_options_new(const struct engine_rocksdb_shared *shared,
                                     const struct rocks_sizes *sizes, enum engine_family family)
{
    rocksdb_options_t *base = rocksdb_options_create(), *options = rocksdb_options_create();
    char *error = NULL;
    /* What has no setter in C. The first notices a log file that is missing or short as a whole.
     * The second keeps items in memory when they are flushed: a lane that meets one again need not
     * send for it. Of the log only the tail is read, and mostly from memtables. (Hints where in a
     * memtable a key belongs, memtable_insert_with_hint_prefix_extractor, would suit the log, but
     * end in a failed assertion inside this RocksDB.) */
    const char *text = family == ENGINE_DATA
                           ? "track_and_verify_wals_in_manifest=true;"
                             "block_based_table_factory={prepopulate_block_cache=kFlushOnly}"
                           : "track_and_verify_wals_in_manifest=true";

    rocksdb_options_set_create_if_missing(base, 1);
    rocksdb_options_set_create_missing_column_families(base, 1);
    set_durability(base);
    set_sizes(base, sizes);
    set_background(base, shared);
    set_table_format(base, shared, family);
    set_use(base, family);
    rocksdb_get_options_from_string(base, text, options, &error);
    rocksdb_options_destroy(base);
    if (error != NULL) {
        rocksdb_free(error);
        rocksdb_options_destroy(options);
        return NULL;
    }
    return options;
}
