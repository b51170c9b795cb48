// The bounds that the server holds requests to. The forms say them before a request is made; the
// server has the last word.
//
// SPDX-License-Identifier: Apache-2.0

/** Of tables and indexes: characters of a name, and how many there may be. */
export const NAME_CHARACTERS = { least: 3, most: 255 } as const;
export const NAME_PATTERN = /^[a-zA-Z0-9_.-]*$/;

/** Of an attribute that is part of a key, is projected, or holds the time to live. */
export const KEY_NAME_BYTES_MAX = 255;

export const GLOBAL_INDEXES_MAX = 20;
export const LOCAL_INDEXES_MAX = 5;
/** Attributes that a global index may have in each half of its key. */
export const KEY_ATTRIBUTES_MAX = 4;
/** Attributes that one index may include besides the keys, and all indexes of a table together. */
export const INCLUDED_MAX = 20;
export const INCLUDED_OF_TABLE_MAX = 100;

export const UNITS_MAX = 1_000_000_000_000;

export const TAGS_MAX = 50;
export const TAG_KEY_CHARACTERS_MAX = 128;
export const TAG_VALUE_CHARACTERS_MAX = 256;

/** Read and write units a second that an on-demand table is warm for without being asked. */
export const WARM_ON_DEMAND = { read: 12_000, write: 4_000 } as const;
