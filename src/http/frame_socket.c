/*
 * frame_socket.c - a mutually authenticated connection that carries frames. See frame_socket.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
