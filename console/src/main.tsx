// The page's first lines: styles, theme, and the application under /console.
//
// SPDX-License-Identifier: Apache-2.0
import '@cloudscape-design/global-styles/index.css';
import './app/app.css';

import { colorBackgroundLayoutMain } from '@cloudscape-design/design-tokens';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App } from './app/App';
import { applyPreferences } from './app/preferences';

applyPreferences();
// The login has no Cloudscape layout around it, which would paint the page.
document.body.style.backgroundColor = colorBackgroundLayoutMain;
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
