import type { Duplex } from 'node:stream';

const clientErrors: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW:
    '431 Request Header Fields Too Large|The browser sent too many cookies: those of every app that ever ran on this address. Open the sign-in in a private window, or delete the cookies of this address, then try again.',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout|The request did not arrive in time.',
};

/** Answers what the HTTP parser could not read, with nothing of it in the answer. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status = '', text = ''] = (
    clientErrors[error.code ?? ''] ?? '400 Bad Request|This request cannot be read.'
  ).split('|');
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length + 1}\r\n` +
      `Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${text}\n`,
    () => socket.destroy(),
  );
}
