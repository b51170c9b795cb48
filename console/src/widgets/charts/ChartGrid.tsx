// A heading with the range of time, and charts below: as many side by side as there is room for.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { memo, useState, type ReactNode } from 'react';

import { RANGES, type Range } from '../../live/history';
import { LiveChart, type Metric } from './LiveChart';

interface Props {
  title: string;
  description?: ReactNode;
  /** Beside the choice of the range. */
  controls?: ReactNode;
  metrics: Metric[];
}

export const ChartGrid = memo(function ChartGrid({ title, description, controls, metrics }: Props) {
  const [range, setRange] = useState<Range>('5m');
  return (
    <SpaceBetween size="s">
      <Header
        variant="h2"
        description={description}
        actions={
          <SpaceBetween direction="horizontal" size="xs" alignItems="center">
            {controls}
            <SegmentedControl
              label={`Range of time: ${title}`}
              selectedId={range}
              onChange={({ detail }) => setRange(detail.selectedId as Range)}
              options={(Object.keys(RANGES) as Range[]).map((id) => ({ id, text: RANGES[id].label }))}
            />
          </SpaceBetween>
        }
      >
        {title}
      </Header>
      <div className="tropic-charts">
        {metrics.map((metric) => (
          <LiveChart key={metric.id} metric={metric} range={range} />
        ))}
      </div>
      <Box variant="small" color="text-body-secondary">
        Each point is {RANGES[range].step === 1 ? 'a second' : `${RANGES[range].step} seconds`}: rates are means over it, latency, lag and
        pending changes the greatest in it, conflicts their number. A gap: no numbers, because nothing happened or the Region was stopped.
      </Box>
    </SpaceBetween>
  );
});
