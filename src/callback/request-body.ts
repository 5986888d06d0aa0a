import type { IncomingMessage } from 'node:http';
import type { HttpRejection } from './request-guard.js';

/** The largest body that is read, in bytes (R14). */
const bodyLimit = 262_144;

const tooLarge: HttpRejection = {
  reason: 'body_too_large',
  text: `The body is larger than ${bodyLimit} bytes.`,
  headers: { Connection: 'close' },
};

const invalid: HttpRejection = {
  reason: 'body_invalid',
  text: 'The body could not be read.',
  headers: { Connection: 'close' },
};

/** @internal A body: its text, or what a body parser of the app made of it. */
export interface RequestBody {
  readonly content: unknown;
}

/**
 * @internal Reads a body, unless a body parser of the app has read it already. A body that the client cuts off is rejected; the
 * part that arrived is not used.
 * @throws TypeError if another middleware has read the body and left nothing
 */
export async function readBody(request: IncomingMessage): Promise<RequestBody | HttpRejection> {
  const { body } = request as { body?: unknown }; // Body parsers add it.
  // The parser of Express 4 leaves {} if it has read nothing.
  const isUnread = body === undefined || body === null || (isEmptyObject(body) && !request.readableEnded);
  if (!isUnread) return { content: body };
  if (request.readableEnded) {
    throw new TypeError(
      'Another middleware has read the body and left nothing in `req.body`: mount the callback router before it.',
    );
  }
  if (request.destroyed) return invalid;
  if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return tooLarge;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (result: RequestBody | HttpRejection): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > bodyLimit) finish(tooLarge);
    };
    const onEnd = (): void => {
      finish({ content: Buffer.concat(chunks) });
    };
    const onClose = (): void => {
      finish(invalid);
    };
    request.on('data', onData).once('end', onEnd).once('close', onClose).once('error', onClose);
  });
}

/**
 * @internal Reads a body of known length and puts it back, for the handler of the request. Undefined if it is too large, or does not
 * arrive.
 */
export async function peekBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers['content-length'] ?? NaN);
  if (!(length > 0 && length <= bodyLimit)) return undefined;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (body?: Buffer): void => {
      request.off('readable', onReadable).off('close', onClose);
      resolve(body);
    };
    const onReadable = (): void => {
      for (let chunk = read(request); chunk !== undefined; chunk = read(request)) {
        chunks.push(chunk);
        size += chunk.length;
      }
      if (size < length) return;
      const body = Buffer.concat(chunks);
      // In the turn in which it was read: the stream has not ended yet.
      request.unshift(body);
      finish(body);
    };
    const onClose = (): void => {
      finish();
    };
    request.on('readable', onReadable).once('close', onClose);
  });
}

function read(request: IncomingMessage): Buffer | undefined {
  return (request.read() as Buffer | null) ?? undefined;
}

/** @internal The value of a JSON body; undefined if it is malformed. */
export function jsonOf(content: unknown): unknown {
  if (typeof content !== 'string' && !Buffer.isBuffer(content)) return content;
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined; // Rejected as a body of another shape.
  }
}

/** @internal The text of a form: as it was sent, or made again from what a body parser of the app left. */
export function formOf(content: unknown): string {
  if (typeof content === 'string' || Buffer.isBuffer(content)) return content.toString();
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(content ?? {})) {
    // Parsers make a list of a parameter that was sent twice. Extended ones also make lists and objects of `code[]=x` and
    // `code[a]=x`, which are not the parameter `code`.
    const values: unknown[] = Array.isArray(value) && value.length > 1 ? value : [value];
    for (const item of values) if (typeof item === 'string') params.append(name, item);
  }
  return params.toString();
}

function isEmptyObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0;
}
