// What went wrong, in the API's own code and words.
//
// SPDX-License-Identifier: Apache-2.0
import { AdminError } from './admin';

export interface Failure {
  code: string;
  message: string;
}

/** The request never got an answer: the server is away, or the way to it is. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
}

export function failureOf(error: unknown): Failure {
  if (isUnreachable(error)) {
    return { code: 'Not reachable', message: 'The server does not answer. Nothing you entered is lost: try again when it is back.' };
  }
  if (error instanceof AdminError) return { code: error.code, message: error.message };
  if (error instanceof Error) return { code: error.name, message: error.message };
  return { code: 'Error', message: String(error) };
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === 'ResourceNotFoundException';
}
