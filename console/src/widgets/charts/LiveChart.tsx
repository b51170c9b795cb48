// One chart of the last hour in its box, live while it is on the screen; what is scrolled away is
// not computed, and when no chart is seen, nothing is asked for.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import { useEffect, useMemo, useRef, useState } from 'react';

import { spanOf, type Hour, type Range, type Span } from '../../live/history';
import { useHistory } from '../../live/useHistory';
import { ChartTable } from './ChartTable';
import { LineChart, type ChartData, type Line } from './LineChart';

export interface Metric extends Pick<ChartData, 'format' | 'base' | 'whole'> {
  id: string;
  title: string;
  description?: string;
  /** Not called anew while it is the same function: keep it (useMemo). */
  lines: (hour: Hour, span: Span) => Line[];
  /** Said when there are no lines. */
  empty: string;
}

function useOnScreen() {
  const ref = useRef<HTMLDivElement>(null);
  const [onScreen, setOnScreen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setOnScreen(entries.at(-1)?.isIntersecting ?? false), { rootMargin: '100px' });
    if (ref.current) observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return { ref, onScreen };
}

export function LiveChart({ metric, range }: { metric: Metric; range: Range }) {
  const { ref, onScreen } = useOnScreen();
  const { hour } = useHistory(onScreen);
  const [asTable, setAsTable] = useState(false);
  const kept = useRef<{ span: Span; lines: Line[] } | null>(null);
  const data = useMemo(() => {
    if (onScreen && hour) {
      const span = spanOf(hour, range);
      kept.current = { span, lines: metric.lines(hour, span) };
    }
    return kept.current;
  }, [hour, onScreen, metric, range]);
  const { title, description, format, base, whole, empty } = metric;

  return (
    <div ref={ref} data-chart={metric.id}>
      <Container
        fitHeight
        header={
          <Header
            variant="h3"
            description={description}
            actions={
              <Button
                variant="inline-link"
                ariaLabel={asTable ? `Show ${title} as a chart` : `Show ${title} as a table`}
                onClick={() => setAsTable(!asTable)}
              >
                {asTable ? 'Chart' : 'Table'}
              </Button>
            }
          >
            {title}
          </Header>
        }
      >
        {!data ? (
          <Box color="text-body-secondary" padding="l" textAlign="center">
            Waiting for the first numbers
          </Box>
        ) : data.lines.length === 0 ? (
          <Box color="text-body-secondary" padding="l" textAlign="center">
            {empty}
          </Box>
        ) : asTable ? (
          <ChartTable label={title} format={format} {...data} />
        ) : (
          <LineChart label={title} format={format} base={base} whole={whole} {...data} />
        )}
      </Container>
    </div>
  );
}
