// The first lines to type, for this endpoint and this Region; they work as they stand.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';

import type { Status } from '../../api/admin-types';
import { Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { CommandLine } from '../../widgets/CommandLine';

function commands(region: string, mode: Status['mode']): { what: string; text: string }[] {
  const endpoint = window.location.origin;
  const where = `--endpoint-url ${endpoint} --region ${region}`;
  return [
    mode === 'dev'
      ? { what: 'Keys: any will do in development', text: 'export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any' }
      : { what: 'Keys: of the credentials file of this server', text: 'aws configure --profile tropic && export AWS_PROFILE=tropic' },
    {
      what: `A table in ${region}`,
      text: `aws dynamodb create-table ${where} \\\n    --table-name Music --billing-mode PAY_PER_REQUEST \\\n    --attribute-definitions AttributeName=Artist,AttributeType=S \\\n    --key-schema AttributeName=Artist,KeyType=HASH`,
    },
    {
      what: 'An item',
      text: `aws dynamodb put-item ${where} \\\n    --table-name Music --item '{"Artist": {"S": "No One You Know"}}'`,
    },
    { what: 'How Regions, links and replication are', text: `tropic status --endpoint ${endpoint}` },
  ];
}

export function GettingStarted({ region, mode }: { region: string; mode: Status['mode'] }) {
  return (
    <Container
      header={
        <Header variant="h2" description="With the AWS CLI or any AWS SDK: only the endpoint is another one.">
          Getting started
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Box>
          <Link to={to.createTable(region)}>Create a table</Link> here, then choose <b>Create replica</b> under its Global tables
          tab to have it in another Region, too. Or type:
        </Box>
        {commands(region, mode).map(({ what, text }) => (
          <div key={what}>
            <Box variant="awsui-key-label">{what}</Box>
            <CommandLine text={text} label={`Copy: ${what}`} />
          </div>
        ))}
      </SpaceBetween>
    </Container>
  );
}
