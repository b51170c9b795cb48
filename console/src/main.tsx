// The page's first lines: styles, theme, and the application under /console.
//
// SPDX-License-Identifier: Apache-2.0
import '@cloudscape-design/global-styles/index.css';
import './app/app.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app/App';
import { applyPreferences } from './app/preferences';

applyPreferences();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
