/*
 * frame_queue.c - bytes on their way out, in chunks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
