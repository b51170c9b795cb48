// How the console looks for this person: light, dark or as the system says, and how dense. Kept in
// the browser; nothing else is.
//
// SPDX-License-Identifier: Apache-2.0
import { applyDensity, applyMode, Density, Mode } from '@cloudscape-design/global-styles';
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

export interface Preferences {
  theme: Theme;
  compact: boolean;
}

const KEY = 'tropic-preferences';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let current = read();

function read(): Preferences {
  const start: Preferences = { theme: 'system', compact: false };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return start;
    const { theme, compact } = kept as Partial<Preferences>;
    return {
      theme: theme === 'light' || theme === 'dark' ? theme : 'system',
      compact: compact === true,
    };
  } catch {
    return start; // storage is off, or what is in it is not ours
  }
}

export function isDark(): boolean {
  return current.theme === 'dark' || (current.theme === 'system' && system.matches);
}

export function applyPreferences(): void {
  applyMode(isDark() ? Mode.Dark : Mode.Light);
  applyDensity(current.compact ? Density.Compact : Density.Comfortable);
}

system.addEventListener('change', () => {
  applyPreferences();
  listeners.forEach((listener) => listener());
});

export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // it lasts as long as the tab then
  }
  applyPreferences();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}
