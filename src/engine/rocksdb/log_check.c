/*
 * log_check.c - tells a torn end of RocksDB's log from damage that looks like one.
 *
 * RocksDB opens a log whose last record is incomplete: that is what a crash in the middle of a
 * write leaves, and nobody was answered. But it takes a record for incomplete by its header alone.
 * One flipped bit in the length of any record in the file's last block makes it reach beyond the
 * end, and all that follows, acknowledged as it may be, is dropped without a word. (Measured with
 * 7.8.3: 1 byte in 68 of a log of small batches.) So before RocksDB opens a folder, we look at the
 * record of each log where it would stop:
 *
 *   it reaches beyond the end    Damaged if another length fits its checksum: then the record is
 *                                whole, and only its length is wrong.
 *   it has neither type nor      Padding if zeros follow to the end. Damaged if an intact beginning
 *     length                     of a batch follows: that was written after what is missing here.
 *
 * Looking for intact records would not do in the first case: a torn record's payload is what
 * clients sent, and may well look like one.
 *
 * Everything else RocksDB notices by itself: damage before the last block, and bad checksums.
 *
 * The format (its db/log_format.h): blocks of 32 KiB, records that never cross a block's end; each
 * has a masked CRC-32C over type and payload (4 bytes), a length (2), a type (1), little-endian,
 * and the payload. Types: 0 padding, 1 a whole batch, 2 its beginning, 3 a middle part, 4 its end.
 * The last bytes of a block that are too few for a header are padding.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "engine/rocksdb/rocks_priv.h"

enum { BLOCK_BYTES = 32768, HEADER_BYTES = 7, TYPE_WHOLE = 1, TYPE_BEGINNING = 2 };

struct record {
    uint32_t masked_crc;
    uint16_t len;
    uint8_t type;
};

/** The header at `at`, which has HEADER_BYTES bytes. */
static struct record record_at(const uint8_t *at)
{
    return (struct record){
        .masked_crc = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24,
        .len = (uint16_t)(at[4] | at[5] << 8),
        .type = at[6],
    };
}

static uint32_t masked(uint32_t crc)
{
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

/** Whether the record at `at` is whole: as long as it says, or (any_length) as long as it takes. */
static bool is_whole(const uint8_t *at, size_t left, bool any_length)
{
    struct record record;
    uint32_t crc;

    if (left < HEADER_BYTES)
        return false;
    record = record_at(at);
    crc = crc32c(0, slice_of(&record.type, 1));
    if (!any_length)
        return record.len <= left - HEADER_BYTES &&
               masked(crc32c(crc, slice_of(at + HEADER_BYTES, record.len))) == record.masked_crc;
    for (size_t i = HEADER_BYTES; i < left && masked(crc) != record.masked_crc; i++)
        crc = crc32c(crc, slice_of(at + i, 1));
    return masked(crc) == record.masked_crc;
}

static bool begins_batch_within(const uint8_t *at, size_t left)
{
    for (; left >= HEADER_BYTES; at++, left--) {
        uint8_t type = record_at(at).type;

        if ((type == TYPE_WHOLE || type == TYPE_BEGINNING) && is_whole(at, left, false))
            return true;
    }
    return false;
}

bool rocks_log_block_is_damaged(const uint8_t *block, size_t len)
{
    size_t left = len;

    while (left >= HEADER_BYTES) {
        const uint8_t *at = block + (len - left);
        struct record record = record_at(at);

        if (record.type == 0 && record.len == 0)
            return begins_batch_within(at, left);
        if (record.len > left - HEADER_BYTES)
            return is_whole(at, left, true);
        left -= HEADER_BYTES + (size_t)record.len;
    }
    return false; /* too little for a header: torn, if anything */
}

static int check_file(int folder_fd, const char *name)
{
    uint8_t block[BLOCK_BYTES];
    struct stat file;
    off_t start;
    size_t len;
    int fd, rc = ST_IO;

    fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ST_IO;
    if (fstat(fd, &file) < 0)
        goto out;
    start = file.st_size / BLOCK_BYTES * BLOCK_BYTES;
    len = (size_t)(file.st_size - start);
    if (pread(fd, block, len, start) != (ssize_t)len)
        goto out;
    rc = rocks_log_block_is_damaged(block, len) ? ST_CORRUPT : 0;
out:
    close(fd);
    return rc;
}

int rocks_log_check(const char *folder, char *ret_name, size_t size)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int rc = 0;

    if (dir == NULL)
        return ST_IO;
    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (len <= 4 || strcmp(entry->d_name + len - 4, ".log") != 0)
            continue;
        rc = check_file(dirfd(dir), entry->d_name);
        if (rc < 0)
            snprintf(ret_name, size, "%s", entry->d_name);
    }
    closedir(dir);
    return rc;
}
