// What the operator asks of the server.
import type { Alert, Model } from './wire';

export interface AnnotationRequest {
  text: string;
  frame?: number;
  x?: number;
  y?: number;
  particle?: number;
}

export type ConditionsRequest = Record<string, number | string>;

/** @throws Error with the server's own sentence where it refuses. */
async function post<T = void>(path: string, body: object): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    throw new Error('the server cannot be reached: nothing was changed');
  }

  if (!response.ok) {
    const text = await response.text();
    let reason = text;
    try {
      reason = (JSON.parse(text) as { error?: string }).error ?? text;
    } catch {
      // Not JSON: the text itself is the best there is.
    }

    throw new Error(reason || `the server answered ${response.status}`);
  }

  return await response.json() as T;
}

export const annotate = (request: AnnotationRequest): Promise<void> => post('/api/annotate', request);
/** Says that somebody has seen an alert; answers once the session has it. */
export const acknowledge = (id: number): Promise<Alert> => post('/api/acknowledge', { id });
export const setRecording = (on: boolean): Promise<void> => post('/api/recording', { on });
export const setConditions = (request: ConditionsRequest): Promise<void> => post('/api/conditions', request);
/** Answers once the model is on. */
export const chooseModel = (name: string): Promise<Model> => post('/api/model', { name });
