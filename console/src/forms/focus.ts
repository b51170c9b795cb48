// Leads to the first field that needs attention, once its message is there.
//
// SPDX-License-Identifier: Apache-2.0
export function focusFirstInvalid(form: HTMLElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
