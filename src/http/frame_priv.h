/*
 * frame_priv.h - what the files of frame sockets share. Private to http/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
