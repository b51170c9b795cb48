// "Default settings", spelled out: what they are, and what can still be changed afterwards.
//
// SPDX-License-Identifier: Apache-2.0
import Table from '@cloudscape-design/components/table';

import { defaultSettings } from '../../model/forms/create-table';
import { ENCRYPTION, MODES, tableClass } from '../../model/tables';

interface Setting {
  name: string;
  value: string;
  later: boolean;
}

const onOff = (on: boolean) => (on ? 'On' : 'Off');

export function DefaultSettings() {
  const settings = defaultSettings();
  const rows: Setting[] = [
    { name: 'Table class', value: tableClass(settings.tableClass), later: true },
    { name: 'Capacity mode', value: MODES[settings.mode], later: true },
    { name: 'Maximum read and write units', value: 'None', later: true },
    { name: 'Local secondary indexes', value: 'None', later: false },
    { name: 'Global secondary indexes', value: 'None', later: true },
    { name: 'DynamoDB stream', value: onOff(settings.stream !== null), later: true },
    { name: 'Time to live', value: onOff(settings.timeToLive !== null), later: true },
    { name: 'Encryption at rest', value: ENCRYPTION.label, later: false },
    { name: 'Deletion protection', value: onOff(settings.deletionProtection), later: true },
  ];
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      wrapLines
      trackBy="name"
      items={rows}
      ariaLabels={{ tableLabel: 'Default settings' }}
      columnDefinitions={[
        { id: 'name', header: 'Setting', cell: ({ name }) => name, isRowHeader: true },
        { id: 'value', header: 'Value', cell: ({ value }) => value },
        { id: 'later', header: 'Editable after creation', cell: ({ later }) => (later ? 'Yes' : 'No') },
      ]}
    />
  );
}
