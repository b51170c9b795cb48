// The stream of the table, its records as they come, and deliveries to Kinesis.
//
// SPDX-License-Identifier: Apache-2.0
import SpaceBetween from '@cloudscape-design/components/space-between';

import { KinesisPanel } from './streams/KinesisPanel';
import { StreamPanel } from './streams/StreamPanel';
import { StreamTailPanel } from './streams/StreamTailPanel';
import type { TabProps } from './tabs';

export default function ExportsStreamsTab({ region, table }: TabProps) {
  const { StreamSpecification, LatestStreamArn: arn, StreamSpecification: { StreamViewType: view } = {} } = table;
  return (
    <SpaceBetween size="l">
      <StreamPanel region={region} table={table} />
      {StreamSpecification?.StreamEnabled && arn ? <StreamTailPanel key={arn} region={region} arn={arn} view={view} /> : null}
      <KinesisPanel region={region} table={table} />
    </SpaceBetween>
  );
}
