import { fromDialect } from '../dialects/incoming.js';
import { describe } from '../events/envelope.js';
import { clientFrame, type ClientFrame, type ErrorCode, type RequestId } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import { parseJson } from './jsonBody.js';

export interface ClientRequest {
  readonly id: RequestId | undefined;
  readonly frame: ClientFrame;
}

export interface RequestFault {
  /** As far as one can be made out, so that even a malformed request is answered. */
  readonly id: RequestId | undefined;
  readonly code: ErrorCode;
  readonly message: string;
}

/** One message of a client as a request; events in it may be in a predecessor's envelope. */
export function readRequest(message: string): Result<ClientRequest, RequestFault> {
  const json = parseJson(message);
  if (!json.ok) return err({ id: idIn(message), code: json.error.code, message: json.error.message });
  const id = requestId(json.value);
  const frame = clientFrame.safeParse(withOurEvents(json.value));
  if (frame.success) return ok({ id, frame: frame.data });
  return err({ id, code: frameFault(frame.error.issues[0]?.path[0]), message: describe(frame.error, []) });
}

function withOurEvents(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('events' in value && Array.isArray(value.events)) return { ...value, events: value.events.map(fromDialect) };
  return 'event' in value ? { ...value, event: fromDialect(value.event) } : value;
}

/** Which part of a frame was wrong. */
function frameFault(field: PropertyKey | undefined): ErrorCode {
  if (field === 'types') return 'INVALID_PATTERN';
  if (field === 'since') return 'INVALID_CURSOR';
  return field === 'events' || field === 'event' ? 'INVALID_EVENT' : 'INVALID_FRAME';
}

/** Also of what could be parsed and is refused all the same. */
function idIn(message: string): RequestId | undefined {
  try {
    return requestId(JSON.parse(message));
  } catch {
    return undefined;
  }
}

function requestId(value: unknown): RequestId | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  const { id } = value;
  return typeof id === 'number' || (typeof id === 'string' && id.length <= 64) ? id : undefined;
}
