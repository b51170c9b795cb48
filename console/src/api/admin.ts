// The server's own signed API, /_tropic/v1 (docs/operations.md): what there is beyond DynamoDB. The
// command line asks the same questions.
//
// SPDX-License-Identifier: Apache-2.0
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

import type { History, LinkChange, RegionState, Status, Shape, VerifyResult, ConflictPage, Insights } from './admin-types';
import type { Keys } from './session';

/** Any Region will do in the scope of a signature for /_tropic. */
const SIGNING_REGION = 'us-east-1';

export class AdminError extends Error {
  constructor(
    readonly httpStatus: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = code;
  }
}

function refusal(httpStatus: number, body: unknown): AdminError {
  const { message, Message, __type } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = message ?? Message;
  const code = typeof __type === 'string' ? __type.slice(__type.lastIndexOf('#') + 1) : `HTTP ${httpStatus}`;
  return new AdminError(httpStatus, code, typeof text === 'string' ? text : 'The server gave no reason.');
}

export class AdminClient {
  private readonly signer: SignatureV4;

  constructor(keys: Keys) {
    this.signer = new SignatureV4({ credentials: keys, region: SIGNING_REGION, service: 'dynamodb', sha256: Sha256 });
  }

  status(signal?: AbortSignal): Promise<Status> {
    return this.call<Status>('GET', 'status', undefined, signal);
  }

  history(body: { after?: number; step?: number }, signal?: AbortSignal): Promise<History> {
    return this.call<History>('POST', 'history', body, signal);
  }

  verify(body: { table: string; region?: string; differences_max?: number }): Promise<VerifyResult> {
    return this.call<VerifyResult>('POST', 'verify', body);
  }

  conflicts(body: { table: string; region?: string; after?: number; limit?: number }): Promise<ConflictPage> {
    return this.call<ConflictPage>('POST', 'conflicts', body);
  }

  insights(body: { table: string; region?: string; index?: string; limit?: number }): Promise<Insights> {
    return this.call<Insights>('POST', 'insights', body);
  }

  link(change: LinkChange): Promise<{ directions: Shape[] }> {
    return this.call<{ directions: Shape[] }>('POST', 'link', change);
  }

  region(region: string, action: 'start' | 'stop'): Promise<RegionState> {
    return this.call<RegionState>('POST', 'region', { region, action });
  }

  clock(region: string, offset?: string): Promise<RegionState> {
    return this.call<RegionState>('POST', 'clock', { region, offset });
  }

  private async call<T>(method: 'GET' | 'POST', name: string, body?: object, signal?: AbortSignal): Promise<T> {
    const { protocol, hostname, port, host, origin } = window.location;
    const path = `/_tropic/v1/${name}`;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const signed = await this.signer.sign({
      method,
      protocol,
      hostname,
      ...(port ? { port: Number(port) } : {}),
      path,
      query: {},
      headers: { host, ...(text === undefined ? {} : { 'content-type': 'application/json' }) },
      body: text,
    });
    const { host: _, ...headers } = signed.headers; // the browser's own
    const answer = await fetch(origin + path, { method, headers, body: text, signal });
    const json: unknown = await answer.json().catch(() => null);

    if (!answer.ok) throw refusal(answer.status, json);
    return json as T;
  }
}
