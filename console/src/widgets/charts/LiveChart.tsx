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

interface BodyProps {
  metric: Metric;
  range: Range;
  onScreen: boolean;
  asTable: boolean;
}

/** The only part that is drawn anew each second. */
function ChartBody({ metric, range, onScreen, asTable }: BodyProps) {
  const { hour } = useHistory(onScreen);
  const kept = useRef<{ span: Span; lines: Line[] } | null>(null);
  const data = useMemo(() => {
    if (onScreen && hour) {
      const span = spanOf(hour, range);
      kept.current = { span, lines: metric.lines(hour, span) };
    }
    return kept.current;
  }, [hour, onScreen, metric, range]);
  const { title, format, base, whole, empty } = metric;

  if (!data || data.lines.length === 0)
    return (
      <div className="tropic-chart-empty">
        <Box color="text-body-secondary" textAlign="center">
          {data ? empty : 'Waiting for the first numbers'}
        </Box>
      </div>
    );
  if (asTable) return <ChartTable label={title} format={format} {...data} />;
  return <LineChart label={title} format={format} base={base} whole={whole} {...data} />;
}

export function LiveChart({ metric, range }: { metric: Metric; range: Range }) {
  const { ref, onScreen } = useOnScreen();
  const [asTable, setAsTable] = useState(false);
  const { id, title, description } = metric;

  return (
    <div ref={ref} data-chart={id}>
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
        <ChartBody metric={metric} range={range} onScreen={onScreen} asTable={asTable} />
      </Container>
    </div>
  );
}
