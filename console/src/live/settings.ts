// Settings of a table that DescribeTable does not tell, live: time to live, tags, contributor
// insights. A replica that is being created answers none of this yet, and is not asked.
//
// SPDX-License-Identifier: Apache-2.0
import {
  DescribeTimeToLiveCommand,
  ListContributorInsightsCommand,
  ListTagsOfResourceCommand,
  type ContributorInsightsSummary,
  type Tag,
} from '@aws-sdk/client-dynamodb';
import { useQuery } from '@tanstack/react-query';

import { useSession } from '../api/session';
import { PACE } from './query';

export function useTimeToLive(region: string, name: string, enabled = true) {
  const { dynamodb } = useSession().clients(region);
  return useQuery({
    queryKey: [region, 'time-to-live', name],
    enabled,
    queryFn: async ({ signal }) =>
      (await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: name }), { abortSignal: signal })).TimeToLiveDescription ?? {},
    refetchInterval: ({ state }) => (state.data?.TimeToLiveStatus?.endsWith('ING') ? PACE.live : PACE.calm),
  });
}

export function useTags(region: string, arn: string) {
  const { dynamodb } = useSession().clients(region);
  return useQuery({
    queryKey: [region, 'tags', arn],
    queryFn: async ({ signal }) => {
      const tags: Tag[] = [];
      let next: string | undefined;
      do {
        const page = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn: arn, NextToken: next }), { abortSignal: signal });
        tags.push(...(page.Tags ?? []));
        next = page.NextToken;
      } while (next);
      return tags;
    },
    refetchInterval: PACE.calm,
  });
}

/** Of the table, and of each of its global indexes. */
export function useContributorInsights(region: string, name: string) {
  const { dynamodb } = useSession().clients(region);
  return useQuery({
    queryKey: [region, 'contributor-insights', name],
    queryFn: async ({ signal }) => {
      const all: ContributorInsightsSummary[] = [];
      let next: string | undefined;
      do {
        const page = await dynamodb.send(new ListContributorInsightsCommand({ TableName: name, NextToken: next }), { abortSignal: signal });
        all.push(...(page.ContributorInsightsSummaries ?? []));
        next = page.NextToken;
      } while (next);
      return all;
    },
    refetchInterval: PACE.calm,
  });
}
