// The numbers of a chart, newest first. A plain table: hundreds of rows that change each second.
//
// SPDX-License-Identifier: Apache-2.0
import * as awsui from '@cloudscape-design/design-tokens';

import { timeOf, type ChartData } from './LineChart';

export function ChartTable({ label, span, lines, format }: ChartData) {
  const points = Array.from({ length: span.count }, (_, at) => span.count - 1 - at).filter((at) => lines.some(({ values }) => (values[at] ?? null) !== null));
  return (
    <div className="tropic-chart-table" tabIndex={0} role="region" aria-label={`${label}: table`}>
      <table style={{ color: awsui.colorTextBodyDefault }}>
        <thead>
          <tr style={{ background: awsui.colorBackgroundContainerContent }}>
            <th scope="col">Time</th>
            {lines.map(({ name }) => (
              <th key={name} scope="col" style={{ background: awsui.colorBackgroundContainerContent }}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map((at) => (
            <tr key={span.first + at * span.step}>
              <th scope="row">{timeOf(span, at)}</th>
              {lines.map(({ name, values }) => (
                <td key={name}>{format(values[at] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
