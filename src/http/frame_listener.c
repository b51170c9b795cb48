/*
 * frame_listener.c - accepts frame sockets. See frame_socket.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
