// Who is logged in, and the clients that sign in that name. The keys live in the memory of this tab
// alone: they are never stored, and never sent, because every request is signed here. A reload
// forgets them.
//
// SPDX-License-Identifier: Apache-2.0
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { createContext, useContext, useMemo, useState, type ReactNode } from 'react';

import { AdminClient } from './admin';

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** The public API of one Region, signed with one set of keys. */
export interface RegionClients {
  region: string;
  dynamodb: DynamoDBClient;
  streams: DynamoDBStreamsClient;
}

export interface Session {
  keys: Keys;
  admin: AdminClient;
  /** The same objects each time it is asked for the same Region. */
  clients(region: string): RegionClients;
  signOut(): void;
}

interface Gate {
  session: Session | null;
  signIn(keys: Keys): void;
}

const Context = createContext<Gate | null>(null);

function makeSession(keys: Keys, signOut: () => void): Session {
  const made = new Map<string, RegionClients>();
  return {
    keys,
    admin: new AdminClient(keys),
    clients(region) {
      let clients = made.get(region);
      if (!clients) {
        const options = { endpoint: window.location.origin, region, credentials: keys, maxAttempts: 2 };
        clients = {
          region,
          dynamodb: new DynamoDBClient(options),
          streams: new DynamoDBStreamsClient(options),
        };
        made.set(region, clients);
      }
      return clients;
    },
    signOut,
  };
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [keys, setKeys] = useState<Keys | null>(null);
  const gate = useMemo<Gate>(
    () => ({ session: keys && makeSession(keys, () => setKeys(null)), signIn: setKeys }),
    [keys],
  );
  return <Context.Provider value={gate}>{children}</Context.Provider>;
}

export function useGate(): Gate {
  const gate = useContext(Context);
  if (!gate) throw new Error('outside of SessionProvider');
  return gate;
}

/** Only below the login. */
export function useSession(): Session {
  const { session } = useGate();
  if (!session) throw new Error('nobody is logged in');
  return session;
}
