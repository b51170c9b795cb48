// The records of the stream as they come, newest first.
//
// SPDX-License-Identifier: Apache-2.0
import type { StreamViewType } from '@aws-sdk/client-dynamodb';
import Badge, { type BadgeProps } from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useState } from 'react';

import { useStreamTail, type StreamTail } from '../../../live/stream-tail';
import { matching, RECORDS_MAX, type EventName, type TailRecord } from '../../../model/stream/records';
import type { Start } from '../../../model/stream/tail';
import { count, counted, NONE } from '../../../model/units';
import { EmptyState, ErrorAlert, Mono, Time } from '../../../widgets';
import { RecordDetails } from './RecordDetails';

const PAGE = 50;

const EVENTS: Record<EventName, BadgeProps['color']> = { INSERT: 'green', MODIFY: 'blue', REMOVE: 'red' };

const STARTS: { id: Start; text: string }[] = [
  { id: 'LATEST', text: 'From now' },
  { id: 'TRIM_HORIZON', text: 'From the oldest record' },
];

const columnsWith = (open: (record: TailRecord) => void): TableProps.ColumnDefinition<TailRecord>[] => [
  { id: 'at', header: 'Time', cell: ({ at }) => <Time at={at} /> },
  { id: 'event', header: 'Type', cell: ({ event }) => <Badge color={EVENTS[event]}>{event}</Badge> },
  { id: 'key', header: 'Key', isRowHeader: true, cell: (record) => <Mono>{record.keyText}</Mono> },
  { id: 'by', header: 'User identity', cell: ({ by }) => by ?? NONE },
  { id: 'sequence', header: 'Sequence number', cell: ({ sequence }) => <Mono>{sequence}</Mono> },
  {
    id: 'details',
    header: 'Details',
    cell: (record) => (
      <Button variant="inline-link" ariaLabel={`Show the record of ${record.keyText}`} onClick={() => open(record)}>
        Show
      </Button>
    ),
  },
];

function TailState({ tail }: { tail: StreamTail }) {
  if (tail.running) return <StatusIndicator type={tail.error === null ? 'in-progress' : 'warning'}>{tail.error === null ? 'Following' : 'Trying again'}</StatusIndicator>;
  return <StatusIndicator type="stopped">{tail.started ? 'Paused' : 'Not started'}</StatusIndicator>;
}

function Controls({ tail, from, setFrom }: { tail: StreamTail; from: Start; setFrom: (from: Start) => void }) {
  return (
    <SpaceBetween direction="horizontal" size="xs" alignItems="center">
      <SegmentedControl
        label="Where to start"
        selectedId={from}
        options={STARTS.map((one) => ({ ...one, disabled: tail.running }))}
        onChange={({ detail }) => setFrom(detail.selectedId as Start)}
      />
      {tail.running ? (
        <Button iconName="pause" onClick={tail.pause}>
          Pause
        </Button>
      ) : tail.started ? (
        <Button iconName="play" onClick={tail.resume}>
          Resume
        </Button>
      ) : null}
      {tail.running ? null : (
        <Button variant="primary" onClick={() => tail.start(from)}>
          {tail.started ? 'Start anew' : 'Start'}
        </Button>
      )}
      <Button disabled={tail.view.records.length === 0} onClick={tail.clear}>
        Clear
      </Button>
    </SpaceBetween>
  );
}

export function StreamTailPanel({ region, arn, view }: { region: string; arn: string; view: StreamViewType | undefined }) {
  const tail = useStreamTail(region, arn);
  const [from, setFrom] = useState<Start>('LATEST');
  const [text, setText] = useState('');
  const [page, setPage] = useState(1);
  const [open, setOpen] = useState<TailRecord | null>(null);
  const { records, dropped } = tail.view;
  const found = matching(records, text);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const shown = Math.min(page, pages);

  return (
    <>
      <Table
        items={found.slice((shown - 1) * PAGE, shown * PAGE)}
        trackBy="id"
        columnDefinitions={columnsWith(setOpen)}
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: 'Records of the stream' }}
        header={
          <SpaceBetween size="s">
            <Header
              variant="h2"
              counter={`(${count(records.length)})`}
              info={<TailState tail={tail} />}
              description={`The newest record first. The list keeps ${counted(RECORDS_MAX, 'record')}.`}
              actions={<Controls tail={tail} from={from} setFrom={setFrom} />}
            >
              Live records
            </Header>
            <ErrorAlert error={tail.error} header="The stream could not be read" />
          </SpaceBetween>
        }
        filter={
          <TextFilter
            filteringText={text}
            filteringAriaLabel="Find records by key"
            filteringPlaceholder="Find records by key"
            countText={text ? counted(found.length, 'match', 'matches') : ''}
            onChange={({ detail }) => {
              setText(detail.filteringText);
              setPage(1);
            }}
          />
        }
        pagination={
          pages > 1 ? (
            <Pagination
              currentPageIndex={shown}
              pagesCount={pages}
              onChange={({ detail }) => setPage(detail.currentPageIndex)}
              ariaLabels={{ paginationLabel: 'Pages of records' }}
            />
          ) : undefined
        }
        empty={
          records.length > 0 ? (
            <EmptyState title="Nothing matches" action={<Button onClick={() => setText('')}>Clear the filter</Button>} />
          ) : tail.running ? (
            <EmptyState title="Nothing has happened yet">Write to the table, here or in another Region: the change appears by itself.</EmptyState>
          ) : (
            <EmptyState title="No records are shown">Press Start to follow the stream.</EmptyState>
          )
        }
        footer={dropped > 0 ? <Box textAlign="center">{counted(dropped, 'older record')} made room for newer ones.</Box> : undefined}
      />
      {open ? <RecordDetails record={open} view={view} onClose={() => setOpen(null)} /> : null}
    </>
  );
}
