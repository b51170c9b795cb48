// The box with the numbers of what is pointed at or has the focus. Hidden from who listens: they
// hear the same as the name of the thing itself.
//
// SPDX-License-Identifier: Apache-2.0
import * as awsui from '@cloudscape-design/design-tokens';

import type { Details } from './details';
import type { Size } from './view';

interface Props {
  details: Details;
  at: { x: number; y: number };
  size: Size;
}

export function MapDetails({ details, at, size }: Props) {
  const { title, subtitle, columns, rows } = details;
  return (
    <div
      className="tropic-map-details"
      aria-hidden="true"
      style={{
        background: awsui.colorBackgroundPopover,
        color: awsui.colorTextBodyDefault,
        border: `1px solid ${awsui.colorBorderPopover}`,
        borderRadius: awsui.borderRadiusPopover,
        ...(at.x < size.width / 2 ? { left: Math.max(8, Math.min(at.x + 18, size.width - 356)) } : { right: Math.max(8, Math.min(size.width - at.x + 18, size.width - 356)) }),
        ...(at.y < size.height / 2 ? { top: Math.max(8, at.y - 12) } : { bottom: Math.max(8, size.height - at.y - 12) }),
      }}
    >
      <strong>{title}</strong>
      <div>{subtitle}</div>
      <table>
        {columns.length > 0 ? (
          <thead>
            <tr>
              <th />
              {columns.map((column) => (
                <th key={column}>{column}</th>
              ))}
            </tr>
          </thead>
        ) : null}
        <tbody>
          {rows.map(({ label, values }) => (
            <tr key={label}>
              <th>{label}</th>
              {values.map((value, column) => (
                <td key={columns[column] ?? column}>{value}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
