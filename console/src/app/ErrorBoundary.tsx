// A page that fails takes only itself along: the frame stays, and says what happened. Another address
// is another try.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import { Component, type ReactNode } from 'react';

import { ErrorAlert } from '../widgets';

interface Props {
  /** The address. */
  at: string;
  children: ReactNode;
}

export class ErrorBoundary extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidUpdate(before: Props) {
    if (before.at !== this.props.at && this.state.error !== null) this.setState({ error: null });
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <ErrorAlert
        header="This page could not be shown"
        error={this.state.error}
        action={<Button onClick={() => window.location.reload()}>Load again</Button>}
      />
    );
  }
}
