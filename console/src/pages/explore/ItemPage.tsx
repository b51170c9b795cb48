// One item as a form and as JSON.
//
// SPDX-License-Identifier: Apache-2.0
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';

export default function ItemPage() {
  return <ContentLayout header={<Header variant="h1">Item</Header>} />;
}
