/*
 * frame_lookup.c - a name becomes addresses, in the I/O pool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
