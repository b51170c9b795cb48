// Every page in light colours. A file of its own, so that light and dark run side by side.
//
// SPDX-License-Identifier: Apache-2.0
import { everyPage } from './lib/pages.mjs';

everyPage('light');
